import type { Counters } from '../../base/counters.ts'

/** Why a file in a folder is not shared; the counters are named by it: `files.skipped:too-large`. */
export type LeftOutReason =
  | 'ignored'
  | 'too-large'
  | 'bad-name'
  | 'link-outside'
  | 'link-hidden'
  | 'home'
  | 'unreadable'
  | 'too-many'
  | 'too-deep'
  | 'no-file'

export interface LeftOut {
  readonly name: string
  readonly reason: LeftOutReason
  /** For people, after the name: "its name has control characters". */
  readonly words: string
}

/** What is told in all of one folder: more than a person reads, few enough for a robot's memory. */
export const maxLeftOut = 1_000
/** Named in a warning. */
const maxNamed = 3

/** What a folder holds and is not shared, as of the last look; each is counted once. */
export class LeftOutFiles {
  readonly #counters: Counters
  #now = new Map<string, LeftOut>()

  constructor(counters: Counters) {
    this.#counters = counters
  }

  /** All that was left out at the last look. */
  get all(): readonly LeftOut[] {
    return [...this.#now.values()]
  }

  set(list: readonly LeftOut[]): void {
    const now = new Map(list.slice(0, maxLeftOut).map((one) => [one.name, one]))
    for (const [name, { reason }] of now) {
      if (this.#now.get(name)?.reason !== reason) this.#counters.add(`files.skipped:${reason}`)
    }
    this.#now = now
  }

  /** A sentence for the operator; null when nothing is left out but what the operator's own patterns name. */
  get warning(): string | null {
    const unwanted = this.all.filter(({ reason }) => reason !== 'ignored')
    if (unwanted.length === 0) return null
    const named = unwanted.slice(0, maxNamed).map(({ name, words }) => `${shown(name)}: ${words}`)
    const more = unwanted.length - named.length
    const files =
      unwanted.length === 1 ? '1 file in the share folder is' : `${unwanted.length} files in the share folder are`
    return `${files} not shared. ${named.join('; ')}${more > 0 ? `; and ${more} more` : ''}.`
  }
}

/** A name in quotes, short, and without what would break a line or a terminal. */
export function shown(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 79)}…` : name)
}
