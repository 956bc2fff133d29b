import type { Clock } from '../../base/clock.ts'

export interface PatienceInit {
  /** Nothing for so long: lost. */
  readonly silenceMs: number
  /** In each span of this length so much must come, however steadily it trickles. */
  readonly span: { readonly ms: number; readonly least: number }
}

/** Calls once when nothing came for a time, or too little in a longer one. */
export class Patience {
  readonly #ended = new AbortController()
  readonly #clock: Clock
  readonly #init: PatienceInit
  #renewedMs: number
  #came = 0

  constructor(clock: Clock, init: PatienceInit, onLost: () => void) {
    this.#clock = clock
    this.#init = init
    this.#renewedMs = clock.monotonic()
    void this.#watch(onLost)
  }

  /** So much came. */
  renew(amount: number): void {
    this.#renewedMs = this.#clock.monotonic()
    this.#came += amount
  }

  end(): void {
    this.#ended.abort()
  }

  async #watch(onLost: () => void): Promise<void> {
    const { signal } = this.#ended
    const { silenceMs, span } = this.#init
    let spanEndsMs = this.#clock.monotonic() + span.ms
    while (!signal.aborted) {
      const now = this.#clock.monotonic()
      if (now >= this.#renewedMs + silenceMs) return onLost()
      if (now >= spanEndsMs) {
        if (this.#came < span.least) return onLost()
        this.#came = 0
        spanEndsMs = now + span.ms
      }
      const leftMs = Math.min(this.#renewedMs + silenceMs, spanEndsMs) - now
      await this.#clock.sleep(leftMs, { signal }).catch(() => {})
    }
  }
}
