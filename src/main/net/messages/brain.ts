import { hash } from 'node:crypto'
import type { PeerId } from '../../../shared/ids.ts'
import type { ChannelKind } from '../../../shared/network-views.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { Unsubscribe } from '../../base/emitter.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { Log } from '../../base/log.ts'
import { RecentSet } from '../../base/recent-set.ts'
import { brainAddress } from '../../model/address.ts'
import type { SignedRecord } from '../../model/record.ts'
import {
  ownMessage,
  takenOf,
  type ChannelSet,
  type HandlerOptions,
  type MessageHandler,
  type OutMessage,
  type Taken,
} from './brain-message.ts'
import {
  maxHops,
  type Channel,
  type MessageSource,
  type ReceivedMessage,
  type SendOutcome,
  type SwarmMessage,
} from '../channels/channel.ts'
import type { Ingest } from '../ingest/ingest.ts'
import type { MessageFacts, MessageStream } from './message-stream.ts'
import type { OutBatch } from './outbox.ts'
import { Outboxes } from './outboxes.ts'
import { recordsWords, takenRecords } from '../ingest/records-taken.ts'

export interface BrainDeps {
  readonly self: PeerId
  readonly channels: ChannelSet
  readonly ingest: Pick<Ingest, 'receive'>
  readonly stream: Pick<MessageStream, 'push'>
  /** Whether what a neighbour says is listened to at all. Default: everybody is. */
  readonly admits?: (neighbour: PeerId) => boolean
  /** Records were lost on gossip, from or to a neighbour (null: to all): catching up brings them. */
  readonly onLost: (neighbour: PeerId | null) => void
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  readonly counters: Counters
  readonly log: Log
}

export interface BrainInit {
  /**
   * How long what came by one channel waits at most before it is put on another that many share: some other bridge may
   * say it first. Default: about three times what a message takes there.
   */
  readonly longestWaitMs?: Readonly<Record<ChannelKind, number>>
}

const longestWaitMs: Readonly<Record<ChannelKind, number>> = { gossip: 30, 'tcp-line': 0, udp: 40, irc: 2_000 }

/** Messages remembered, so that one that comes twice is taken once: minutes of a busy channel, about 2 MiB. */
const maxSeen = 16_384

/**
 * Takes what comes on any channel: records to the one door for records, other kinds to whoever handles them. What was
 * new it puts on all other channels, once: never back where it came from, never further than `maxHops` channels, and
 * not where others have said it meanwhile. So all channels together carry one state.
 */
export class Brain implements Startable {
  readonly #deps: BrainDeps
  readonly #longestWaitMs: Readonly<Record<ChannelKind, number>>
  readonly #handlers = new Map<string, { readonly handle: MessageHandler; readonly routed: boolean }>()
  readonly #outboxes: Outboxes
  readonly #seen = new RecentSet(maxSeen)
  readonly #here: string
  readonly #undo: Unsubscribe[] = []
  #running = false

  constructor(deps: BrainDeps, init: BrainInit = {}) {
    this.#deps = deps
    this.#longestWaitMs = init.longestWaitMs ?? longestWaitMs
    this.#here = brainAddress(deps.self)
    this.#outboxes = new Outboxes({
      ...deps,
      channels: () => this.#channels(),
      send: (channel, batch) => this.#sendBatch(channel, batch),
      onDropped: (channel) => this.#lostOn(channel),
    })
  }

  /** The channels and ingest are started before. */
  async start(): Promise<void> {
    if (this.#running) return
    this.#running = true
    await this.#outboxes.start()
    const { channels } = this.#deps
    this.#undo.push(
      channels.events.on('message:received', (received) => void this.#receive(received)),
      channels.events.on('channel:changed', () => this.#outboxes.forgetGone()),
    )
  }

  /** What was given to `publish` is sent first. */
  async stop(): Promise<void> {
    if (!this.#running) return
    await this.#outboxes.stop()
    this.#running = false
    for (const undo of this.#undo.splice(0)) undo()
  }

  /** Records that wait to be put on channels. */
  get waiting(): number {
    return this.#outboxes.waiting
  }

  /** Takes messages of a kind from now on, one handler a kind. What is addressed to others is left out, unless routed. */
  on(kind: string, handle: MessageHandler, { routed = false }: HandlerOptions = {}): Unsubscribe {
    this.#handlers.set(kind, { handle, routed })
    return () => {
      if (this.#handlers.get(kind)?.handle === handle) this.#handlers.delete(kind)
    }
  }

  /** Puts records that were signed here on all channels: at once when it was quiet, else soon, with others. */
  publish(records: readonly SignedRecord[]): void {
    this.#outboxes.add(records, () => ({ hops: 0, trace: null, except: null, waitMs: 0 }))
  }

  /**
   * Puts records that were caught up with on all channels: others may lack them too.
   * @param from where they came from, and need not be said again; default: a stream
   */
  passOn(records: readonly SignedRecord[], from: Pick<MessageSource, 'channel' | 'link'> | null = null): void {
    this.#outboxes.add(records, (channel) => {
      const isSource = channel.id === from?.channel
      if (isSource && channel.shared) return null
      return { hops: 1, trace: null, except: isSource ? from.link : null, waitMs: isSource ? 0 : this.#waitMs(channel) }
    })
  }

  /** Sends on one channel: to all on it, or to one link. */
  async sendOn(
    channelId: string,
    out: OutMessage,
    options: { readonly to?: string; readonly except?: string } = {},
  ): Promise<SendOutcome> {
    return this.put(channelId, ownMessage(this.#deps.self, this.#deps.random, out), options)
  }

  /** Sends on all channels, or on some; resolves to how many it left on. */
  async broadcast(
    out: OutMessage,
    { where = () => true }: { readonly where?: (channel: Channel) => boolean } = {},
  ): Promise<number> {
    const message = ownMessage(this.#deps.self, this.#deps.random, out)
    const outcomes = await Promise.all(
      this.#channels()
        .filter(where)
        .map((channel) => this.#send(channel, message, {})),
    )
    return outcomes.filter(({ kind }) => kind === 'sent').length
  }

  /** Puts a message on a channel as it is, e.g. one that is forwarded. */
  async put(
    channelId: string,
    message: SwarmMessage,
    options: { readonly to?: string; readonly except?: string } = {},
  ): Promise<SendOutcome> {
    const channel = this.#channels().find(({ id }) => id === channelId)
    if (channel === undefined) return { kind: 'dropped', reason: 'off' }
    return this.#send(channel, message, options)
  }

  #channels(): readonly Channel[] {
    return this.#running ? this.#deps.channels.channels() : []
  }

  async #receive({ message, source, settle }: ReceivedMessage): Promise<void> {
    let taken: Taken
    try {
      taken = await this.#take(message, source)
    } catch (err) {
      // Our own fault, not the neighbour's.
      this.#deps.counters.add('brain.failed')
      this.#deps.log.error({ err, kind: message.kind, channel: source.channel }, 'a message could not be taken')
      taken = { verdict: 'known', outcome: 'dropped', reason: 'failed' }
    }
    settle(isOurFault(taken) ? 'dropped' : taken.verdict, taken.garbage)
    if (taken.reason !== undefined && taken.outcome !== 'known') {
      this.#deps.counters.add(`brain.${taken.outcome === 'dropped' ? 'dropped' : 'refused'}:${taken.reason}`)
    }
    const { outcome, reason = null, summary = message.kind } = taken
    const { channel, kind: channelKind } = source
    const facts = factsOf(message, { channel, channelKind, summary })
    this.#deps.stream.push({ ...facts, direction: 'in', from: message.sender, outcome, reason })
  }

  async #take(message: SwarmMessage, source: MessageSource): Promise<Taken> {
    const { kind, origin, sender, hops, to } = message
    if (hops > maxHops) return { verdict: 'known', outcome: 'dropped', reason: 'hops' }
    if (this.#deps.admits?.(sender) === false) return { verdict: 'known', outcome: 'refused', reason: 'revoked' }
    if (origin === this.#deps.self) return { verdict: 'known', outcome: 'known', reason: 'own' }
    const handler = this.#handlers.get(kind)
    if (kind !== 'records' && handler === undefined) {
      return { verdict: 'known', outcome: 'refused', reason: 'unknown-kind' }
    }
    // Routed messages change on their way; whoever handles them looks for repetitions.
    if (handler?.routed === true) return takenOf(await handler.handle(message, source))
    if (to !== null && to !== this.#here) return { verdict: 'known', outcome: 'known', reason: 'not-for-us' }
    if (this.#isRepeated(message, source)) return { verdict: 'known', outcome: 'known', reason: 'repeated' }
    if (handler !== undefined) return takenOf(await handler.handle(message, source))
    return this.#takeRecords(message, source)
  }

  /** By id and content: who makes up a message under an id that it has seen must not keep out the true one. */
  #isRepeated({ id, payload }: SwarmMessage, { kind }: MessageSource): boolean {
    // Gossip itself gives a message once.
    return kind !== 'gossip' && !this.#seen.add(`${id} ${hash('sha256', payload, 'base64url')}`)
  }

  async #takeRecords(message: SwarmMessage, source: MessageSource): Promise<Taken> {
    const { sender, hops, payload } = message
    const verdict = await this.#deps.ingest.receive(payload, {
      from: sender,
      how: 'gossip',
      channel: source.channel,
      // A neighbour on gossip is proven, a name on a line is not.
      ...(source.kind === 'gossip' ? {} : { link: source.link }),
      hops,
    })
    this.#outboxes.heard(source.channel, verdict.repeats)
    this.#outboxes.heard(source.channel, verdict.news)
    // Gossip lets no message on that holds garbage, or too much: what was good in it goes on in one of ours.
    const isHeard = (verdict.garbage === 0 && verdict.overRate === 0) || source.kind !== 'gossip'
    if (verdict.news.length > 0) this.#passOnFrom(verdict.news, message, source, isHeard)
    if (verdict.dropped && source.kind === 'gossip') this.#deps.onLost(sender)
    return takenRecords(verdict)
  }

  #passOnFrom(records: readonly SignedRecord[], message: SwarmMessage, source: MessageSource, isHeard: boolean): void {
    const hops = message.hops + 1
    const { trace } = message
    if (hops > maxHops) return this.#deps.counters.add('brain.dropped:hops', records.length)
    this.#outboxes.add(records, (channel) => {
      const isSource = channel.id === source.channel
      // Where all hear all they have heard it; gossip passes on by itself.
      if (isSource && channel.shared && isHeard) return null
      return { hops, trace, except: isSource ? source.link : null, waitMs: isSource ? 0 : this.#waitMs(channel) }
    })
  }

  #waitMs({ kind, shared }: Channel): number {
    return shared ? this.#longestWaitMs[kind] * this.#deps.random() : 0
  }

  async #sendBatch(channel: Channel, { payload, records, hops, trace, except }: OutBatch): Promise<boolean> {
    const own = ownMessage(this.#deps.self, this.#deps.random, { kind: 'records', to: null, payload, trace })
    const message = { ...own, hops }
    const outcome = await this.#send(channel, message, except === null ? {} : { except }, recordsWords(records))
    if (outcome.kind === 'sent') this.#deps.counters.add('brain.sent', records.length)
    else if (outcome.reason !== 'nobody' && outcome.reason !== 'off') this.#lostOn(channel)
    return outcome.kind === 'sent'
  }

  async #send(
    channel: Channel,
    message: SwarmMessage,
    options: { readonly to?: string; readonly except?: string },
    summary: string = message.kind,
  ): Promise<SendOutcome> {
    const outcome = await channel.send(message, options)
    const facts = factsOf(message, { channel: channel.id, channelKind: channel.kind, summary })
    const reason = outcome.kind === 'dropped' ? outcome.reason : null
    this.#deps.stream.push({ ...facts, direction: 'out', from: null, outcome: outcome.kind, reason })
    return outcome
  }

  /** Line channels say now and then what they hold, and find out by themselves. */
  #lostOn({ kind }: Channel): void {
    if (kind === 'gossip') this.#deps.onLost(null)
  }
}

function factsOf(
  { id, kind, to, hops, payload, trace }: SwarmMessage,
  where: Pick<MessageFacts, 'channel' | 'channelKind' | 'summary'>,
): Omit<MessageFacts, 'direction' | 'from' | 'outcome' | 'reason'> {
  return { id, kind, to, hops, bytes: payload.length, trace, ...where }
}

/** We had no room for it, or failed: whoever brought it may have brought news. */
const isOurFault = ({ verdict, outcome, reason }: Taken): boolean =>
  verdict === 'known' && outcome === 'dropped' && (reason === 'overflow' || reason === 'failed')
