import type { Clock } from '../../base/clock.ts'

/** A machine's clock beside others': time goes on alike for all, and each is set as wrong as somebody wants. */
export class OwnClock implements Clock {
  readonly #right: Clock
  #wrongMs = 0
  #wasSet = false

  constructor(right: Clock) {
    this.#right = right
  }

  /** Whether it was ever wrong. */
  get wasSet(): boolean {
    return this.#wasSet
  }

  get isRight(): boolean {
    return this.#wrongMs === 0
  }

  /** @param wrongMs by how much it is ahead; 0: it is right */
  set(wrongMs: number): void {
    this.#wrongMs = wrongMs
    this.#wasSet ||= wrongMs !== 0
  }

  now(): number {
    return this.#right.now() + this.#wrongMs
  }

  monotonic(): number {
    return this.#right.monotonic()
  }

  sleep(ms: number, options?: { readonly signal?: AbortSignal }): Promise<void> {
    return this.#right.sleep(ms, options)
  }
}
