import { randomBytes } from 'node:crypto'
import type { PeerId } from '../../../shared/ids.ts'
import { isAbort } from '../../../shared/errors.ts'
import { backoffMs, type BackoffInit } from '../../base/backoff.ts'
import type { EventSource } from '../../base/emitter.ts'
import { RecentMap } from '../../base/recent-map.ts'
import type { Channel, ChannelEvents, ChannelFacts, SendOutcome, SwarmMessage } from './channel.ts'
import { chunkFrame, IrcJoin, ircTag, readChunk } from './irc-chunk.ts'
import { IrcPace, paceFor, type IrcPaceInit } from './irc-pace.ts'
import { IrcSession } from './irc-session.ts'
import { LineDoor, type LineChannelDeps, type LinkLimits } from './line-door.ts'
import { netFault } from './net-fault.ts'
import { SendQueue, type Waiting } from './send-queue.ts'

export interface IrcInit {
  readonly address: string
  readonly host: string
  readonly port: number
  /** With its leading `#`. */
  readonly channel: string
  /** Gives the nick. */
  readonly self: PeerId
  /** Default: RFC 1459's for servers of the Internet, faster for those in a private network. */
  readonly pace?: IrcPaceInit | undefined
  readonly limits?: Partial<LinkLimits> | undefined
  readonly backoff?: BackoffInit | undefined
}

/** Lines of one user: an honest peer says one in two seconds, or ten a second on a lab's own server. */
const userLimits: LinkLimits = {
  messagesPerS: 20,
  burstMessages: 200,
  bytesPerS: 20_000,
  burstBytes: 200_000,
  shares: 10,
  cutMs: 600_000,
}
/** One record of the largest size; at one line in two seconds it takes eight minutes. */
const maxPayloadBytes = 66 * 1_024
/** What waits is old by the time that it leaves: what is newer waits in the brain, where it replaces what was before. */
const queueLimits = { maxItems: 64, maxBytes: 256 * 1_024 }
/** What fits two lines, and is no batch of records, somebody waits for: it goes first. */
const urgentBytes = 500
/** Every line costs: compressing is tried early. */
const deflateFrom = 128
/** IRC over TLS has a port of its own (RFC 7194). */
const tlsPort = 6_697
/** A session that held so long was a good one: the next try comes soon. */
const goodMs = 60_000
const patience: BackoffInit = { minMs: 2_000, maxMs: 120_000 }
const partingMs = 1_000
/** Users whose host is remembered. */
const maxUsers = 1_024

/**
 * Messages as lines of text on an IRC channel, cut into chunks. A link is a nick: what is sent to one goes to it alone.
 * Nicks prove nothing, and hosts little; who sends garbage or floods is ignored for ten minutes, and its host with it
 * when it comes back under other names.
 */
export class IrcChannel implements Channel {
  readonly id: string
  readonly kind = 'irc'
  readonly address: string
  readonly mode = 'dial'
  readonly maxPayloadBytes = maxPayloadBytes
  readonly batchBytes = 1_200
  readonly shared = true
  readonly #deps: LineChannelDeps
  readonly #init: IrcInit
  readonly #door: LineDoor
  readonly #join: IrcJoin
  readonly #tag: string
  /** Pings, digests, questions. */
  readonly #urgent: SendQueue
  readonly #queue: SendQueue
  readonly #hosts = new RecentMap<string, string>(maxUsers)
  #pace: IrcPace
  #session: IrcSession | null = null
  #run: AbortController | null = null
  #loop: Promise<void> = Promise.resolve()
  #sending: Promise<void> | null = null

  constructor(deps: LineChannelDeps, init: IrcInit) {
    this.#deps = deps
    this.#init = init
    this.id = init.address
    this.address = init.address
    const hostOf = (nick: string): string => this.#hosts.get(nick) ?? nick
    const limits = { ...userLimits, ...init.limits }
    this.#door = new LineDoor(deps, { id: this.id, kind: this.kind, limits, hostOf }, (nick) => this.#join.forget(nick))
    this.#join = new IrcJoin(deps.clock)
    this.#tag = ircTag(deps.codec.tag)
    this.#pace = new IrcPace(deps.clock, init.pace ?? paceFor(init.host))
    const dropped = (reason: string): SendOutcome => this.#door.dropped(reason)
    this.#urgent = new SendQueue(queueLimits, dropped)
    this.#queue = new SendQueue(queueLimits, dropped)
  }

  get events(): EventSource<ChannelEvents> {
    return this.#door.events
  }

  /** Who we are there; null while we are not. */
  get nick(): string | null {
    return this.#session?.joined === true ? this.#session.nick : null
  }

  async start(): Promise<void> {
    if (this.#run !== null) return
    const run = new AbortController()
    this.#run = run
    this.#door.open()
    this.#door.ledger.set('starting', 'connecting')
    this.#loop = this.#again(run.signal)
  }

  async stop(): Promise<void> {
    const run = this.#run
    if (run === null) return
    this.#run = null
    // What was accepted still leaves, as far as the pace allows within a second.
    const limit = new AbortController()
    const late = this.#deps.clock.sleep(partingMs, { signal: limit.signal }).catch(() => {})
    await Promise.race([this.#sending ?? Promise.resolve(), late])
    limit.abort()
    run.abort()
    await this.#session?.quit()
    await this.#loop
    await this.#sending
    this.#clear('off')
    this.#hosts.clear()
    this.#door.shut()
  }

  async send(
    message: SwarmMessage,
    options: { readonly to?: string; readonly except?: string } = {},
  ): Promise<SendOutcome> {
    if (this.#run === null) return this.#door.dropped('off')
    if (message.payload.length > maxPayloadBytes) return this.#door.dropped('oversize')
    const session = this.#session
    if (session?.joined !== true) return this.#door.dropped('nobody')
    if (options.to === undefined ? session.isAlone : !session.has(options.to)) return this.#door.dropped('nobody')
    const frame = this.#door.encode(message, { deflateFrom })
    if (frame === null) return { kind: 'dropped', reason: 'malformed' }
    return new Promise((settle) => {
      const queue = message.kind === 'records' || frame.length > urgentBytes ? this.#queue : this.#urgent
      queue.add({ frame, to: options.to, except: undefined, settle })
      const { signal } = this.#run ?? new AbortController()
      this.#sending ??= this.#drain(signal).finally(() => (this.#sending = null))
    })
  }

  facts(): ChannelFacts {
    return this.#door.ledger.facts()
  }

  blame(link: string, reason: string): void {
    this.#door.blame(link, reason)
  }

  async #drain(signal: AbortSignal): Promise<void> {
    // What is sent in the same turn waits for it together: its bound is that of the queue.
    await Promise.resolve()
    const next = (): Waiting | undefined => this.#urgent.take() ?? this.#queue.take()
    for (let waiting = next(); waiting !== undefined; waiting = next()) waiting.settle(await this.#say(waiting, signal))
  }

  async #say({ frame, to }: Waiting, signal: AbortSignal): Promise<SendOutcome> {
    const session = this.#session
    if (session?.joined !== true) return this.#door.dropped('nobody')
    const id = randomBytes(5).toString('base64url').slice(0, 6)
    const target = to ?? this.#init.channel
    const texts = chunkFrame(this.#tag, id, frame, { nick: session.nick, target })
    let bytes = 0
    for (const text of texts) {
      try {
        await this.#pace.next(() => session.heard(), signal)
      } catch (error) {
        if (!isAbort(error)) throw error
        return this.#door.dropped('off')
      }
      // The connection broke in the middle: what has left of it is of no use.
      if (!session.joined) return this.#door.dropped('failed')
      session.say(text, target)
      bytes += text.length
    }
    this.#door.ledger.sent.add(bytes)
    return { kind: 'sent', bytes }
  }

  async #again(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#deps
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      const beganAtMs = clock.monotonic()
      const reason = await this.#connect(signal)
      if (signal.aborted) return
      if (clock.monotonic() - beganAtMs > goodMs) attempt = 0
      const waitMs = backoffMs(attempt, random(), this.#init.backoff ?? patience)
      const words = `${netFault(Object.assign(new Error(reason), { code: reason }))}; trying again in`
      this.#door.ledger.set('failed', `${words} ${Math.ceil(waitMs / 1_000)} s`)
      await clock.sleep(waitMs, { signal }).catch(() => {})
    }
  }

  /** One session; resolves to why it ended. */
  #connect(signal: AbortSignal): Promise<string> {
    const { host, port, channel, self, pace } = this.#init
    this.#pace = new IrcPace(this.#deps.clock, pace ?? paceFor(host))
    const { promise, resolve } = Promise.withResolvers<string>()
    // The end of a PeerId is random, its beginning the same for all.
    const nick = `d${self.slice(-8).toLowerCase()}`
    const session = new IrcSession({ host, port, channel, nick, tls: port === tlsPort }, this.#deps.random, {
      onMembers: (members, own) => this.#tellState(members.size, own),
      onText: (from, hostname, text) => this.#hear(from, hostname, text),
      onLeft: (gone) => {
        this.#join.forget(gone)
        this.#door.ledger.lost(gone)
      },
      onClosed: (reason) => {
        this.#session = null
        this.#join.clear()
        this.#clear('nobody')
        resolve(reason)
      },
    })
    if (signal.aborted) session.close('switched off')
    else this.#session = session
    return promise
  }

  #hear(nick: string, hostname: string, text: string): void {
    this.#hosts.set(nick, hostname)
    if (!this.#door.admits(nick, text.length)) return
    const chunk = readChunk(this.#tag, text)
    if (chunk.kind === 'chat') return
    if (chunk.kind !== 'chunk') return this.#door.refused(chunk.kind, nick, text.length)
    const line = this.#join.add(nick, chunk)
    const lost = this.#join.takeLost()
    if (lost > 0) this.#door.dropped('lost', lost)
    if (line !== null) this.#door.take(this.#deps.codec.decodeText(line), line.length, nick)
  }

  #clear(reason: string): void {
    for (const queue of [this.#urgent, this.#queue]) queue.clear(reason)
  }

  #tellState(others: number, nick: string): void {
    if (this.#run === null) return
    const where = `${this.#init.channel} on ${this.#init.host} as ${nick}`
    if (others === 0) this.#door.ledger.set('waiting', `${where}; nobody else is there`)
    else this.#door.ledger.set('up', `${where}, with ${others} ${others === 1 ? 'other' : 'others'}`)
  }
}
