import type { PeerId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import { RateTable } from '../../base/rate-table.ts'
import type { Verdict } from '../ingest/ingest.ts'

/** Records a second that brought nothing, and at once: an honest peer has some whenever gossip was faster, or a quota is full. */
const memberShare = { perS: 200, burst: 10_000 }
/** It has not much to bring. */
const strangerShare = { perS: 20, burst: 1_000 }
/** Less than a frame has time; then one more batch is read all the same. */
const longestMs = 5_000
/** Neighbours with a share; past this the one heard of longest ago begins anew. */
const maxPeers = 1_000

/**
 * How much a neighbour may hand over in catching up that is not new here, or is refused: past its share it is answered
 * later, so that reading it costs little. Kept beyond a session, which is opened again as soon as it is over.
 */
export class VainPushes {
  readonly #clock: Pick<Clock, 'monotonic' | 'sleep'>
  readonly #isStranger: (peer: PeerId) => boolean
  readonly #shares: RateTable

  constructor(deps: {
    readonly clock: Pick<Clock, 'monotonic' | 'sleep'>
    readonly isStranger: (peer: PeerId) => boolean
  }) {
    this.#clock = deps.clock
    this.#shares = new RateTable(deps.clock, { max: maxPeers })
    this.#isStranger = deps.isStranger
  }

  /** Resolves when this neighbour's next batch may be taken. */
  async rest(peer: PeerId, { known, refused }: Pick<Verdict, 'known' | 'refused'>): Promise<void> {
    if (known + refused === 0) return
    const isStranger = this.#isStranger(peer)
    const terms = isStranger ? strangerShare : memberShare
    const share = this.#shares.of(`${isStranger ? 'stranger' : 'member'} ${peer}`, terms)
    // Never more owed than a burst, so that a glitch is forgiven within a minute.
    share.spend(Math.min(terms.burst, known + refused))
    const waitMs = Math.min(longestMs, share.waitMs())
    if (waitMs > 0) await this.#clock.sleep(waitMs)
  }

  get size(): number {
    return this.#shares.size
  }
}
