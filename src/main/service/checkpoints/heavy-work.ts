import { SwarmError } from '../../../shared/errors.ts'

export interface HeavyWorkInit {
  /** Default 2: one reads and writes while the other's signatures are verified. */
  readonly atATime?: number
  /** Past these, whoever asks is told to come back. Default 4: a person with several windows. */
  readonly maxWaiting?: number
}

/**
 * Work that keeps disk and threads busy for minutes, as verifying a checkpoint of a million records does: a few at a
 * time, a few that wait, and whoever asks for more is told so.
 */
export class HeavyWork {
  readonly #atATime: number
  readonly #maxWaiting: number
  #running = 0
  readonly #waiting: (() => void)[] = []

  constructor(init: HeavyWorkInit = {}) {
    this.#atATime = init.atATime ?? 2
    this.#maxWaiting = init.maxWaiting ?? 4
  }

  /**
   * Does it when it is its turn.
   * @param what for people: "verifying a checkpoint"
   * @throws SwarmError LIMIT_REACHED; the signal's reason while it waits; what the work throws
   */
  async run<Result>(what: string, signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    await this.#turn(what, signal)
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      // The place goes from one to the next, so that nobody comes in between.
      if (next === undefined) this.#running -= 1
      else next()
    }
  }

  async #turn(what: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.#running < this.#atATime) {
      this.#running += 1
      return
    }
    if (this.#waiting.length >= this.#maxWaiting) {
      throw new SwarmError(
        'LIMIT_REACHED',
        `${this.#running} checkpoints are being worked on and ${this.#waiting.length} wait already, so ${what} is refused: try again when they are done.`,
      )
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#waiting.push(resolve)
    const onAbort = (): void => {
      const at = this.#waiting.indexOf(resolve)
      if (at < 0) return
      this.#waiting.splice(at, 1)
      reject(signal.reason as Error)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    await promise.finally(() => signal.removeEventListener('abort', onAbort))
  }
}
