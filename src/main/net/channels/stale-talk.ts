import type { PeerId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import { TokenBucket } from '../../base/token-bucket.ts'

const mib = 1_024 * 1_024
/** As much as all the announcements of 1,000 robots, brought a second time. */
const memberShare = { perS: 4 * mib, burst: 64 * mib }
/** One that nobody has spoken for brings its own announcements, and what it passes on is mostly new. */
const strangerShare = { perS: mib / 16, burst: 2 * mib }
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
  readonly #shares = new Map<PeerId, TokenBucket>()

  constructor(deps: { readonly clock: Clock; readonly isStranger: (peer: PeerId) => boolean }) {
    this.#clock = deps.clock
    this.#isStranger = deps.isStranger
  }

  /** Notes a message that brought nothing; false when the neighbour has had its share. */
  note(peer: PeerId, bytes: number): boolean {
    const share =
      this.#shares.get(peer) ?? new TokenBucket(this.#clock, this.#isStranger(peer) ? strangerShare : memberShare)
    this.#shares.set(peer, share)
    return share.take(bytes + messageCostBytes)
  }

  /** Forgets those that are not linked any more. */
  keep(isLinked: (peer: PeerId) => boolean): void {
    for (const peer of this.#shares.keys()) if (!isLinked(peer)) this.#shares.delete(peer)
  }

  /** Their standing is another: shares are made anew. */
  clear(): void {
    this.#shares.clear()
  }
}
