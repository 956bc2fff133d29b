import type { ChannelKind } from '../../../shared/network-views.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import { Emitter } from '../../base/emitter.ts'
import type { Log } from '../../base/log.ts'
import { garbagePoints, Offenders } from '../links/offenders.ts'
import type { ChannelEvents, SendOutcome, SwarmMessage } from './channel.ts'
import { ChannelLedger } from './channel-ledger.ts'
import type { DecodedLine, LineCodec, LineReason } from './line.ts'
import { LineRates, type RateLimits } from './line-rates.ts'

/** What every line channel needs. */
export interface LineChannelDeps {
  readonly codec: LineCodec
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  readonly counters: Counters
  readonly log: Log
}

export interface LinkLimits extends RateLimits {
  /** How long a link that brought garbage is cut off or ignored at first; doubles each time, up to 64 times. */
  readonly cutMs: number
}

/** Far above what an honest peer says, far below what hurts: ingest takes some 5,000 records a second. */
export const defaultLinkLimits: LinkLimits = {
  messagesPerS: 1_000,
  burstMessages: 2_000,
  bytesPerS: 8 * 1_024 * 1_024,
  burstBytes: 16 * 1_024 * 1_024,
  shares: 4,
  cutMs: 60_000,
}

/** What no honest neighbour does. Other swarms and versions may well share a channel with us. */
const garbageReasons: ReadonlySet<LineReason> = new Set<LineReason>(['malformed', 'oversize', 'unreadable'])

/** A host whose links were cut this often within a minute or so is cut off as a whole: it comes back by other ports. */
const cutsPerHost = 4

/** Links whose offences are remembered; past this the one heard least recently is forgotten. */
const maxLinks = 1_024

export interface LineDoorInit {
  /** Of the channel. */
  readonly id: string
  readonly kind: ChannelKind
  readonly limits?: Partial<LinkLimits> | undefined
  /** The host that a link belongs to, where a stranger can make as many links as he likes. */
  readonly hostOf?: (link: string) => string
  /** Links can be forged by others, who must not silence their victims for long: a cut never lasts longer than the first. */
  readonly forgeable?: boolean
  /** See `LineRatesInit`. Default: link. */
  readonly rateBy?: 'link' | 'host'
}

/**
 * The one door of a line channel, whatever carries the lines: who may come in and how fast, what is a message, what is
 * garbage and whose, and what is counted. Links that bring too much garbage are told to `onCut` and stay `cut` a while.
 */
export class LineDoor {
  readonly events: Emitter<ChannelEvents>
  readonly ledger: ChannelLedger
  readonly #deps: LineChannelDeps
  readonly #id: string
  readonly #kind: ChannelKind
  readonly #limits: LinkLimits
  readonly #offenders: Offenders<string>
  readonly #hosts: Offenders<string>
  readonly #hostOf: (link: string) => string
  readonly #rates: LineRates
  #open = false

  constructor(deps: LineChannelDeps, init: LineDoorInit, onCut: (link: string) => void) {
    const { id, kind } = init
    this.#deps = deps
    this.#id = id
    this.#kind = kind
    this.#limits = { ...defaultLinkLimits, ...init.limits }
    this.events = new Emitter((err, event) => deps.log.error({ err, event, channel: id }, 'a listener failed'))
    this.ledger = new ChannelLedger(deps.clock, () => this.events.emit('channel:changed', { id }))
    this.#hostOf = init.hostOf ?? ((link) => link)
    const rates = { limits: this.#limits, hostOf: this.#hostOf, rateBy: init.rateBy ?? 'link' } as const
    this.#rates = new LineRates(deps.clock, rates)
    const cut = (link: string): void => {
      deps.log.warn({ channel: id, link }, 'a link that brings garbage or too much is cut off')
      // Points fade: a little more than a share each, so that the last cut is surely enough.
      if (init.hostOf !== undefined) this.#hosts.add(init.hostOf(link), 100 / (cutsPerHost - 0.5))
      onCut(link)
    }
    const maxDoublings = init.forgeable === true ? 0 : 6
    const terms = { banMs: this.#limits.cutMs, maxPeers: maxLinks, maxDoublings }
    this.#offenders = new Offenders<string>(
      { clock: deps.clock, counters: deps.counters, onBanned: cut },
      { ...terms, counter: `channels.cut:${kind}` },
    )
    this.#hosts = new Offenders<string>(
      { clock: deps.clock, counters: deps.counters, onBanned: () => {} },
      { ...terms, counter: 'channels.cut:host' },
    )
  }

  /** What comes in from now on is heard; not before, and not after `shut`. */
  open(): void {
    this.#open = true
  }

  shut(): void {
    this.#open = false
    this.ledger.set('off', 'switched off')
  }

  get isOpen(): boolean {
    return this.#open
  }

  cut(link: string): boolean {
    return this.#offenders.banned(link) || this.#hosts.banned(this.#hostOf(link))
  }

  /** The frame of a message; null when it was dropped, which is then counted. */
  encode(message: SwarmMessage, options: { readonly deflateFrom?: number } = {}): Uint8Array | null {
    const encoded = this.#deps.codec.encode(message, options)
    if (encoded.kind === 'ok') return encoded.frame
    this.dropped(encoded.reason)
    return null
  }

  dropped(reason: string, count = 1): SendOutcome {
    this.ledger.drop(reason, count)
    this.#deps.counters.add(`channels.dropped:${reason}`, count)
    return { kind: 'dropped', reason }
  }

  /** Until a link may bring so much more: for channels that can make it wait. See `LineRates`. */
  waitMs(link: string, bytes: number, messages: 0 | 1 = 1): number {
    return this.#rates.waitMs(link, bytes, messages)
  }

  /** Whether a link may bring so much now: for channels that can make nobody wait. What floods is dropped and blamed. */
  admits(link: string, bytes: number): boolean {
    if (this.cut(link)) {
      this.dropped('cut')
      return false
    }
    const room = this.#rates.take(link, bytes)
    if (room === 'yes') return true
    this.dropped('flood')
    if (room === 'own') this.blame(link, 'flood', 1)
    return false
  }

  /** Tells a message to whoever listens, or counts why not. */
  take(decoded: DecodedLine, bytes: number, link: string): void {
    if (!this.#open) return
    if (decoded.kind === 'rejected') {
      this.refused(decoded.reason, link, bytes)
      return
    }
    const { message } = decoded
    this.ledger.received.add(bytes)
    this.ledger.heard(message.sender, link)
    this.#rates.knows(link)
    let settled = false
    this.events.emit('message:received', {
      message,
      source: { channel: this.#id, kind: this.#kind, link },
      settle: (verdict, garbage = 1) => {
        if (settled) return
        settled = true
        if (verdict === 'garbage') this.blame(link, 'garbage', Math.min(garbage, 3) * garbagePoints)
      },
    })
  }

  /** Something that came was not taken. */
  refused(reason: LineReason, link: string, bytes: number): void {
    this.ledger.received.add(bytes, 0)
    this.ledger.drop(reason)
    this.#deps.counters.add(`channels.refused:${reason}`)
    if (garbageReasons.has(reason)) this.blame(link, reason)
  }

  blame(link: string, reason: string, points = garbagePoints): void {
    this.#deps.counters.add(`channels.blamed:${reason}`)
    this.#offenders.add(link, points)
  }
}
