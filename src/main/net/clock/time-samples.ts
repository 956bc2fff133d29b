import type { PeerId } from '../../../shared/ids.ts'
import { RecentMap } from '../../base/recent-map.ts'
import type { ClockSample } from '../../model/clock-sync.ts'
import type { TimeAnswer } from './time-frames.ts'

/** Times as differences to our monotonic clock: so a step of our own clock leaves them as they are. */
interface Sample {
  readonly own: number | null
  readonly swarm: number | null
  readonly rttMs: number
  readonly takenAtMs: number
}

/** Of the last ones the quickest is the best: what waited in a queue on the way says little. */
const keptPerPeer = 4
/** A quartz clock drifts by some 50 ms meanwhile. */
const maxAgeMs = 10 * 60_000
/** As many neighbours as are ever asked, several times over. */
const maxPeers = 64

/** What neighbours' clocks said lately. */
export class TimeSamples {
  readonly #samples = new RecentMap<PeerId, Sample[]>(maxPeers)

  /**
   * @param asked when, by our monotonic clock
   * @param answered the same; what was not spent at the other side was spent on the way, half of it each way (NTP)
   */
  add(peer: PeerId, answer: TimeAnswer, asked: number, answered: number): void {
    const rttMs = Math.max(0, answered - asked - answer.held)
    const cameAtMs = asked + rttMs / 2
    const over = (time: number | null): number | null => (time === null ? null : time - cameAtMs)
    const sample = { own: over(answer.own), swarm: over(answer.swarm), rttMs, takenAtMs: answered }
    const kept = [...(this.#samples.get(peer) ?? []), sample].slice(-keptPerPeer)
    this.#samples.set(peer, kept)
  }

  /** What a peer has signed is at least as late as it says; when it was said is not known, so only the latest counts. */
  hear(peer: PeerId, saidMs: number, monotonicMs: number): void {
    const last = this.#samples.get(peer)?.at(-1)
    const isStale = last === undefined || monotonicMs - last.takenAtMs >= maxAgeMs
    if (!isStale && (last.own !== null || (last.swarm ?? -Infinity) >= saidMs - monotonicMs)) return
    this.add(peer, { own: null, swarm: saidMs, held: 0 }, monotonicMs, monotonicMs)
  }

  clear(): void {
    this.#samples.clear()
  }

  /** The best of each peer's, as offsets to our own clock, which says `ownMs` at `monotonicMs`. */
  at(
    ownMs: number,
    monotonicMs: number,
    weigh: (peer: PeerId) => Pick<ClockSample, 'trusted' | 'privileged'>,
  ): readonly ClockSample[] {
    const current: ClockSample[] = []
    for (const [peer, samples] of this.#samples) {
      const fresh = samples.filter(({ takenAtMs }) => monotonicMs - takenAtMs < maxAgeMs)
      // What it said last of whether its clock can be right, measured by the quickest that says the same.
      const last = fresh.at(-1)
      if (last === undefined) {
        this.#samples.delete(peer)
        continue
      }
      const alike = fresh.filter((one) => isNear(one.own, last.own) && isNear(one.swarm, last.swarm))
      const best = alike.reduce((a, b) => (b.rttMs < a.rttMs ? b : a), last)
      const offset = (over: number | null): number | null => (over === null ? null : over + monotonicMs - ownMs)
      current.push({ peer, ...weigh(peer), ownOffsetMs: offset(best.own), swarmOffsetMs: offset(best.swarm) })
    }
    return current
  }
}

/** Differences within a round trip are measurement; more means that its clock was set. */
function isNear(a: number | null, b: number | null): boolean {
  return a === null || b === null ? a === b : Math.abs(a - b) < 2_000
}
