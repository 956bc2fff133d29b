import { abortable } from './abortable.ts'
import type { Clock } from './clock.ts'

/** So much may pass at once after a quiet time: a quarter of a second's worth. */
const burstS = 0.25
/** Who waits looks this often: the limit may have been changed, or something given back. */
const lookAgainMs = 250

/**
 * Holds a flow of bytes to a limit that may change at any time. Who asks passes as soon as nothing is owed, in the order
 * of asking, and then owes what it took: pieces larger than a second's worth pass too, and are paid for afterwards.
 */
export class Throttle {
  readonly #clock: Pick<Clock, 'monotonic' | 'sleep'>
  readonly #limit: () => number | null
  #tokens = 0
  #atMs: number
  #last: Promise<void> = Promise.resolve()

  /** @param limit bytes a second; null: none. Asked again and again. */
  constructor(deps: { readonly clock: Pick<Clock, 'monotonic' | 'sleep'>; readonly limit: () => number | null }) {
    this.#clock = deps.clock
    this.#limit = deps.limit
    this.#atMs = deps.clock.monotonic()
  }

  /**
   * Resolves when so many bytes may pass, and tells how many of them are owed: none without a limit.
   * @throws the signal's reason
   */
  async take(bytes: number, signal: AbortSignal): Promise<number> {
    signal.throwIfAborted()
    if (this.#limit() === null) return 0
    const before = this.#last
    const turn = Promise.withResolvers<void>()
    this.#last = before.then(() => turn.promise)
    try {
      await abortable(before, signal)
      for (;;) {
        const owed = this.#pass(bytes)
        if (owed !== null) return owed
        await this.#clock.sleep(lookAgainMs, { signal })
      }
    } finally {
      turn.resolve()
    }
  }

  /** Gives back what `take` said is owed and did not pass; less than nothing: more passed than that. */
  giveBack(bytes: number): void {
    this.#tokens += bytes
  }

  /** What is owed for these; null: they must wait. */
  #pass(bytes: number): number | null {
    const perS = this.#limit()
    const now = this.#clock.monotonic()
    const elapsedS = (now - this.#atMs) / 1_000
    this.#atMs = now
    if (perS === null) {
      this.#tokens = 0
      return 0
    }
    this.#tokens = Math.min(perS * burstS, this.#tokens + elapsedS * perS)
    if (this.#tokens <= 0) return null
    this.#tokens -= bytes
    return bytes
  }
}
