import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import { RecentMap } from '../../base/recent-map.ts'
import type { PeerId } from '../../../shared/ids.ts'

export interface OffendersInit {
  /** Points at which a peer is cut off. Default 100: ten garbage messages within a minute or so. */
  readonly limit?: number
  /** Points halve in this time, so that a rare glitch is forgiven. Default 60 s. */
  readonly halfLifeMs?: number
  /** How long the first cut lasts; each further one twice as long. Default 5 min. */
  readonly banMs?: number
  /** How often it doubles. Default 6: up to 64 times. */
  readonly maxDoublings?: number
  /**
   * Peers with points remembered, and as many bans; past this the peer heard of least recently is forgotten, and of bans
   * first those that are over, then the one that ends first. Default 2,000.
   */
  readonly maxPeers?: number
  /** What a ban is counted as. Default `links.cut:garbage`. */
  readonly counter?: string
}

interface Offender {
  readonly points: number
  readonly atMs: number
}

interface Ban {
  readonly untilMs: number
  /** This one included. */
  readonly bans: number
}

/** What one garbage message costs. */
export const garbagePoints = 10

/**
 * Remembers, within bounds, who sends garbage: points that fade, and a ban when they pass a limit.
 * Peers by their id; on line channels links, by address or nick.
 */
export class Offenders<Peer extends string = PeerId> {
  readonly #clock: Clock
  readonly #counters: Counters
  readonly #onBanned: (peer: Peer) => void
  readonly #limit: number
  readonly #halfLifeMs: number
  readonly #banMs: number
  readonly #maxDoublings: number
  readonly #maxPeers: number
  readonly #counter: string
  readonly #offenders: RecentMap<string, Offender>
  /** Kept apart: many small offenders must not wash out those that are cut off. */
  readonly #bans = new Map<string, Ban>()

  constructor(
    deps: { readonly clock: Clock; readonly counters: Counters; readonly onBanned: (peer: Peer) => void },
    init: OffendersInit = {},
  ) {
    this.#clock = deps.clock
    this.#counters = deps.counters
    this.#onBanned = deps.onBanned
    this.#limit = init.limit ?? 100
    this.#halfLifeMs = init.halfLifeMs ?? 60_000
    this.#banMs = init.banMs ?? 300_000
    this.#maxDoublings = init.maxDoublings ?? 6
    this.#maxPeers = init.maxPeers ?? 2_000
    this.#offenders = new RecentMap(this.#maxPeers)
    this.#counter = init.counter ?? 'links.cut:garbage'
  }

  /** Notes an offence; past the limit the peer is banned, and `onBanned` is called once. */
  add(peer: Peer, by = garbagePoints): void {
    const now = this.#clock.monotonic()
    const points = this.points(peer) + by
    if (points < this.#limit || this.banned(peer)) {
      this.#offenders.set(peer, { points, atMs: now })
      return
    }
    this.#offenders.delete(peer)
    const bans = this.#bans.get(peer)?.bans ?? 0
    this.#bans.delete(peer)
    this.#bans.set(peer, { untilMs: now + this.#banMs * 2 ** Math.min(bans, this.#maxDoublings), bans: bans + 1 })
    if (this.#bans.size > this.#maxPeers) this.#forgetBan(now)
    this.#counters.add(this.#counter)
    this.#onBanned(peer)
  }

  banned(peer: string): boolean {
    const ban = this.#bans.get(peer)
    return ban !== undefined && ban.untilMs > this.#clock.monotonic()
  }

  /** The points a peer has now, from 0; for gossip's own score. */
  points(peer: string): number {
    const offender = this.#offenders.get(peer)
    return offender === undefined ? 0 : this.#faded(offender, this.#clock.monotonic())
  }

  get size(): number {
    return this.#offenders.size + this.#bans.size
  }

  #faded(offender: Offender, now: number): number {
    return offender.points * 0.5 ** ((now - offender.atMs) / this.#halfLifeMs)
  }

  #forgetBan(now: number): void {
    let first: { readonly peer: string; readonly untilMs: number } | null = null
    for (const [peer, { untilMs }] of this.#bans) {
      if (first === null || untilMs < first.untilMs) first = { peer, untilMs }
      if (untilMs <= now) break
    }
    if (first !== null) this.#bans.delete(first.peer)
  }
}
