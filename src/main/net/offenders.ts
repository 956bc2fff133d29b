import type { Clock } from '../base/clock.ts'
import type { Counters } from '../base/counters.ts'
import type { PeerId } from '../../shared/ids.ts'

export interface OffendersInit {
  /** Points at which a peer is cut off. Default 100: ten garbage messages within a minute or so. */
  readonly limit?: number
  /** Points halve in this time, so that a rare glitch is forgiven. Default 60 s. */
  readonly halfLifeMs?: number
  /** How long the first cut lasts; each further one twice as long. Default 5 min. */
  readonly banMs?: number
  /** How often it doubles. Default 6: up to 64 times. */
  readonly maxDoublings?: number
  /** Peers remembered; past this the one heard of least recently is forgotten. Default 2,000. */
  readonly maxPeers?: number
  /** What a ban is counted as. Default `links.cut:garbage`. */
  readonly counter?: string
}

interface Offender {
  points: number
  atMs: number
  bannedUntilMs: number
  bans: number
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
  readonly #offenders = new Map<string, Offender>()

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
    this.#counter = init.counter ?? 'links.cut:garbage'
  }

  /** Notes an offence; past the limit the peer is banned, and `onBanned` is called once. */
  add(peer: Peer, points = garbagePoints): void {
    const now = this.#clock.monotonic()
    const known = this.#offenders.get(peer)
    const offender: Offender = known ?? { points: 0, atMs: now, bannedUntilMs: 0, bans: 0 }
    offender.points = this.#faded(offender, now) + points
    offender.atMs = now
    this.#offenders.delete(peer)
    this.#offenders.set(peer, offender)
    this.#trim()
    if (offender.points < this.#limit || offender.bannedUntilMs > now) return
    offender.bannedUntilMs = now + this.#banMs * 2 ** Math.min(offender.bans, this.#maxDoublings)
    offender.bans += 1
    offender.points = 0
    this.#counters.add(this.#counter)
    this.#onBanned(peer)
  }

  banned(peer: string): boolean {
    const offender = this.#offenders.get(peer)
    return offender !== undefined && offender.bannedUntilMs > this.#clock.monotonic()
  }

  /** The points a peer has now, from 0; for gossip's own score. */
  points(peer: string): number {
    const offender = this.#offenders.get(peer)
    return offender === undefined ? 0 : this.#faded(offender, this.#clock.monotonic())
  }

  get size(): number {
    return this.#offenders.size
  }

  #faded(offender: Offender, now: number): number {
    return offender.points * 0.5 ** ((now - offender.atMs) / this.#halfLifeMs)
  }

  #trim(): void {
    if (this.#offenders.size <= this.#maxPeers) return
    const oldest = this.#offenders.keys().next()
    if (oldest.done !== true) this.#offenders.delete(oldest.value)
  }
}
