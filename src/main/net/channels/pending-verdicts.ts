import type { Clock } from '../../base/clock.ts'

/** Whoever takes a message must say by then what became of it; ingest needs a second or two under the worst load. */
const longestMs = 30_000
/** Messages whose verdict is waited for: two seconds of the highest rate, were each a single record. */
const maxPending = 20_000

interface Pending {
  readonly expire: () => void
  readonly untilMs: number
}

/** Messages that were told and whose verdict is waited for: bounded in number and in time. */
export class PendingVerdicts {
  readonly #clock: Pick<Clock, 'monotonic'>
  /** In the order in which they came, so in that of their ends. */
  readonly #pending = new Set<Pending>()

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
  }

  get full(): boolean {
    return this.#pending.size >= maxPending
  }

  /**
   * Resolves to what `tell`'s callback is given, or to `fallback` when it comes too late.
   * @param tell called at once
   */
  wait<Verdict>(fallback: Verdict, tell: (settle: (verdict: Verdict) => void) => void): Promise<Verdict> {
    return new Promise((resolve) => {
      const pending: Pending = {
        untilMs: this.#clock.monotonic() + longestMs,
        expire: () => resolve(fallback),
      }
      this.#pending.add(pending)
      tell((verdict) => {
        this.#pending.delete(pending)
        resolve(verdict)
      })
    })
  }

  /** To be called now and then: ends those that wait too long. */
  sweep(): void {
    const now = this.#clock.monotonic()
    for (const pending of this.#pending) {
      if (pending.untilMs > now) break
      this.#end(pending)
    }
  }

  clear(): void {
    for (const pending of this.#pending) this.#end(pending)
  }

  #end(pending: Pending): void {
    this.#pending.delete(pending)
    pending.expire()
  }
}
