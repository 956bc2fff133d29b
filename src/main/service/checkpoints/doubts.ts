import type { Clock } from '../../base/clock.ts'
import { RecentMap } from '../../base/recent-map.ts'

/** Wrong checkpoints remembered; the oldest is forgotten first. */
const maxDoubts = 64

/** Roots that turned out wrong, and why: they are not taken again, whoever announces them. */
export class Doubts {
  readonly #clock: Clock
  readonly #doubts = new RecentMap<string, { readonly why: string; readonly untilMs: number }>(maxDoubts)

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @param forMs default: as long as the peer runs */
  add(root: string, why: string, { forMs = Number.POSITIVE_INFINITY }: { readonly forMs?: number } = {}): void {
    this.#doubts.set(root, { why, untilMs: this.#clock.monotonic() + forMs })
  }

  /** What is wrong with it; undefined: nothing is known. */
  about(root: string): string | undefined {
    const doubt = this.#doubts.get(root)
    return doubt !== undefined && doubt.untilMs > this.#clock.monotonic() ? doubt.why : undefined
  }

  /** It was found sound after all. */
  clear(root: string): void {
    this.#doubts.delete(root)
  }
}
