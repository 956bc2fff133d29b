import type { PeerId } from '../../../shared/ids.ts'
import type { HeardHow } from '../../../shared/views.ts'
import { RecentMap } from '../../base/recent-map.ts'

/** What is known of one arrival of one record. All times in ms since the epoch, `receivedAtMs` by our own clock. */
export interface Hearing {
  readonly author: PeerId
  readonly how: HeardHow
  readonly receivedAtMs: number
  /** When the author says it spoke, by the author's clock. */
  readonly validFromMs: number
}

/** Clocks set by NTP agree far better than this, and gossip crosses a swarm in far less. */
export const clockToleranceMs = 60_000
/** How far two lags of one author may differ and still be the same wrong clock: relaying takes less. */
const steadyMs = 3_000
/** Two old records that are passed on together differ little too; only apart do they show a clock that runs. */
const apartMs = 5_000
/** As many authors as a membership table holds. */
const maxAuthors = 10_000

interface Lag {
  /** receivedAtMs - validFromMs of an arrival. */
  readonly lagMs: number
  readonly receivedAtMs: number
  /** The arrival was live, so the lag is the clock's error and the way's delay. */
  readonly certain: boolean
}

/**
 * When an author really spoke, on our clock, as far as an arrival proves it:
 * - signed here or handed over by the author itself: when it arrived, whatever the author's clock says (robots
 *   without a clock battery boot in the past);
 * - relayed: when it arrived if the author's clock makes that plausible, or if the author's clock is off by a
 *   distance that stays the same from record to record (then it is live, and only its clock is wrong); else what it says,
 *   because an old record may be passed on late;
 * - caught up: what it says, corrected by the author's known clock error. A record that was brought by catching up
 *   proves nothing newer, so it never makes a silent machine look alive.
 */
export class SpokenTimes {
  readonly #lags = new RecentMap<PeerId, Lag>(maxAuthors)

  spokenAtMs(hearing: Hearing): number {
    const { author, how, receivedAtMs, validFromMs } = hearing
    if (how === 'self') return receivedAtMs
    const lagMs = receivedAtMs - validFromMs
    const before = this.#lags.get(author)
    if (how === 'direct') {
      this.#lags.set(author, { lagMs, receivedAtMs, certain: true })
      return receivedAtMs
    }
    const errorMs = before?.certain === true ? before.lagMs : 0
    if (how === 'relayed') {
      const plausible = Math.abs(lagMs - errorMs) <= clockToleranceMs
      const apart = before === undefined || receivedAtMs - before.receivedAtMs >= apartMs
      const steady = before !== undefined && apart && Math.abs(lagMs - before.lagMs) <= steadyMs
      const live = plausible || steady
      if (live || (apart && before?.certain !== true)) this.#lags.set(author, { lagMs, receivedAtMs, certain: live })
      if (live) return receivedAtMs
    }
    const saidMs = validFromMs + errorMs
    // From the future: the clock is wrong by an unknown amount, so nothing is proven but that it was before.
    if (saidMs > receivedAtMs + clockToleranceMs) return receivedAtMs - 10 * clockToleranceMs
    return Math.min(saidMs, receivedAtMs)
  }

  /** How far behind ours (ahead: negative) the author's clock is, in ms; undefined when not known. */
  clockErrorMs(author: PeerId): number | undefined {
    const lag = this.#lags.get(author)
    return lag?.certain === true ? lag.lagMs : undefined
  }

  forget(author: PeerId): void {
    this.#lags.delete(author)
  }
}
