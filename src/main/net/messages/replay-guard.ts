/** How far a message's time may be from ours, either way: swarm time is known to seconds, a robot just booted to minutes. */
export const messageWindowMs = 5 * 60_000
/** Half an hour of the highest rate of thirty talkative peers, below a megabyte. */
const maxKept = 8_192

/**
 * Whether a signed message is the first of its id. Bounded without a gap: when an id is forgotten too early, all that
 * is as old as it was is refused from then on.
 */
export class ReplayGuard {
  readonly #max: number
  /** By id: when the message began. */
  readonly #seen = new Map<string, number>()
  #floorMs = -Infinity

  constructor(init: { readonly max?: number } = {}) {
    this.#max = init.max ?? maxKept
  }

  get size(): number {
    return this.#seen.size
  }

  /** Whether an id has been taken lately: costs less than a verification. */
  knows(id: string): boolean {
    return this.#seen.has(id)
  }

  /** What `take` would say; remembers nothing, so that what is refused for other reasons takes no room. */
  judge(id: string, at: number, now: number): 'new' | 'repeated' | 'stale' {
    if (this.#seen.has(id)) return 'repeated'
    return Math.abs(at - now) > messageWindowMs || at <= this.#floorMs ? 'stale' : 'new'
  }

  /** @param at when the message began, as it says; its signature has been verified */
  take(id: string, at: number, now: number): 'new' | 'repeated' | 'stale' {
    const time = this.judge(id, at, now)
    if (time !== 'new') return time
    this.#seen.set(id, at)
    this.#trim(now)
    return 'new'
  }

  #trim(now: number): void {
    for (const [id, at] of this.#seen) {
      const isOver = at < now - messageWindowMs
      if (!isOver && this.#seen.size <= this.#max) break
      this.#seen.delete(id)
      // One that says it is of the future must not keep out what is said now.
      if (!isOver) this.#floorMs = Math.max(this.#floorMs, Math.min(at, now))
    }
  }
}
