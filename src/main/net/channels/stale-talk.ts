import type { PeerId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import { TokenBucket } from '../../base/token-bucket.ts'

const mib = 1_024 * 1_024
/** As much as all the announcements of 1,000 robots, brought a second time. */
const memberShare = { perS: 4 * mib, burst: 64 * mib }
/**
 * All together that nobody has spoken for: they bring their own announcements and little else. A share for each would
 * be one for every name that a flooder gives itself.
 */
const strangersShare = { perS: mib / 16, burst: 2 * mib }
/** However small it is, a message costs its reading. */
const messageCostBytes = 512

/**
 * How much a neighbour may gossip that brings nothing: known, over a quota or a rate, of another time. Honest peers do
 * so a little, because batches meet in other compositions; what is refused they do not pass on. So who brings much of
 * it makes it, and each byte costs us the reading.
 */
export class StaleTalk {
  readonly #clock: Clock
  readonly #isStranger: (peer: PeerId) => boolean
  readonly #members = new Map<PeerId, TokenBucket>()
  readonly #strangers: TokenBucket

  constructor(deps: { readonly clock: Clock; readonly isStranger: (peer: PeerId) => boolean }) {
    this.#clock = deps.clock
    this.#isStranger = deps.isStranger
    this.#strangers = new TokenBucket(deps.clock, strangersShare)
  }

  /** Notes a message that brought nothing; false when the neighbour has had its share. */
  note(peer: PeerId, bytes: number): boolean {
    return this.#shareOf(peer).take(bytes + messageCostBytes)
  }

  /** Forgets those that are not linked any more. */
  keep(isLinked: (peer: PeerId) => boolean): void {
    for (const peer of this.#members.keys()) if (!isLinked(peer)) this.#members.delete(peer)
  }

  clear(): void {
    this.#members.clear()
  }

  #shareOf(peer: PeerId): TokenBucket {
    if (this.#isStranger(peer)) return this.#strangers
    const share = this.#members.get(peer) ?? new TokenBucket(this.#clock, memberShare)
    this.#members.set(peer, share)
    return share
  }
}
