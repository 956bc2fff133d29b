import type { PeerId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import { TokenBucket } from '../../base/token-bucket.ts'
import { defaultLinkLimits } from './line-door.ts'

const rate = { perS: defaultLinkLimits.bytesPerS, burst: defaultLinkLimits.burstBytes }
/** A message costs as much as so many bytes, however small it is. */
const costBytes = defaultLinkLimits.bytesPerS / defaultLinkLimits.messagesPerS

/** How fast each neighbour may say something to us alone: as fast as a link of any line channel. */
export class GossipRates {
  readonly #clock: Clock
  readonly #rates = new Map<PeerId, TokenBucket>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Takes what a neighbour has said; until it may say more. */
  waitMs(from: PeerId, bytes: number): number {
    const own = this.#rates.get(from) ?? new TokenBucket(this.#clock, rate)
    this.#rates.set(from, own)
    own.spend(bytes + costBytes)
    return own.waitMs(0)
  }

  /** Forgets all others: as many are kept as there are links. */
  keep(isLinked: (peer: PeerId) => boolean): void {
    for (const peer of this.#rates.keys()) if (!isLinked(peer)) this.#rates.delete(peer)
  }

  clear(): void {
    this.#rates.clear()
  }
}
