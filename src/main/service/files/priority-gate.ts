import type { TransferView } from '../../../shared/views.ts'

type Priority = TransferView['priority']
const order: readonly Priority[] = ['high', 'normal', 'low']

interface Waiting {
  readonly priority: () => Priority
  readonly enter: () => void
}

/** Lets so many in at a time; of those that wait the most urgent comes next, of equals who came first. */
export class PriorityGate {
  #free: number
  readonly #waiting: Waiting[] = []

  constructor(places: number) {
    this.#free = places
  }

  /**
   * Runs `work` when there is a place. Rejects when the signal aborts before.
   * @param priority asked when a place becomes free: it may change while one waits
   */
  async run<Result>(signal: AbortSignal, priority: () => Priority, work: () => Promise<Result>): Promise<Result> {
    signal.throwIfAborted()
    if (this.#free > 0) this.#free -= 1
    else await this.#turn(signal, priority)
    try {
      return await work()
    } finally {
      const next = this.#mostUrgent()
      if (next === undefined) this.#free += 1
      else next.enter()
    }
  }

  #mostUrgent(): Waiting | undefined {
    for (const priority of order) {
      const at = this.#waiting.findIndex((one) => one.priority() === priority)
      if (at >= 0) return this.#waiting.splice(at, 1)[0]
    }
    return undefined
  }

  #turn(signal: AbortSignal, priority: () => Priority): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        priority,
        enter: () => {
          signal.removeEventListener('abort', leave)
          resolve()
        },
      }
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
        reject(signal.reason as Error)
      }
      signal.addEventListener('abort', leave, { once: true })
      this.#waiting.push(waiting)
    })
  }
}
