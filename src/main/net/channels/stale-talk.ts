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
/**
 * What each of them may bring all the same when the others have used that up: an honest one that waits to be admitted
 * announces itself, and is not to blame for a flood beside it. A flooder has used up both within a second.
 */
const strangerShare = { perS: mib / 128, burst: mib / 4 }
/** However large they are. */
const strangerMessages = { perS: 1, burst: 30 }
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
  readonly #each = new Map<PeerId, { readonly bytes: TokenBucket; readonly messages: TokenBucket }>()

  constructor(deps: { readonly clock: Clock; readonly isStranger: (peer: PeerId) => boolean }) {
    this.#clock = deps.clock
    this.#isStranger = deps.isStranger
    this.#strangers = new TokenBucket(deps.clock, strangersShare)
  }

  /** Notes a message that brought nothing; false when the neighbour has had its share. */
  note(peer: PeerId, bytes: number): boolean {
    const cost = bytes + messageCostBytes
    if (!this.#isStranger(peer)) return this.#shareOf(peer).take(cost)
    const own = this.#ownOf(peer)
    return [own.bytes.take(cost), own.messages.take(), this.#strangers.take(cost)].includes(true)
  }

  /** Forgets those that are not linked any more. */
  keep(isLinked: (peer: PeerId) => boolean): void {
    for (const shares of [this.#members, this.#each]) {
      for (const peer of shares.keys()) if (!isLinked(peer)) shares.delete(peer)
    }
  }

  clear(): void {
    this.#members.clear()
    this.#each.clear()
  }

  #shareOf(peer: PeerId): TokenBucket {
    const share = this.#members.get(peer) ?? new TokenBucket(this.#clock, memberShare)
    this.#members.set(peer, share)
    return share
  }

  #ownOf(peer: PeerId) {
    const bytes = (): TokenBucket => new TokenBucket(this.#clock, strangerShare)
    const messages = (): TokenBucket => new TokenBucket(this.#clock, strangerMessages)
    const own = this.#each.get(peer) ?? { bytes: bytes(), messages: messages() }
    this.#each.set(peer, own)
    return own
  }
}
