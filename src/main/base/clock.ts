/** Where time comes from. Injected, so that tests and simulated bodies can turn it. */
export interface Clock {
  /** Milliseconds since the epoch, as this machine believes. May jump. */
  now(): number
  /** Milliseconds from an arbitrary start; never goes back. */
  monotonic(): number
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, options?: { readonly signal?: AbortSignal }): Promise<void>
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, { signal } = {}) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason as Error)
      const onAbort = () => {
        clearTimeout(timer)
        reject(signal?.reason as Error)
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }, ms)
      signal?.addEventListener('abort', onAbort, { once: true })
    }),
}

/** A clock that stands still until it is told to move. Sleepers wake in order of their time. */
export class FakeClock implements Clock {
  #now: number
  #monotonic = 0
  #sleepers: { readonly at: number; readonly wake: () => void }[] = []

  constructor(startMs = 1_700_000_000_000) {
    this.#now = startMs
  }

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#monotonic
  }

  sleep(ms: number, { signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason as Error)
      const sleeper = { at: this.#monotonic + ms, wake: resolve }
      this.#sleepers.push(sleeper)
      signal?.addEventListener(
        'abort',
        () => {
          this.#sleepers = this.#sleepers.filter((other) => other !== sleeper)
          reject(signal.reason as Error)
        },
        { once: true },
      )
    })
  }

  /** Sets the time of day, as NTP or a person does; sleepers do not notice. */
  jump(ms: number): void {
    this.#now += ms
  }

  /** Moves time on and wakes who is due, letting their promises run between. */
  async advance(ms: number): Promise<void> {
    const target = this.#monotonic + ms
    for (;;) {
      const due = this.#sleepers.filter((s) => s.at <= target).sort((a, b) => a.at - b.at)[0]
      if (due === undefined) break
      this.#set(due.at)
      this.#sleepers = this.#sleepers.filter((other) => other !== due)
      due.wake()
      await new Promise((resolve) => setImmediate(resolve))
    }
    this.#set(target)
  }

  #set(monotonic: number): void {
    this.#now += monotonic - this.#monotonic
    this.#monotonic = monotonic
  }
}
