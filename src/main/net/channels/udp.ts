import { randomBytes } from 'node:crypto'
import type { RemoteInfo } from 'node:dgram'
import { isIP } from 'node:net'
import type { EventSource } from '../../base/emitter.ts'
import { TokenBucket } from '../../base/token-bucket.ts'
import {
  maxMessageBytes,
  type Channel,
  type ChannelEvents,
  type ChannelFacts,
  type SendOutcome,
  type SwarmMessage,
} from './channel.ts'
import { tagBytes } from './line.ts'
import { defaultLinkLimits, LineDoor, type LineChannelDeps, type LinkLimits } from './line-door.ts'
import { SendQueue, type Waiting } from './send-queue.ts'
import { addressOf, hostOf, linkName } from './link-name.ts'
import { askFor, numberCount, readDatagram, splitFrame, type PartType } from './udp-datagram.ts'
import { UdpGreeter } from './udp-greeter.ts'
import { UdpLinks, type UdpPlaceOfPeer } from './udp-links.ts'
import { UdpJoin, type Missing } from './udp-join.ts'
import { isAny, kindOf, type Interfaces } from './udp-place.ts'
import { UdpRepairs } from './udp-repairs.ts'
import { UdpSent } from './udp-sent.ts'
import { UdpSockets } from './udp-sockets.ts'

export interface UdpInit {
  readonly address: string
  /** A broadcast, multicast or single address; 255.255.255.255: the broadcast of every interface. */
  readonly host: string
  readonly port: number
  readonly family?: 4 | 6 | undefined
  readonly limits?: Partial<LinkLimits> | undefined
  /** Default 250 kB/s: Wi-Fi sends broadcasts at its lowest rate, which others have to share. */
  readonly bytesPerS?: number | undefined
  readonly bindHost?: string | undefined
  readonly interfaces?: (() => Interfaces) | undefined
  readonly lookEveryMs?: number | undefined
}

/** Several peers may run on one host, each with its own pace. */
const hostLimits: LinkLimits = { ...defaultLinkLimits, messagesPerS: 4_000, burstMessages: 8_000, shares: 2 }
const defaultBytesPerS = 250_000
/** Some fifty datagrams in a row: less than what a receiver's socket holds. */
const burstBytes = 64 * 1_024
/** What may wait to be sent: some eight seconds of the pace. */
const queueLimits = { maxItems: 1_024, maxBytes: 2 * 1_024 * 1_024 }
const partingMs = 1_000
/** How often missing parts are looked for, while there are any. */
const careMs = 20
/**
 * Messages as UDP datagrams: to all on a LAN by broadcast or multicast, or to one address and whoever answered. Long
 * messages are split; what was lost is asked for again. A link is the address that a peer sends from. Such an address
 * can be forged by anybody on the way, so a cut-off link may be the victim of another: it lasts a minute, not more.
 */
export class UdpChannel implements Channel {
  readonly id: string
  readonly kind = 'udp'
  readonly address: string
  readonly mode = 'dial'
  readonly maxPayloadBytes = maxMessageBytes
  /** Three datagrams: what is lost seldom costs much. */
  readonly batchBytes = 3_000
  readonly #deps: LineChannelDeps
  readonly #init: UdpInit
  readonly #door: LineDoor
  readonly #sockets: UdpSockets
  readonly #join: UdpJoin
  readonly #sent: UdpSent
  readonly #pace: TokenBucket
  readonly #repairs: UdpRepairs
  readonly #links: UdpLinks
  readonly #queue: SendQueue
  readonly #single: boolean
  /** Ours, for this run: what comes with it is our own echo. */
  #tag = ''
  readonly #next: Record<PartType, number> = { all: 0, one: 0 }
  #sending: Promise<void> | null = null
  #caring: Promise<void> | null = null
  #greeting: Promise<void> | null = null
  #greeter: UdpGreeter | null = null
  #run: AbortController | null = null
  #partingUntilMs: number | null = null

  constructor(deps: LineChannelDeps, init: UdpInit) {
    this.#deps = deps
    this.#init = init
    this.id = init.address
    this.address = init.address
    this.#single = isIP(init.host) === 0 || kindOf(init.host) === 'single'
    const doorInit = { id: this.id, kind: this.kind, limits: { ...hostLimits, ...init.limits }, hostOf } as const
    this.#door = new LineDoor(deps, { ...doorInit, rateBy: 'host', forgeable: true }, (link) => this.#join.forget(link))
    this.#join = new UdpJoin(deps.clock, deps.random)
    this.#sent = new UdpSent(deps.clock)
    this.#links = new UdpLinks(deps.clock)
    this.#queue = new SendQueue(queueLimits, (reason) => this.#door.dropped(reason))
    this.#pace = new TokenBucket(deps.clock, { perS: init.bytesPerS ?? defaultBytesPerS, burst: burstBytes })
    this.#repairs = new UdpRepairs(deps.clock)
    this.#sockets = new UdpSockets(
      {
        ...deps,
        interfaces: init.interfaces,
        onDatagram: (bytes, from) => this.#receive(bytes, from),
        onChanged: () => this.#tellState(),
      },
      init,
    )
  }

  get events(): EventSource<ChannelEvents> {
    return this.#door.events
  }

  get shared(): boolean {
    return !this.#single
  }

  async start(): Promise<void> {
    if (this.#run !== null) return
    this.#run = new AbortController()
    this.#partingUntilMs = null
    this.#tag = randomBytes(tagBytes).toString('hex')
    this.#door.open()
    this.#door.ledger.set('starting', 'opening its sockets')
    await this.#sockets.start()
    if (!this.#single) return
    const { clock, codec } = this.#deps
    const onProven = this.#remember.bind(this)
    const [sendAll, sendTo] = [this.#sockets.sendAll.bind(this.#sockets), this.#sockets.sendTo.bind(this.#sockets)]
    this.#greeter = new UdpGreeter({ clock, swarm: codec, sendAll, sendTo, onProven }, { sender: this.#tag })
    if (!isAny(this.#init.host)) this.#greeting = this.#greeter.run(this.#run.signal)
  }

  async stop(): Promise<void> {
    const run = this.#run
    if (run === null) return
    this.#run = null
    this.#partingUntilMs = this.#deps.clock.monotonic() + partingMs
    await this.#sending
    run.abort()
    await this.#caring
    await this.#greeting
    this.#greeter = null
    await this.#sockets.stop()
    this.#join.clear()
    this.#sent.clear()
    this.#links.clear()
    this.#door.shut()
  }

  async send(
    message: SwarmMessage,
    options: { readonly to?: string; readonly except?: string } = {},
  ): Promise<SendOutcome> {
    if (this.#run === null) return this.#door.dropped('off')
    const frame = this.#door.encode(message)
    if (frame === null) return { kind: 'dropped', reason: 'oversize' }
    if (this.#sockets.count === 0) return this.#door.dropped('nobody')
    if (options.to !== undefined && this.#links.get(options.to) === undefined) return this.#door.dropped('nobody')
    return new Promise((settle) => {
      this.#queue.add({ frame, to: options.to, except: options.except, settle })
      this.#sending ??= this.#drain().finally(() => (this.#sending = null))
    })
  }

  facts(): ChannelFacts {
    return this.#door.ledger.facts()
  }

  blame(link: string, reason: string): void {
    this.#door.blame(link, reason)
  }

  async #drain(): Promise<void> {
    // What is sent in the same turn is bounded by the queue.
    await Promise.resolve()
    for (let next = this.#queue.take(); next !== undefined; next = this.#queue.take()) {
      next.settle(await this.#sendOne(next))
    }
  }

  async #sendOne({ frame, to, except }: Waiting): Promise<SendOutcome> {
    const links = this.#recipients(to, except)
    // Where the only one there is the one that said it, nothing is lost.
    if (links?.length === 0) {
      return except === undefined ? this.#door.dropped('nobody') : { kind: 'dropped', reason: 'nobody' }
    }
    // Who is left out would take the gap for loss: only what goes to a whole LAN is numbered for all.
    const type: PartType = links === null ? 'all' : 'one'
    const no = this.#next[type]
    this.#next[type] = (no + 1) % numberCount
    const datagrams = splitFrame(this.#deps.codec.tag, { type, sender: this.#tag, no }, frame)
    this.#sent.keep(type, no, datagrams)
    let [bytes, left] = [0, 0]
    for (const datagram of datagrams) {
      if (!(await this.#paced(datagram.length * (links?.length ?? this.#sockets.count)))) {
        return this.#door.dropped('off')
      }
      const count = links === null ? await this.#sockets.sendAll(datagram) : await this.#sendEach(datagram, links)
      bytes += count * datagram.length
      left += count
    }
    // Where none left there is no network.
    if (left === 0) return this.#door.dropped('failed')
    this.#door.ledger.sent.add(bytes)
    return { kind: 'sent', bytes }
  }

  /** Null: everybody, by broadcast or multicast. The empty link is the address that the channel was made for. */
  #recipients(to: string | undefined, except: string | undefined): readonly string[] | null {
    if (to !== undefined) return [to]
    if (!this.#single) return null
    return this.#links.reached(this.#sockets.targetHost).filter((link) => link !== except)
  }

  async #sendEach(datagram: Buffer, links: readonly string[]): Promise<number> {
    const places = links.map((link) => this.#links.get(link))
    const sent = await Promise.all(
      places.map(async (at) =>
        at === undefined ? this.#sockets.sendAll(datagram) : this.#sockets.sendTo(datagram, at.address, at.port),
      ),
    )
    return sent.filter(Boolean).length
  }

  /** False when the time to part is over. */
  async #paced(bytes: number): Promise<boolean> {
    const waitMs = this.#pace.waitMs(bytes)
    this.#pace.spend(bytes)
    const until = this.#partingUntilMs
    if (until !== null) return this.#deps.clock.monotonic() < until
    if (waitMs > 0) await this.#deps.clock.sleep(waitMs)
    return true
  }

  #receive(bytes: Buffer, from: RemoteInfo): void {
    if (this.#run === null) return
    const read = readDatagram(this.#deps.codec, bytes)
    if (read.kind === 'part' && read.sender === this.#tag) return
    const link = linkName(from.address, from.port)
    if (!this.#door.admits(link, bytes.length)) return
    if (read.kind === 'rejected') return this.#door.refused(read.reason, link, bytes.length)
    if (read.kind === 'ask') {
      if (read.sender === this.#tag) this.#repair(read.type, read.no, read.missing, from)
      return
    }
    if (read.kind !== 'part') return this.#greeter?.take(read, link, from)
    const frame = this.#join.add(link, read)
    if (this.#join.unfinished > 0) this.#caring ??= this.#care().finally(() => (this.#caring = null))
    if (frame === null) return
    const decoded = this.#deps.codec.decode(frame)
    // Messages for all are sent to a link only once it has proven that it hears them.
    if (decoded.kind === 'ok' && (!this.#single || this.#links.get(link) !== undefined)) this.#remember(link, from)
    this.#door.take(decoded, frame.length, link)
  }

  #remember(link: string, from: UdpPlaceOfPeer): void {
    const isFirst = this.#links.size === 0
    this.#links.remember(link, from)
    if (isFirst) this.#tellState()
  }

  /** Sends again what a receiver lacks, to it alone. */
  #repair(type: PartType, no: number, parts: readonly number[], from: RemoteInfo): void {
    for (const datagram of this.#sent.find(type, no, parts)) {
      // It asks again; whoever forges askings gets no more than this out of us.
      if (!this.#repairs.take(from.address, datagram.length)) return void this.#door.dropped('repair')
      this.#door.ledger.sent.add(datagram.length, 0)
      void this.#sockets.sendTo(datagram, from.address, from.port)
    }
  }

  /** Asks for missing parts, until none is missing or they are given up. */
  async #care(): Promise<void> {
    const signal = this.#run?.signal
    while (signal?.aborted === false && this.#join.unfinished > 0) {
      await this.#deps.clock.sleep(careMs, { signal }).catch(() => {})
      if (signal.aborted) return
      for (const missing of this.#join.due()) this.#ask(missing)
      const lost = this.#join.takeLost()
      if (lost > 0) this.#door.dropped('lost', lost)
    }
  }

  #ask({ link, parts, ...header }: Missing): void {
    const { host, port } = addressOf(link)
    const datagram = askFor(this.#deps.codec.tag, header, parts)
    this.#door.ledger.sent.add(datagram.length, 0)
    void this.#sockets.sendTo(datagram, host, port)
  }

  #tellState(): void {
    if (this.#run === null) return
    const { fault, words } = this.#sockets
    if (fault !== null) this.#door.ledger.set('failed', `${fault}; looking again every few seconds`)
    else if (this.#links.size === 0) this.#door.ledger.set('waiting', `${words}; nobody is heard`)
    else this.#door.ledger.set('up', words)
  }
}
