import type { PeerId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import { RecentMap } from '../../base/recent-map.ts'
import type { ChannelFacts } from './channel.ts'
import { TrafficMeter } from './traffic-meter.ts'

/** "In the last minutes". */
const heardForMs = 5 * 60_000
/** As many peers as a screen shows; past this the one heard least recently is forgotten. */
const maxPeers = 256
/** Reasons are our own words; a bound all the same, past which they are one. */
const maxReasons = 32

interface Heard {
  readonly lastHeardAtMs: number
  readonly atMs: number
  readonly source: string
}

/** What a channel knows of itself: its state, its traffic, its drops, whom it hears. */
export class ChannelLedger {
  readonly sent: TrafficMeter
  readonly received: TrafficMeter
  readonly #clock: Clock
  readonly #onChanged: () => void
  readonly #dropped = new Map<string, number>()
  readonly #peers = new RecentMap<PeerId, Heard>(maxPeers)
  #state: ChannelFacts['state'] = 'off'
  #reason = 'switched off'
  #sinceMs: number

  /** @param onChanged state, its reason, or the peers differ; rates do not count */
  constructor(clock: Clock, onChanged: () => void) {
    this.#clock = clock
    this.#onChanged = onChanged
    this.#sinceMs = clock.now()
    this.sent = new TrafficMeter(clock)
    this.received = new TrafficMeter(clock)
  }

  get state(): ChannelFacts['state'] {
    return this.#state
  }

  set(state: ChannelFacts['state'], reason: string): void {
    if (state === this.#state && reason === this.#reason) return
    if (state !== this.#state) this.#sinceMs = this.#clock.now()
    if (state === 'off') this.#peers.clear()
    this.#state = state
    this.#reason = reason
    this.#onChanged()
  }

  drop(reason: string, count = 1): void {
    const key = this.#dropped.has(reason) || this.#dropped.size < maxReasons ? reason : 'other'
    this.#dropped.set(key, (this.#dropped.get(key) ?? 0) + count)
  }

  heard(peer: PeerId, source: string): void {
    const known = this.#peers.get(peer)
    this.#peers.set(peer, { lastHeardAtMs: this.#clock.now(), atMs: this.#clock.monotonic(), source })
    if (known?.source !== source) this.#onChanged()
  }

  /** A link is gone, and with it whom it brought. */
  lost(source: string): void {
    let lost = 0
    for (const [peer, heard] of this.#peers) {
      if (heard.source !== source) continue
      this.#peers.delete(peer)
      lost += 1
    }
    if (lost > 0) this.#onChanged()
  }

  /** The link on which a peer was heard last. */
  linkOf(peer: PeerId): string | null {
    return this.#peers.get(peer)?.source ?? null
  }

  facts(): ChannelFacts {
    const oldest = this.#clock.monotonic() - heardForMs
    for (const [peer, { atMs }] of this.#peers) if (atMs < oldest) this.#peers.delete(peer)
    return {
      state: this.#state,
      stateReason: this.#reason,
      sinceMs: this.#sinceMs,
      sent: this.sent.view(),
      received: this.received.view(),
      dropped: Object.fromEntries(this.#dropped),
      peers: [...this.#peers].map(([peer, { lastHeardAtMs, source }]) => ({ peer, lastHeardAtMs, source })),
    }
  }
}
