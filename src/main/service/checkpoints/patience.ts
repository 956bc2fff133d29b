import type { Clock } from '../../base/clock.ts'

/** Calls once when nothing was renewed for a time. */
export class Patience {
  readonly #ended = new AbortController()
  readonly #clock: Clock
  readonly #ms: number
  #renewedMs: number

  constructor(clock: Clock, ms: number, onLost: () => void) {
    this.#clock = clock
    this.#ms = ms
    this.#renewedMs = clock.monotonic()
    void this.#watch(onLost)
  }

  renew(): void {
    this.#renewedMs = this.#clock.monotonic()
  }

  end(): void {
    this.#ended.abort()
  }

  async #watch(onLost: () => void): Promise<void> {
    const { signal } = this.#ended
    while (!signal.aborted) {
      const leftMs = this.#renewedMs + this.#ms - this.#clock.monotonic()
      if (leftMs <= 0) return onLost()
      await this.#clock.sleep(leftMs, { signal }).catch(() => {})
    }
  }
}
