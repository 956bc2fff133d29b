import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import type { Clock } from './clock.ts'
import type { Startable } from './lifecycle.ts'

/**
 * Garbage that may gather before the heap is collected, while bulk moves. V8 itself collects after 64 MiB of buffers; a
 * little more leaves that to it.
 */
const roomBytes = 80 * 1024 ** 2
/** Between two files, and over a provider that stalls for a moment, it stays as it is. */
const quietMs = 5_000

/**
 * Lets the heap gather more garbage while files move. V8 lets a heap that allocates few objects grow by a tenth only from one
 * full collection to the next, and counts buffers to it: a transfer, which fills and drops buffers all the time, had
 * all objects of the process marked anew for every 7 MB of a file, 40 % of its CPU. The flag is read after each
 * collection, so that it may be set at any time; Node, and Electron's main process, leave flags open to that
 * (https://github.com/electron/electron/pull/42414). It is of the whole process: of several peers in it the last counts.
 */
export class BulkHeap implements Startable {
  readonly #clock: Clock
  readonly #setGrowth: (percent: number) => void
  #run: AbortController | null = null
  #movedAtMs = -Infinity
  #resting: Promise<void> | null = null

  /** @param deps `setGrowth`: by how much the heap may grow from one collection to the next; 0: as V8 thinks */
  constructor(deps: { readonly clock: Clock; readonly setGrowth?: (percent: number) => void }) {
    this.#clock = deps.clock
    this.#setGrowth = deps.setGrowth ?? ((percent) => setFlagsFromString(`--heap-growing-percent=${percent}`))
  }

  async start(): Promise<void> {
    this.#run ??= new AbortController()
  }

  async stop(): Promise<void> {
    this.#run?.abort()
    this.#run = null
    await this.#resting
  }

  /** Some bytes of a file came or went. */
  moved(): void {
    this.#movedAtMs = this.#clock.monotonic()
    if (this.#run === null || this.#resting !== null) return
    this.#setGrowth(growthPercent(getHeapStatistics().used_heap_size))
    this.#resting = this.#rest(this.#run.signal).finally(() => (this.#resting = null))
  }

  async #rest(signal: AbortSignal): Promise<void> {
    try {
      for (;;) {
        const leftMs = this.#movedAtMs + quietMs - this.#clock.monotonic()
        if (leftMs <= 0) return
        await this.#clock.sleep(leftMs, { signal })
      }
    } catch {
      // The peer stops.
    } finally {
      this.#setGrowth(0)
    }
  }
}

/** By how much a heap may grow, so that there is the same room in a small one as in a large one. */
export function growthPercent(usedBytes: number): number {
  return Math.max(1, Math.ceil((100 * roomBytes) / Math.max(1, usedBytes)))
}
