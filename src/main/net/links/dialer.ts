import { setMaxListeners } from 'node:events'
import type { PeerId } from '../../../shared/ids.ts'
import { isAbort } from '../../../shared/errors.ts'
import { backoffMs } from '../../base/backoff.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { Log } from '../../base/log.ts'
import { RecentMap } from '../../base/recent-map.ts'
import { DialTable, type DialTarget } from './dial-table.ts'

export interface DialerDeps {
  /** Connects to the first of these addresses that answers; resolves to who did. */
  readonly dial: (target: DialTarget, options: { readonly signal: AbortSignal }) => Promise<PeerId>
  readonly linked: (peer: PeerId) => boolean
  /** Links that we dialled ourselves, and all links. */
  readonly linkCounts: () => { readonly outbound: number; readonly all: number }
  /** What the machine's network looks like; a change makes every wait start anew. */
  readonly networkState: () => string
  readonly clock: Clock
  readonly random: () => number
  readonly counters: Counters
  readonly log: Log
}

export interface DialerInit {
  /** Links that we dial at most. Default 12: gossip's mesh wants 6 to 12, and 1,000 robots must not become a full mesh. */
  readonly maxOutbound?: number
  /** Dials at the same time. Default 8. */
  readonly maxParallel?: number
}

/** No more is dialled once there are this many links in all. */
const enoughLinks = 24
/** How often the machine's network is looked at. */
const watchMs = 2_000
/** Its records of here live on for days, so it would be dialled again and again. */
const elsewhereMs = 10 * 60_000
/** As many as the table of targets holds. */
const maxElsewhere = 1_024

/**
 * Keeps a peer linked: to every bootstrap address always, to other peers of the swarm until it has enough links.
 * A lost link is dialled again at once, then after growing waits with jitter.
 */
export class Dialer implements Startable {
  readonly #deps: DialerDeps
  readonly #maxOutbound: number
  readonly #maxParallel: number
  readonly #table: DialTable
  /** Peers of other swarms, and until when (monotonic) they are left alone. */
  readonly #elsewhere = new RecentMap<PeerId, number>(maxElsewhere)
  #run: AbortController | null = null
  #loops: Promise<unknown> = Promise.resolve()
  #wake: AbortController = new AbortController()
  readonly #dialing = new Set<Promise<void>>()

  constructor(deps: DialerDeps, init: DialerInit = {}) {
    this.#deps = deps
    this.#maxOutbound = init.maxOutbound ?? 12
    this.#maxParallel = init.maxParallel ?? 8
    this.#table = new DialTable(deps.random)
  }

  async start(): Promise<void> {
    if (this.#run !== null) return
    const run = new AbortController()
    // Every dial and every sleep listens; their number is bounded by `maxParallel`.
    setMaxListeners(0, run.signal)
    this.#run = run
    this.#loops = Promise.all([this.#dialLoop(run.signal), this.#watchLoop(run.signal)])
  }

  async stop(): Promise<void> {
    this.#run?.abort()
    this.#run = null
    await Promise.all([this.#loops, ...this.#dialing])
  }

  /** Replaces the bootstrap addresses; new ones are dialled at once, links to old ones stay. */
  setBootstrap(addresses: readonly string[]): void {
    this.#table.setBootstrap(addresses, this.#deps.clock.monotonic())
    this.#poke()
  }

  /** A peer was seen, or said where it is: it is dialled soon if links are wanted. */
  learn(peer: PeerId, addresses: readonly string[]): void {
    if (addresses.length === 0 || this.#deps.linked(peer) || this.#isElsewhere(peer)) return
    // A little patience, at random: two peers that see each other at once should not both dial.
    const at = this.#deps.clock.monotonic() + this.#deps.random() * 300
    this.#table.learn(peer, addresses, at)
    this.#poke()
  }

  /** A link ended: dialled again at once. */
  lost(peer: PeerId): void {
    this.#table.due(peer, this.#deps.clock.monotonic())
    this.#poke()
  }

  /**
   * A peer is in another swarm now, perhaps because it left this one: it is not dialled for a while. It may dial us, and does
   * when it comes back.
   */
  elsewhere(peer: PeerId): void {
    this.#elsewhere.set(peer, this.#deps.clock.monotonic() + elsewhereMs)
  }

  /** Forgets all waits, e.g. after the machine's network changed. */
  retryAll(): void {
    this.#table.dueAll(this.#deps.clock.monotonic())
    this.#poke()
  }

  /** Where a peer may be reached, as far as is known. */
  addressesOf(peer: PeerId): readonly string[] {
    return this.#table.addressesOf(peer)
  }

  get size(): number {
    return this.#table.size
  }

  #isElsewhere(peer: PeerId): boolean {
    const untilMs = this.#elsewhere.get(peer)
    if (untilMs === undefined) return false
    if (untilMs > this.#deps.clock.monotonic()) return true
    return !this.#elsewhere.delete(peer)
  }

  #poke(): void {
    this.#wake.abort()
  }

  async #dialLoop(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#wake = new AbortController()
      const now = this.#deps.clock.monotonic()
      const waitMs = Math.max(0, Math.min(this.#startDue(now, signal) - now, 60_000))
      await this.#deps.clock
        .sleep(waitMs, { signal: AbortSignal.any([signal, this.#wake.signal]) })
        .catch((error: unknown) => this.#onlyAborts(error))
    }
  }

  async #watchLoop(signal: AbortSignal): Promise<void> {
    let before = this.#deps.networkState()
    while (!signal.aborted) {
      await this.#deps.clock.sleep(watchMs, { signal }).catch((error: unknown) => this.#onlyAborts(error))
      const now = this.#deps.networkState()
      if (now === before) continue
      before = now
      this.#deps.counters.add('dial.network-changed')
      this.retryAll()
    }
  }

  /** Starts what is due, as far as there is room; returns when to look again. */
  #startDue(now: number, signal: AbortSignal): number {
    let nextAt = now + 60_000
    const links = this.#deps.linkCounts()
    // A dial that is under way is a link to be.
    let outbound = links.outbound + this.#dialing.size
    let all = links.all + this.#dialing.size
    for (const target of this.#table.inOrder()) {
      if (target.dialing || (target.peer !== null && this.#deps.linked(target.peer))) continue
      if (target.peer !== null && this.#isElsewhere(target.peer)) continue
      if (target.kind === 'peer' && (outbound >= this.#maxOutbound || all >= enoughLinks)) continue
      if (target.nextAtMs > now || this.#dialing.size >= this.#maxParallel) {
        // Without room the end of a dial pokes us.
        if (target.nextAtMs > now) nextAt = Math.min(nextAt, target.nextAtMs)
        continue
      }
      outbound += 1
      all += 1
      const dial = this.#dial(target, signal)
      this.#dialing.add(dial)
      void dial.then(() => {
        this.#dialing.delete(dial)
        this.#poke()
      })
    }
    return nextAt
  }

  async #dial(target: DialTarget, signal: AbortSignal): Promise<void> {
    target.dialing = true
    try {
      const peer = await this.#deps.dial(target, { signal })
      this.#table.reached(target, peer)
      // A peer that hangs up at once is not dialled in a tight loop.
      target.nextAtMs = this.#deps.clock.monotonic() + backoffMs(1, this.#deps.random())
    } catch (error) {
      if (signal.aborted) return
      target.nextAtMs = this.#deps.clock.monotonic() + backoffMs(target.attempt, this.#deps.random())
      target.attempt += 1
      this.#deps.counters.add('dial.failed')
      this.#deps.log.debug({ err: error, target: target.key, attempt: target.attempt }, 'dial failed')
    } finally {
      target.dialing = false
    }
  }

  #onlyAborts(error: unknown): void {
    if (!isAbort(error)) throw error
  }
}
