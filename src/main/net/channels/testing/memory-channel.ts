import type { PeerId } from '../../../../shared/ids.ts'
import type { ChannelKind } from '../../../../shared/network-views.ts'
import { systemClock, type Clock } from '../../../base/clock.ts'
import { Counters } from '../../../base/counters.ts'
import type { EventSource } from '../../../base/emitter.ts'
import { silentLog } from '../../../base/log.ts'
import {
  maxMessageBytes,
  type Channel,
  type ChannelEvents,
  type ChannelFacts,
  type SendOutcome,
  type SwarmMessage,
} from '../channel.ts'
import { LineCodec } from '../line.ts'
import { LineDoor, type LinkLimits } from '../line-door.ts'

export interface MediumInit {
  readonly clock?: Clock
  /** In [0, 1). */
  readonly random?: () => number
  /** Share of frames that are lost on the way to each listener. Default 0. */
  readonly lossShare?: number
  /** How long a frame is under way. Default 0: the next turn of the event loop. */
  readonly delayMs?: number
  /** Each pair is a link of its own, as with TCP lines; default: all hear all, as with UDP. */
  readonly pointToPoint?: boolean
}

export interface MemoryChannelInit {
  readonly peer: PeerId
  /** Default `test`. */
  readonly swarm?: string
  readonly networkKey?: Uint8Array | null
  readonly kind?: ChannelKind
  /** Default: one that no other has. */
  readonly address?: string
  readonly counters?: Counters
  readonly limits?: Partial<LinkLimits>
  readonly maxPayloadBytes?: number
  readonly batchBytes?: number
  /** Frames that may wait to be sent. Default 256. */
  readonly maxWaiting?: number
}

/** Frames on their way on a medium: more are lost, as in a full switch. */
const maxUnderWay = 50_000

/**
 * A medium in memory: what one channel on it sends, all others on it hear, as real frames through the real codec.
 * It loses, delays, and can be cut into parts and healed.
 */
export class MemoryMedium {
  readonly #clock: Clock
  readonly #random: () => number
  readonly #channels = new Map<string, MemoryChannel>()
  readonly #pointToPoint: boolean
  #lossShare: number
  readonly #delayMs: number
  #parts: readonly ReadonlySet<string>[] = []
  #underWay = 0
  #made = 0
  #bytes = 0
  #frames = 0

  constructor(init: MediumInit = {}) {
    this.#clock = init.clock ?? systemClock
    this.#random = init.random ?? Math.random
    this.#lossShare = init.lossShare ?? 0
    this.#delayMs = init.delayMs ?? 0
    this.#pointToPoint = init.pointToPoint ?? false
  }

  get clock(): Clock {
    return this.#clock
  }

  get pointToPoint(): boolean {
    return this.#pointToPoint
  }

  /** What was put on the medium so far: once a frame, however many heard it. */
  get carried(): { readonly frames: number; readonly bytes: number } {
    return { frames: this.#frames, bytes: this.#bytes }
  }

  /** One more peer on the medium, not started. */
  channel(init: MemoryChannelInit): MemoryChannel {
    this.#made += 1
    return new MemoryChannel(this, `memory:${this.#made}`, init)
  }

  /** From now on only peers of the same part hear each other; those in no part hear nobody. */
  cut(...parts: readonly (readonly PeerId[])[]): void {
    this.#parts = parts.map((part) => new Set<string>(part))
    this.#tellAll()
  }

  heal(): void {
    this.#parts = []
    this.#tellAll()
  }

  lose(share: number): void {
    this.#lossShare = share
  }

  /** Puts any bytes on the medium, as a stranger at `link`. */
  inject(frame: Uint8Array, link = 'memory:stranger'): void {
    for (const channel of this.#channels.values()) this.#deliver(channel, frame, link)
  }

  /** The links that a channel has: those that hear it now. */
  linksOf(channel: MemoryChannel): string[] {
    return [...this.#channels.values()]
      .filter((other) => other !== channel && this.#together(channel, other))
      .map(({ link }) => link)
  }

  join(channel: MemoryChannel): void {
    this.#channels.set(channel.link, channel)
    this.#tellAll()
  }

  leave(channel: MemoryChannel): void {
    this.#channels.delete(channel.link)
    this.#tellAll()
  }

  /** @returns how many it is on its way to */
  carry(from: MemoryChannel, frame: Uint8Array, options: { readonly to?: string; readonly except?: string }): number {
    const links = this.linksOf(from).filter(
      (link) => (options.to === undefined || link === options.to) && link !== options.except,
    )
    this.#frames += this.#pointToPoint ? links.length : 1
    this.#bytes += frame.length * (this.#pointToPoint ? links.length : 1)
    for (const link of links) {
      const channel = this.#channels.get(link)
      if (channel !== undefined && this.#random() >= this.#lossShare) this.#deliver(channel, frame, from.link)
    }
    return links.length
  }

  #deliver(channel: MemoryChannel, frame: Uint8Array, link: string): void {
    if (this.#underWay >= maxUnderWay) return
    this.#underWay += 1
    const arrive = (): void => {
      this.#underWay -= 1
      const from = this.#channels.get(link)
      // A frame that was under way when its medium was cut is lost.
      if (from === undefined || this.#together(from, channel)) channel.arrive(frame, link)
    }
    if (this.#delayMs > 0) void this.#clock.sleep(this.#delayMs).then(arrive)
    else setImmediate(arrive)
  }

  #together(one: MemoryChannel, two: MemoryChannel): boolean {
    return this.#parts.length === 0 || this.#parts.some((part) => part.has(one.peer) && part.has(two.peer))
  }

  #tellAll(): void {
    for (const channel of this.#channels.values()) channel.tellState()
  }
}

interface Waiting {
  readonly frame: Uint8Array
  readonly options: { readonly to?: string; readonly except?: string }
  readonly settle: (outcome: SendOutcome) => void
}

/** A channel on a medium in memory. A link is another channel's place on it. */
export class MemoryChannel implements Channel {
  readonly id: string
  readonly kind: ChannelKind
  readonly address: string
  readonly mode = 'dial'
  readonly maxPayloadBytes: number
  readonly batchBytes: number
  readonly shared: boolean
  readonly peer: PeerId
  /** What others call it. */
  readonly link: string
  readonly #medium: MemoryMedium
  readonly #codec: LineCodec
  readonly #door: LineDoor
  readonly #maxWaiting: number
  #waiting: Waiting[] = []
  #sending: Promise<void> | null = null

  constructor(medium: MemoryMedium, link: string, init: MemoryChannelInit) {
    this.#medium = medium
    this.link = link
    this.peer = init.peer
    this.kind = init.kind ?? (medium.pointToPoint ? 'tcp-line' : 'udp')
    this.address = init.address ?? `/memory/${link.slice('memory:'.length)}/dswarm-line`
    this.id = this.address
    this.maxPayloadBytes = init.maxPayloadBytes ?? maxMessageBytes
    this.batchBytes = init.batchBytes ?? 64 * 1_024
    this.shared = !medium.pointToPoint
    this.#maxWaiting = init.maxWaiting ?? 256
    this.#codec = new LineCodec({ swarm: init.swarm ?? 'test', networkKey: init.networkKey ?? null })
    this.#door = new LineDoor(
      {
        codec: this.#codec,
        clock: medium.clock,
        random: Math.random,
        counters: init.counters ?? new Counters(),
        log: silentLog,
      },
      { id: this.id, kind: this.kind, limits: init.limits },
      () => this.tellState(),
    )
  }

  get events(): EventSource<ChannelEvents> {
    return this.#door.events
  }

  async start(): Promise<void> {
    if (this.#door.isOpen) return
    this.#door.open()
    this.#medium.join(this)
  }

  async stop(): Promise<void> {
    if (!this.#door.isOpen) return
    while (this.#sending !== null) await this.#sending
    this.#medium.leave(this)
    this.#door.shut()
  }

  async send(
    message: SwarmMessage,
    options: { readonly to?: string; readonly except?: string } = {},
  ): Promise<SendOutcome> {
    if (!this.#door.isOpen) return this.#door.dropped('off')
    if (message.payload.length > this.maxPayloadBytes) return this.#door.dropped('oversize')
    const frame = this.#door.encode(message)
    if (frame === null) return { kind: 'dropped', reason: 'oversize' }
    if (this.#waiting.length >= this.#maxWaiting) return this.#door.dropped('overflow')
    return new Promise((settle) => {
      this.#waiting.push({ frame, options, settle })
      this.#sending ??= this.#drain().finally(() => (this.#sending = null))
    })
  }

  facts(): ChannelFacts {
    return this.#door.ledger.facts()
  }

  blame(link: string, reason: string): void {
    this.#door.blame(link, reason)
  }

  /** A frame has come; called by the medium. */
  arrive(frame: Uint8Array, link: string): void {
    if (this.#door.isOpen && this.#door.admits(link, frame.length)) {
      this.#door.take(this.#codec.decode(frame), frame.length, link)
    }
  }

  /** Who is there has changed; called by the medium. */
  tellState(): void {
    if (!this.#door.isOpen) return
    const links = this.#medium.linksOf(this).length
    if (links === 0) this.#door.ledger.set('waiting', 'nobody else is on the medium')
    else this.#door.ledger.set('up', `${links} on the medium`)
  }

  async #drain(): Promise<void> {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const { frame, options, settle } = next
      // One turn a frame, as a socket would: whoever sends without waiting fills the queue.
      await new Promise((resolve) => setImmediate(resolve))
      if (this.#medium.carry(this, frame, options) === 0) {
        settle(this.#door.dropped('nobody'))
        continue
      }
      this.#door.ledger.sent.add(frame.length)
      settle({ kind: 'sent', bytes: frame.length })
    }
  }
}
