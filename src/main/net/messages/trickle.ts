import { setMaxListeners } from 'node:events'
import { isAbort } from '../../../shared/errors.ts'
import type { Clock } from '../../base/clock.ts'
import type { Startable } from '../../base/lifecycle.ts'

export interface TrickleDeps {
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  /** Says it. Never rejects. */
  readonly say: () => Promise<void>
}

export interface TrickleInit {
  /** The first, and shortest, interval. */
  readonly minMs: number
  /** The longest: intervals double as long as all say the same. */
  readonly maxMs: number
  /** Having heard the same of so many in an interval, one says nothing; infinity where not all hear all. */
  readonly enough: number
}

/** Far above what is ever enough. */
const maxHeard = 64

/**
 * When to say what one holds, so that differences show soon and agreement costs little: the Trickle algorithm
 * (RFC 6206). In each interval once, somewhere in its second half, unless enough others have said the same.
 */
export class Trickle implements Startable {
  readonly #deps: TrickleDeps
  readonly #init: TrickleInit
  #intervalMs: number
  /** Who said the same in this interval, up to `enough`. */
  readonly #heard = new Set<string>()
  #run: AbortController | null = null
  #reset = new AbortController()
  #loop: Promise<void> = Promise.resolve()

  constructor(deps: TrickleDeps, init: TrickleInit) {
    this.#deps = deps
    this.#init = init
    this.#intervalMs = init.minMs
  }

  async start(): Promise<void> {
    if (this.#run !== null) return
    const run = new AbortController()
    setMaxListeners(0, run.signal)
    this.#run = run
    this.#intervalMs = this.#init.minMs
    this.#loop = this.#work(run.signal)
  }

  async stop(): Promise<void> {
    this.#run?.abort()
    this.#run = null
    await this.#loop
  }

  /** Somebody said the same; one that says it again and again is one. */
  agreed(who: string): void {
    if (this.#heard.size < this.#init.enough && this.#heard.size < maxHeard) this.#heard.add(who)
  }

  /** Somebody said something else, or is new: from now on with short intervals again. */
  differed(): void {
    if (this.#intervalMs <= this.#init.minMs) return
    this.#intervalMs = this.#init.minMs
    this.#reset.abort()
  }

  async #work(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#reset = new AbortController()
      this.#heard.clear()
      const intervalMs = this.#intervalMs
      const atMs = (intervalMs / 2) * (1 + this.#deps.random())
      const either = { signal: AbortSignal.any([signal, this.#reset.signal]) }
      try {
        await this.#deps.clock.sleep(atMs, either)
        if (this.#heard.size < this.#init.enough) await this.#deps.say()
        await this.#deps.clock.sleep(intervalMs - atMs, either)
        this.#intervalMs = Math.min(this.#init.maxMs, intervalMs * 2)
      } catch (error) {
        if (!isAbort(error)) throw error
      }
    }
  }
}
