import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Clock } from './clock.ts'
import type { Startable } from './lifecycle.ts'

/**
 * Garbage that may gather before the heap is collected, while bulk moves. V8 itself collects after 64 MiB of buffers; a
 * little more leaves that to it.
 */
const roomBytes = 80 * 1024 ** 2
/**
 * Bytes that come or go between two collections of young objects: with what libp2p and TLS make of them three times as
 * much in buffers, well below those 64 MiB. Such a collection takes 1 to 3 ms; half as many bytes gained nothing.
 */
const youngBytes = 8 * 1024 ** 2
/** Between two files, and over a provider that stalls for a moment, it stays as it is. */
const quietMs = 5_000

export interface BulkHeapDeps {
  readonly clock: Clock
  /** By how much the heap may grow, in percent, from one collection to the next; 0: as V8 thinks. */
  readonly setGrowth?: (percent: number) => void
  readonly collectYoung?: () => void
}

/**
 * Spares the collector of garbage while files move. V8 lets a heap that allocates few objects grow by a tenth only from one
 * full collection to the next, and counts buffers to it: a transfer, which fills and drops buffers all the time, had
 * all objects of the process marked anew for every 7 MB of a file, 40 % of its CPU. So it may grow more meanwhile, and
 * buffers go early, with the young objects. The flag is read after each collection, so that it may be set at any time;
 * Node, and Electron's main process, leave flags open to that (https://github.com/electron/electron/pull/42414). It is
 * of the whole process: of several peers in it the last counts.
 */
export class BulkHeap implements Startable {
  readonly #clock: Clock
  readonly #setGrowth: (percent: number) => void
  readonly #collectYoung: () => void
  #run: AbortController | null = null
  #movedAtMs = -Infinity
  #movedBytes = 0
  #resting: Promise<void> | null = null

  constructor(deps: BulkHeapDeps) {
    this.#clock = deps.clock
    this.#setGrowth = deps.setGrowth ?? ((percent) => setFlagsFromString(`--heap-growing-percent=${percent}`))
    this.#collectYoung = deps.collectYoung ?? collectYoung
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
  moved(bytes: number): void {
    if (this.#run === null) return
    this.#movedAtMs = this.#clock.monotonic()
    this.#movedBytes += bytes
    if (this.#movedBytes >= youngBytes) {
      this.#movedBytes = 0
      this.#collectYoung()
    }
    if (this.#resting !== null) return
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

/** V8 shows its collector to contexts that are made while a flag is set, and to no other code here. */
let collector: ((options: { readonly type: 'minor' }) => void) | null = null

function collectYoung(): void {
  if (collector === null) {
    setFlagsFromString('--expose-gc')
    const found: unknown = runInNewContext("typeof gc === 'function' ? gc : () => {}")
    setFlagsFromString('--no-expose-gc')
    collector = found as NonNullable<typeof collector>
  }
  collector({ type: 'minor' })
}
