import type { Clock } from './clock.ts'

/** Lets through so much a second, and a burst at once after a quiet time. */
export class TokenBucket {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #perS: number
  readonly #burst: number
  #tokens: number
  #atMs: number

  /** @param init.burst tokens held at most, and at first */
  constructor(clock: Pick<Clock, 'monotonic'>, init: { readonly perS: number; readonly burst: number }) {
    this.#clock = clock
    this.#perS = init.perS
    this.#burst = init.burst
    this.#tokens = init.burst
    this.#atMs = clock.monotonic()
  }

  /** Takes `count` tokens when they are there; what is larger than the whole bucket passes when it is full. */
  take(count = 1): boolean {
    this.#fill()
    if (this.#tokens < Math.min(count, this.#burst)) return false
    this.#tokens -= count
    return true
  }

  /** Takes them in any case; what is lacking is owed, though never more than a burst, or than `count` if that is more. */
  spend(count = 1): void {
    this.#fill()
    const owedAtMost = Math.max(this.#burst, count)
    this.#tokens = Math.min(this.#tokens, Math.max(-owedAtMost, this.#tokens - count))
  }

  /** Until `take(count)` would succeed, if nobody else takes. */
  waitMs(count = 1): number {
    this.#fill()
    return Math.max(0, ((Math.min(count, this.#burst) - this.#tokens) / this.#perS) * 1_000)
  }

  #fill(): void {
    const now = this.#clock.monotonic()
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#atMs) / 1_000) * this.#perS)
    this.#atMs = now
  }
}
