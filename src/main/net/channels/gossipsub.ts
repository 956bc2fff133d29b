import { TopicValidatorResult, type GossipSub } from '@libp2p/gossipsub'
import { createHash } from 'node:crypto'
import type { PeerId } from '../../../shared/ids.ts'
import { Emitter, type EventSource } from '../../base/emitter.ts'
import { maxMessageBytes as maxGossipBytes } from '../messages/gossip-init.ts'
import { garbagePoints } from '../links/offenders.ts'
import type { SwarmNode } from '../swarm-node.ts'
import { recordsTopic } from '../messages/topics.ts'
import { frameKind, unwrapBatch, wrapBatch, wrapFrame } from '../messages/wire.ts'
import type {
  Channel,
  ChannelEvents,
  ChannelFacts,
  MessageVerdict,
  ReceivedMessage,
  SendOutcome,
  SwarmMessage,
} from './channel.ts'
import { maxHops } from './channel.ts'
import { gossipAddress } from './channel-config.ts'
import { ChannelLedger } from './channel-ledger.ts'
import { GossipLines } from './gossip-lines.ts'
import { GossipRates } from './gossip-rates.ts'
import { GossipWatch } from './gossip-watch.ts'
import { PendingVerdicts } from './pending-verdicts.ts'
import type { DecodedLine, LineReason } from './line.ts'
import type { LineChannelDeps } from './line-door.ts'
import { StaleTalk } from './stale-talk.ts'

export interface GossipChannelDeps extends LineChannelDeps {
  readonly node: SwarmNode
  /** Nobody has spoken for this neighbour. Default: nobody is a stranger. */
  readonly isStranger?: (peer: PeerId) => boolean
}

/** Waiting for slow neighbours ends after this; what they then miss they catch up with. */
const longestPaceMs = 2_000
/**
 * A message that left the stream's buffer is still on its way through muxer and cipher to the socket. A process that
 * ends right after its peer would take it along; a turn of the event loop was enough wherever we measured.
 */
const partingMs = 50
/** Messages that may wait to be sent, each up to 160 KiB. The brain sends one at a time. */
const maxSending = 256
/** A gossip message has its kind byte, a frame its envelope. */
const envelopeBytes = 4 * 1_024

/**
 * libp2p's gossipsub as a channel. Batches of records travel bare, as a kind byte and the batch: their author's signature
 * is in each record, so `origin` and `sender` are told as the neighbour that handed them over. Other kinds travel as a
 * frame. A message is passed on only once its verdict was `news`. What is sent to one link goes over a stream to that
 * neighbour (`/dt-swarm/line/1`). A link is named by the neighbour's PeerId.
 */
export class GossipChannel implements Channel {
  readonly id = gossipAddress
  readonly kind = 'gossip'
  readonly address = gossipAddress
  readonly mode = 'dial'
  readonly maxPayloadBytes = maxGossipBytes - envelopeBytes
  readonly batchBytes = 64 * 1_024
  readonly shared = true
  readonly #deps: GossipChannelDeps
  readonly #topic: string
  readonly #events: Emitter<ChannelEvents>
  readonly #ledger: ChannelLedger
  readonly #lines: GossipLines
  readonly #watch: GossipWatch
  readonly #pending: PendingVerdicts
  readonly #sending = new Set<Promise<SendOutcome>>()
  readonly #rates: GossipRates
  readonly #stale: StaleTalk
  #run: AbortController | null = null
  /** Past this nobody is waited for: a stop that has much to say to a slow neighbour must come to its end. */
  #paceUntilMs = Infinity

  constructor(deps: GossipChannelDeps, init: { readonly swarm: string }) {
    this.#deps = deps
    this.#topic = recordsTopic(init.swarm)
    this.#events = new Emitter((err, event) => deps.log.error({ err, event }, 'a listener of gossip failed'))
    this.#ledger = new ChannelLedger(deps.clock, () => this.#events.emit('channel:changed', { id: this.id }))
    this.#watch = new GossipWatch(deps)
    this.#pending = new PendingVerdicts(deps.clock)
    this.#rates = new GossipRates(deps.clock)
    this.#stale = new StaleTalk({ clock: deps.clock, isStranger: deps.isStranger ?? (() => false) })
    this.#lines = new GossipLines({
      ...deps,
      take: (from, frame) => this.#takeLine(from, frame),
      onGarbage: (from) => this.#refused('malformed', from, 0),
    })
  }

  get events(): EventSource<ChannelEvents> {
    return this.#events
  }

  /** The node must be started before. */
  async start(): Promise<void> {
    if (this.#run !== null) return
    const run = new AbortController()
    this.#run = run
    this.#paceUntilMs = Infinity
    this.#ledger.set('starting', 'subscribing')
    const { gossip } = this.#deps.node.libp2p.services
    gossip.topicValidators.set(this.#topic, (peer, message) => this.#receive(peer.toString() as PeerId, message.data))
    gossip.addEventListener('gossipsub:heartbeat', () => this.#beat(gossip), { signal: run.signal })
    gossip.addEventListener('subscription-change', () => this.#tellState(gossip), { signal: run.signal })
    gossip.subscribe(this.#topic)
    await this.#lines.start()
    this.#tellState(gossip)
  }

  /** What was given to `send` is sent first: the last of it is the goodbye. */
  async stop(): Promise<void> {
    const run = this.#run
    if (run === null) return
    this.#run = null
    this.#paceUntilMs = this.#deps.clock.monotonic() + longestPaceMs
    await Promise.all(this.#sending)
    await this.#lines.stop()
    await this.#deps.clock.sleep(partingMs)
    run.abort()
    const { gossip } = this.#deps.node.libp2p.services
    gossip.unsubscribe(this.#topic)
    gossip.topicValidators.delete(this.#topic)
    this.#pending.clear()
    this.#rates.clear()
    this.#stale.clear()
    this.#ledger.set('off', 'switched off')
  }

  /** Gossip itself decides who gets it from whom: `except` does nothing here. */
  async send(message: SwarmMessage, options: { readonly to?: string } = {}): Promise<SendOutcome> {
    if (this.#run === null) return this.#dropped('off')
    if (message.payload.length > this.maxPayloadBytes) return this.#dropped('oversize')
    if (this.#sending.size >= maxSending) return this.#dropped('overflow')
    const sending = options.to === undefined ? this.#publish(message) : this.#sendLine(message, options.to as PeerId)
    this.#sending.add(sending)
    const outcome = await sending
    this.#sending.delete(sending)
    return outcome
  }

  facts(): ChannelFacts {
    return this.#ledger.facts()
  }

  /** Past a limit the neighbour's links are cut, and it is not let in for a while. */
  blame(link: string, reason: string): void {
    this.#blame(link as PeerId, reason, garbagePoints)
  }

  async #publish(message: SwarmMessage): Promise<SendOutcome> {
    const data = this.#wrap(message)
    if (data === null) return this.#dropped('malformed')
    try {
      const { gossip } = this.#deps.node.libp2p.services
      await this.#pace()
      const { recipients } = await gossip.publish(this.#topic, data)
      this.#deps.counters.add('gossip.sent')
      this.#ledger.sent.add(data.length)
      if (recipients.length > 0) return { kind: 'sent', bytes: data.length }
      this.#deps.counters.add('gossip.sent-to-nobody')
      return { kind: 'dropped', reason: 'nobody' }
    } catch (err) {
      this.#deps.counters.add('gossip.failed')
      this.#deps.log.warn({ err }, 'a message could not be gossiped; neighbours catch up')
      return this.#dropped('failed')
    }
  }

  async #sendLine(message: SwarmMessage, to: PeerId): Promise<SendOutcome> {
    const encoded = this.#deps.codec.encode(message)
    if (encoded.kind === 'rejected') return this.#dropped(encoded.reason)
    const failed = await this.#lines.send(to, encoded.frame)
    if (failed !== null) return this.#dropped(failed)
    this.#ledger.sent.add(encoded.frame.length)
    return { kind: 'sent', bytes: encoded.frame.length }
  }

  #wrap(message: SwarmMessage): Uint8Array | null {
    if (message.kind === 'records' && message.to === null) return wrapBatch(message.payload, message.hops)
    const encoded = this.#deps.codec.encode(message)
    return encoded.kind === 'ok' ? wrapFrame(encoded.frame) : null
  }

  /** Waits, up to a limit, while a neighbour's connection cannot take more. */
  async #pace(): Promise<void> {
    const { clock } = this.#deps
    for (let waitedMs = 0; waitedMs < longestPaceMs && this.#watch.isFull(); waitedMs += 10) {
      if (clock.monotonic() > this.#paceUntilMs) return
      await clock.sleep(10)
    }
  }

  async #receive(from: PeerId, data: Uint8Array): Promise<TopicValidatorResult> {
    this.#deps.counters.add('gossip.received')
    if (data.length > maxGossipBytes) return this.#refused('oversize', from, data.length)
    if (data[0] === frameKind) return this.#judge(from, this.#deps.codec.decode(data.subarray(1)), data.length)
    const unwrapped = unwrapBatch(data)
    if (unwrapped.kind === 'rejected') return this.#refused(unwrapped.reason, from, data.length)
    const { batch: payload, hops } = unwrapped
    if (hops > maxHops) return this.#refused('hops', from, data.length)
    const id = createHash('sha256').update(data).digest().subarray(0, 16).toString('base64url')
    const message = { id, kind: 'records', origin: from, sender: from, to: null, hops, trace: null, payload }
    return this.#judge(from, { kind: 'ok', message }, data.length)
  }

  /** Tells a message, and waits for what becomes of it. */
  #judge(from: PeerId, decoded: DecodedLine, bytes: number): TopicValidatorResult | Promise<TopicValidatorResult> {
    if (decoded.kind === 'rejected') return this.#refused(decoded.reason, from, bytes)
    if (this.#run === null) return TopicValidatorResult.Ignore
    if (this.#pending.full) {
      this.#dropped('overflow')
      return TopicValidatorResult.Ignore
    }
    return this.#pending.wait<TopicValidatorResult>(TopicValidatorResult.Ignore, (done) =>
      this.#tell(from, decoded.message, bytes, (verdict, garbage) =>
        done(this.#settle(from, verdict, decoded.message.payload.length, garbage)),
      ),
    )
  }

  /** A line from one neighbour for us; one that says more than a link may is read more slowly. */
  async #takeLine(from: PeerId, frame: Uint8Array): Promise<void> {
    const waitMs = this.#rates.waitMs(from, frame.length)
    const decoded = this.#deps.codec.decode(frame)
    if (decoded.kind === 'rejected') this.#refused(decoded.reason, from, frame.length)
    else this.#tell(from, decoded.message, frame.length, (verdict, garbage) => this.#settle(from, verdict, 0, garbage))
    if (waitMs > 0) await this.#deps.clock.sleep(waitMs)
  }

  #tell(from: PeerId, message: SwarmMessage, bytes: number, settle: ReceivedMessage['settle']): void {
    this.#ledger.received.add(bytes)
    this.#ledger.heard(from, from)
    const source = { channel: this.id, kind: this.kind, link: from } as const
    let settled = false
    this.#events.emit('message:received', {
      message,
      source,
      settle: (verdict, garbage) => {
        if (settled) return
        settled = true
        settle(verdict, garbage)
      },
    })
  }

  #settle(from: PeerId, verdict: MessageVerdict, bytes: number, garbage = 1): TopicValidatorResult {
    if (verdict === 'news') return TopicValidatorResult.Accept
    if (verdict === 'dropped') return TopicValidatorResult.Ignore
    // What brought nothing new was passed on when it was new.
    if (verdict === 'known') {
      if (!this.#stale.note(from, bytes)) this.#blame(from, 'flood', garbagePoints)
      return TopicValidatorResult.Ignore
    }
    // Whoever passes a message on has checked it: garbage is the neighbour's own doing.
    this.#blame(from, 'garbage', Math.min(garbage, 3) * garbagePoints)
    return TopicValidatorResult.Reject
  }

  /** A neighbour speaks for our swarm, or is none: a line of another swarm is garbage too. */
  #refused(reason: LineReason, from: PeerId, bytes: number): TopicValidatorResult {
    this.#ledger.received.add(bytes, 0)
    this.#ledger.drop(reason)
    this.#deps.counters.add(`ingest.refused:${reason}`)
    // A later version of ourselves may say what we cannot read.
    if (reason === 'unknown-version' || reason === 'hops') return TopicValidatorResult.Ignore
    this.#blame(from, reason, garbagePoints)
    return TopicValidatorResult.Reject
  }

  #blame(peer: PeerId, reason: string, points: number): void {
    this.#deps.counters.add(`channels.blamed:${reason}`)
    this.#deps.node.offenders.add(peer, points)
  }

  #dropped(reason: string): SendOutcome {
    this.#ledger.drop(reason)
    this.#deps.counters.add(`channels.dropped:${reason}`)
    return { kind: 'dropped', reason }
  }

  #beat(gossip: GossipSub): void {
    this.#watch.beat(gossip)
    this.#pending.sweep()
    this.#tellState(gossip)
    const isLinked = (peer: PeerId): boolean => this.#deps.node.linked(peer)
    this.#rates.keep(isLinked)
    this.#stale.keep(isLinked)
  }

  #tellState(gossip: GossipSub): void {
    if (this.#run === null) return
    const listeners = gossip.getSubscribers(this.#topic).length
    if (listeners === 0) this.#ledger.set('waiting', 'no neighbour listens')
    else this.#ledger.set('up', `${listeners} ${listeners === 1 ? 'neighbour listens' : 'neighbours listen'}`)
  }
}
