import { isAbort } from '../../../shared/errors.ts'
import type { Clock } from '../../base/clock.ts'
import type { Startable } from '../../base/lifecycle.ts'

export interface BatcherInit {
  /** After a batch left, what comes within this time goes together. Default 25 ms. */
  readonly windowMs?: number
  /** Items in a batch at most. Default 256. */
  readonly maxItems?: number
  /** Bytes in a batch at most; a single larger item goes alone. Default 64 KiB. */
  readonly maxBytes?: number
  /** Items that may wait; past this the oldest are dropped and told. Default 20,000. */
  readonly maxWaiting?: number
}

export interface BatcherDeps<Item> {
  readonly clock: Clock
  readonly sizeOf: (item: Item) => number
  /** Sends one batch; the next one waits for it. */
  readonly send: (items: readonly Item[]) => Promise<void>
  readonly onDropped: (count: number) => void
}

/** Collects what is to be sent: the first of a quiet time goes at once, those that follow closely go together. */
export class Batcher<Item> implements Startable {
  readonly #deps: BatcherDeps<Item>
  readonly #windowMs: number
  readonly #maxItems: number
  readonly #maxBytes: number
  readonly #maxWaiting: number
  #waiting: Item[] = []
  #run: AbortController | null = null
  #loop: Promise<void> | null = null

  constructor(deps: BatcherDeps<Item>, init: BatcherInit = {}) {
    this.#deps = deps
    this.#windowMs = init.windowMs ?? 25
    this.#maxItems = init.maxItems ?? 256
    this.#maxBytes = init.maxBytes ?? 64 * 1024
    this.#maxWaiting = init.maxWaiting ?? 20_000
  }

  async start(): Promise<void> {
    if (this.#run !== null) return
    this.#run = new AbortController()
    this.#kick()
  }

  /** What still waits is sent first. */
  async stop(): Promise<void> {
    const run = this.#run
    this.#run = null
    run?.abort()
    await this.#loop
    while (run !== null && this.#waiting.length > 0) await this.#deps.send(this.#take())
  }

  /** Items that wait. */
  get waiting(): number {
    return this.#waiting.length
  }

  add(items: readonly Item[]): void {
    for (const item of items) this.#waiting.push(item)
    const surplus = this.#waiting.length - this.#maxWaiting
    if (surplus > 0) {
      this.#waiting = this.#waiting.slice(surplus)
      this.#deps.onDropped(surplus)
    }
    this.#kick()
  }

  #kick(): void {
    if (this.#run === null || this.#loop !== null || this.#waiting.length === 0) return
    this.#loop = this.#drain(this.#run.signal).finally(() => {
      this.#loop = null
      // Something may have come between the last look and here.
      this.#kick()
    })
  }

  async #drain(signal: AbortSignal): Promise<void> {
    // What is added in the same turn belongs to the first batch.
    await Promise.resolve()
    while (!signal.aborted && this.#waiting.length > 0) {
      const batch = this.#take()
      await this.#deps.send(batch)
      if (this.#waiting.length >= this.#maxItems) continue
      try {
        await this.#deps.clock.sleep(this.#windowMs, { signal })
      } catch (error) {
        if (!isAbort(error)) throw error
      }
    }
  }

  #take(): readonly Item[] {
    let bytes = 0
    let count = 0
    for (const item of this.#waiting) {
      bytes += this.#deps.sizeOf(item)
      if (count > 0 && (bytes > this.#maxBytes || count >= this.#maxItems)) break
      count += 1
    }
    const batch = this.#waiting.slice(0, count)
    this.#waiting = this.#waiting.slice(count)
    return batch
  }
}
