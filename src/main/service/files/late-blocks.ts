import type { PeerId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'

/** A block is late when it takes so many times longer than blocks took of late. */
const slowFactor = 4
/** No block is late before this. */
const slowAfterMs = 1_000
/** A late block is looked after this often. */
const lookAgainMs = 250

/** A block that a provider was asked for. */
export interface AskedBlock {
  readonly peer: PeerId
  readonly askedAtMs: number
  /** Another is to give it instead. */
  readonly takeAway: () => void
}

/**
 * Blocks under way that are late: what a provider has been owing for far longer than a block usually takes is asked of
 * another that is free. What the slow one is just sending is lost, a block's worth at most.
 */
export class LateBlocks {
  readonly #clock: Clock
  readonly #isAnotherFree: (than: PeerId) => boolean
  readonly #underWay = new Set<AskedBlock>()
  /** What a block took of late, from asking to its last byte; null before the first. */
  #usualMs: number | null = null

  /** @param deps `isAnotherFree`: somebody else could be asked now, for whom nobody waits */
  constructor(deps: { readonly clock: Clock; readonly isAnotherFree: (than: PeerId) => boolean }) {
    this.#clock = deps.clock
    this.#isAnotherFree = deps.isAnotherFree
  }

  /** Looks after a block until the signal aborts: at the end of a file nothing else comes that would make anybody look. */
  async watch(asked: AskedBlock, signal: AbortSignal): Promise<void> {
    this.#underWay.add(asked)
    try {
      for (;;) {
        const ms = Math.min(Math.max(this.#leftMs(asked), lookAgainMs), slowAfterMs)
        await this.#clock.sleep(ms, { signal })
        if (this.#leftMs(asked) <= 0) this.look()
      }
    } catch {
      // It came, or nobody wants it any more.
    } finally {
      this.#underWay.delete(asked)
    }
  }

  /** A block came, so long after it was asked for. */
  came(tookMs: number): void {
    this.#usualMs = this.#usualMs === null ? tookMs : this.#usualMs + (tookMs - this.#usualMs) / 8
  }

  /** Somebody became free: takes one late block away from who owes it. */
  look(): void {
    for (const asked of this.#underWay) {
      if (this.#leftMs(asked) > 0 || !this.#isAnotherFree(asked.peer)) continue
      asked.takeAway()
      return
    }
  }

  /** Until a block is late; infinite before any has come. */
  #leftMs({ askedAtMs }: AskedBlock): number {
    if (this.#usualMs === null) return Infinity
    return askedAtMs + Math.max(slowAfterMs, slowFactor * this.#usualMs) - this.#clock.monotonic()
  }
}
