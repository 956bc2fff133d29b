import { isAbort } from '../../../shared/errors.ts'
import type { PeerId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import type { BucketName } from '../../model/bucket.ts'
import type { Digest } from './line-frames.ts'
import type { LineNeighbour, LineNeighbours, SessionResult } from './line-neighbours.ts'
import type { LinePace } from './line-pace.ts'

export interface LineTurnsDeps {
  readonly self: PeerId
  readonly neighbours: LineNeighbours
  /** The buckets of a digest in which something else is held here now. */
  readonly differing: (digest: Digest) => readonly BucketName[]
  /** One session. Rejects when the signal aborts. */
  readonly session: (
    neighbour: LineNeighbour,
    buckets: readonly BucketName[],
    signal: AbortSignal,
  ) => Promise<SessionResult>
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  /** Something of our own failed. */
  readonly onFailed: (error: unknown) => void
}

interface Current {
  readonly neighbour: LineNeighbour
  readonly stop: AbortController
}

/**
 * One session after the other with whoever on a channel differs, as long as there is one: two at the same time would
 * fetch the same. Who turned out silent or fruitless before gives way to whoever promises more.
 */
export class LineTurns {
  readonly #deps: LineTurnsDeps
  readonly #pace: LinePace
  #working: Promise<void> | null = null
  #current: Current | null = null
  /** Ends the wait for somebody's time. */
  #wake = new AbortController()

  constructor(deps: LineTurnsDeps, init: { readonly pace: LinePace }) {
    this.#deps = deps
    this.#pace = init.pace
  }

  /** Resolves once a session that was under way when its signal aborted has ended. */
  async quiet(): Promise<void> {
    await this.#working
  }

  /** Somebody differs, or may be asked again. */
  work(signal: AbortSignal, neighbour: LineNeighbour | null = null): void {
    this.#wake.abort()
    const current = this.#current
    const isDue = neighbour !== null && neighbour.notBeforeMs <= this.#deps.clock.monotonic()
    if (isDue && current !== null && this.#deps.neighbours.isBetter(neighbour, current.neighbour)) current.stop.abort()
    this.#working ??= this.#workOff(signal).finally(() => (this.#working = null))
  }

  async #workOff(signal: AbortSignal): Promise<void> {
    const { clock, neighbours } = this.#deps
    try {
      for (let next = neighbours.next(); next !== undefined; next = neighbours.next()) {
        const waitMs = Math.max(0, next.notBeforeMs - clock.monotonic())
        if (waitMs > 0) await this.#rest(waitMs, signal)
        else await this.#turn(next, signal)
      }
    } catch (error) {
      if (!isAbort(error)) this.#deps.onFailed(error)
    }
  }

  async #turn(next: LineNeighbour, signal: AbortSignal): Promise<void> {
    const { clock, differing, neighbours, random, self } = this.#deps
    // Of two that differ, the one with the smaller id begins; of many, the first one's answers serve all.
    const lateMs = next.peer < self ? this.#pace.jitterMs : 0
    await clock.sleep(lateMs + random() * this.#pace.jitterMs, { signal })
    // Meanwhile it has asked us, or another that promises more has come.
    if (next.digest === null || neighbours.next() !== next || next.notBeforeMs > clock.monotonic()) return
    const buckets = differing(next.digest)
    next.digest = null
    if (buckets.length === 0) return
    const stop = new AbortController()
    this.#current = { neighbour: next, stop }
    let result: SessionResult = { isFruitful: false, isSilent: next.isSilent }
    try {
      result = await this.#deps.session(next, buckets, AbortSignal.any([signal, stop.signal]))
    } catch (error) {
      if (signal.aborted || !isAbort(error)) throw error
    } finally {
      this.#current = null
      neighbours.done(next, result)
    }
  }

  async #rest(ms: number, signal: AbortSignal): Promise<void> {
    this.#wake = new AbortController()
    try {
      await this.#deps.clock.sleep(ms, { signal: AbortSignal.any([signal, this.#wake.signal]) })
    } catch (error) {
      if (signal.aborted || !isAbort(error)) throw error
    }
  }
}
