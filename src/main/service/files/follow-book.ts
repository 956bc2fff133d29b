import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { SwarmError } from '../../../shared/errors.ts'
import { followSchema, type FollowView } from '../../../shared/file-views.ts'
import { isCid, isPeerId, type Cid } from '../../../shared/ids.ts'
import type { ShareView } from '../../../shared/views.ts'
import type { Clock } from '../../base/clock.ts'
import { fits } from './file-query.ts'
import { StateFile, type StateBookDeps } from './state-file.ts'

/** Each new share is held against each of them. */
const maxFollows = 64
/** Files that came by themselves once, or were called off: those a person has removed since are not fetched again. */
const maxSeen = 50_000

const bookSchema = z.object({
  v: z.literal(1),
  follows: z.array(followSchema).max(maxFollows),
  seen: z.array(z.custom<Cid>((value) => typeof value === 'string' && isCid(value))).max(maxSeen),
})
type Book = z.infer<typeof bookSchema>
export type FollowDraft = Partial<Pick<FollowView, 'origin' | 'search' | 'topic' | 'to'>>

/** What is fetched by itself as soon as somebody shares it; remembered in one file. */
export class FollowBook {
  readonly #file: StateFile<Book>
  readonly #deps: { readonly clock: Clock; readonly signal: () => AbortSignal }
  #follows: FollowView[] = []
  readonly #seen = new Set<Cid>()

  constructor(deps: StateBookDeps, init: { readonly path: string }) {
    this.#deps = deps
    this.#file = new StateFile(deps, {
      ...init,
      schema: bookSchema,
      name: 'follows',
      cost: 'what is to be fetched by itself is forgotten',
    })
  }

  load(): void {
    const book = this.#file.load()
    this.#follows = [...(book?.follows ?? [])]
    this.#seen.clear()
    for (const cid of book?.seen ?? []) this.#seen.add(cid)
  }

  all(): readonly FollowView[] {
    return this.#follows
  }

  get(id: string): FollowView | undefined {
    return this.#follows.find((one) => one.id === id)
  }

  /** @throws SwarmError INVALID_INPUT when nothing is given to choose by, LIMIT_REACHED */
  add(draft: FollowDraft): FollowView {
    const { origin = null, search = null, topic = null, to = null } = draft
    if (origin === null && (search?.trim() ?? '') === '' && topic === null) {
      throw new SwarmError('INVALID_INPUT', 'Say what is to be fetched: of which robot, by which words or topic.')
    }
    if (origin !== null && !isPeerId(origin)) {
      throw new SwarmError('INVALID_INPUT', `"${origin.slice(0, 100)}" is no peer's id. "dt-swarm report" lists them.`)
    }
    const same = this.#follows.find(
      (one) => one.origin === origin && one.search === search && one.topic === topic && one.to === to,
    )
    if (same !== undefined) return same
    if (this.#follows.length >= maxFollows) {
      throw new SwarmError('LIMIT_REACHED', `${maxFollows} kinds of files are followed already. End one of them first.`)
    }
    const follow = { id: randomUUID(), origin, search, topic, to, sinceMs: this.#deps.clock.now(), fetched: 0 }
    this.#follows = [...this.#follows, follow]
    this.#changed()
    this.#file.save()
    return follow
  }

  /** @throws SwarmError NOT_FOUND */
  remove(id: string): void {
    const left = this.#follows.filter((one) => one.id !== id)
    if (left.length === this.#follows.length) throw new SwarmError('NOT_FOUND', `Nothing is followed as "${id}".`)
    this.#follows = left
    this.#changed()
    this.#file.save()
  }

  /** The first that means this file, unless it is here or came for one before. */
  wanting(share: ShareView): FollowView | null {
    if (share.local || share.own || this.#seen.has(share.cid)) return null
    return this.#follows.find((follow) => fits(share, queryOf(follow))) ?? null
  }

  /** It was fetched for that follow, or called off by a person; it is fetched for none again. */
  had(follow: FollowView, cid: Cid, { came }: { readonly came: boolean }): void {
    this.#seen.add(cid)
    const oldest = this.#seen.values().next().value
    if (this.#seen.size > maxSeen && oldest !== undefined) this.#seen.delete(oldest)
    const more = came ? 1 : 0
    this.#follows = this.#follows.map((one) => (one.id === follow.id ? { ...one, fetched: one.fetched + more } : one))
    this.#changed()
  }

  save(): void {
    this.#file.save()
  }

  #changed(): void {
    this.#file.changed(() => ({ v: 1, follows: this.#follows, seen: [...this.#seen] }), this.#deps.signal())
  }
}

function queryOf({ origin, search, topic }: FollowView): Parameters<typeof fits>[1] {
  return {
    ...(origin !== null && isPeerId(origin) ? { origin } : {}),
    ...(search === null ? {} : { search }),
    ...(topic === null ? {} : { topic }),
  }
}
