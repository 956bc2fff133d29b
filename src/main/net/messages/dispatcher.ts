import type { PeerId } from '../../../shared/ids.ts'
import type { Standing } from '../../../shared/trust-views.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { Unsubscribe } from '../../base/emitter.ts'
import type { Startable } from '../../base/lifecycle.ts'
import { RateTable } from '../../base/rate-table.ts'
import type { TokenBucket } from '../../base/token-bucket.ts'
import { brainAddress, formatAddress, parseAddress, type Address } from '../../model/address.ts'
import type { Signer } from '../../model/attestation.ts'
import type { CborValue } from '../../model/cbor.ts'
import type { Route } from '../../model/routing.ts'
import type { Brain } from './brain.ts'
import { messageId, type Taken } from './brain-message.ts'
import { maxHops, type Channel, type MessageSource, type SwarmMessage } from '../channels/channel.ts'
import { ReplayGuard } from './replay-guard.ts'
import { RouteBook } from './route-book.ts'
import { encodePayload, SignedLines, withStep, type SignedPayload } from './signed-line.ts'

export interface DispatcherDeps {
  readonly signer: Signer
  readonly brain: Pick<Brain, 'on' | 'put'>
  /** Those that are switched on. */
  readonly channels: () => readonly Channel[]
  /** Peers with a libp2p link to us now. */
  readonly linked: () => readonly PeerId[]
  readonly standingOf: (peer: PeerId) => Standing
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  readonly counters: Counters
}

/** What has come for this peer, verified. */
export interface Arrived {
  readonly payload: SignedPayload
  readonly standing: Standing
  /** Answers on the table's way, and on the way that it came unless the other is known to lead there. */
  readonly answer: (kind: string, body: CborValue) => Promise<Sent>
}

/** What a message that came for this peer is, for the message stream: words, or why it is refused. */
export type ArrivedHandler = (arrived: Arrived) => { readonly summary: string } | { readonly refused: string }

/** Where a message that begins here went. */
export interface Sent {
  readonly id: string
  /** On how many channels it left. */
  readonly channels: number
  /** The routes that were followed; none when no route is known and all channels were tried. */
  readonly used: readonly Route[]
}

/** How a message goes on, besides where to. */
interface Way {
  readonly hops: number
  readonly trace: string | null
  readonly everywhere?: boolean
  readonly back?: MessageSource
  /** Where it came from. */
  readonly via?: MessageSource
  /** It was said to all where it came from: whoever it is for, on that channel, has heard it. */
  readonly overheard?: boolean
}

interface Options {
  /** Default: a new one. */
  readonly id?: string
  /** Tries all channels, whatever the table says. */
  readonly everywhere?: boolean
  /** The way a question came: for an answer that finds no other. */
  readonly back?: MessageSource
}

/** A person's pings and texts, and a script's that sends some a second. */
const memberRate = { perS: 5, burst: 40 }
/** All strangers together: enough to see that one is reachable. */
const strangersRate = { perS: 1, burst: 10 }
/** Messages of others that may be waiting for slow channels. */
const maxForwarding = 256
/** Peers that talk at the same time; one that falls out begins with a full burst. */
const maxRates = 2_000

/**
 * Sends addressed messages along the routing table, and those of others on their way: signed by who began them, taken
 * once, within a few minutes of their time, and so many a second of each origin. Where no route is known a message goes
 * out on all channels; the answer teaches the way.
 */
export class Dispatcher implements Startable {
  readonly routes: RouteBook
  readonly #deps: DispatcherDeps
  readonly #lines: SignedLines
  readonly #replays = new ReplayGuard()
  readonly #handlers = new Map<string, ArrivedHandler>()
  readonly #rates: RateTable
  readonly #undo: Unsubscribe[] = []
  #forwarding = 0
  #running = false

  constructor(deps: DispatcherDeps, init: { readonly swarm: string }) {
    this.#deps = deps
    this.#rates = new RateTable(deps.clock, { max: maxRates })
    this.#lines = new SignedLines(init)
    this.routes = new RouteBook({ ...deps, self: deps.signer.peerId })
  }

  async start(): Promise<void> {
    if (this.#running) return
    this.#running = true
    for (const kind of this.#handlers.keys()) this.#listen(kind)
  }

  async stop(): Promise<void> {
    this.#running = false
    for (const undo of this.#undo.splice(0)) undo()
  }

  /** Takes what comes for this peer of a kind, and carries that kind for others; before `start`, one a kind. */
  on(kind: string, handler: ArrivedHandler): void {
    this.#handlers.set(kind, handler)
    if (this.#running) this.#listen(kind)
  }

  /** Signs a message and sends it. Resolves when it has left, or was dropped by all. */
  async send(kind: string, destination: PeerId, body: CborValue, options: Options = {}): Promise<Sent> {
    const { signer, clock, random } = this.#deps
    const id = options.id ?? messageId(random)
    const at = Math.trunc(clock.now())
    const payload = this.#lines.sign({ id, kind, destination, at, body }, signer)
    const address: Address = [{ kind: 'brain', peer: destination }]
    const { channels, used } = await this.#dispatch(payload, address, { hops: 0, trace: null, ...options })
    return { id, channels, used }
  }

  #listen(kind: string): void {
    this.#undo.push(this.#deps.brain.on(kind, (message, source) => this.#receive(message, source), { routed: true }))
  }

  async #receive(message: SwarmMessage, source: MessageSource): Promise<Taken> {
    if (this.#replays.knows(message.id)) return known('repeated')
    const to = message.to === null ? null : parseAddress(message.to)
    if (to?.kind === 'rejected') return garbage('bad-address')
    const opened = this.#lines.open(message)
    if (opened.kind === 'rejected') return garbage(opened.reason)
    const { head } = opened.payload
    const { origin } = head
    const standing = this.#deps.standingOf(origin)
    if (standing === 'revoked') return refused('revoked')
    const now = this.#deps.clock.now()
    const time = this.#replays.judge(head.id, head.at, now)
    if (time === 'repeated') return known('repeated')
    if (time === 'stale') return refused('stale')
    // What was said long ago and is said again by others must not use up its origin's rate, so that comes second.
    if (!this.#rateOf(origin, standing).take()) return refused('rate')
    // Only what is admitted takes room: strangers' floods must not push out the ids of honest messages.
    this.#replays.take(head.id, head.at, now)
    // Invented identities must not fill the table.
    const way = { sender: message.sender, source, hops: message.hops + 1, saidAtMs: head.at }
    if (standing !== 'stranger') this.routes.learn(origin, way)
    const channel = this.#deps.channels().find(({ id }) => id === source.channel)
    const payload = withStep(opened.payload, this.#deps.signer.peerId, channel?.address ?? source.kind)
    if (head.destination === this.#deps.signer.peerId) return this.#arrive(payload, standing, source)
    return this.#forward(payload, to?.address ?? [{ kind: 'brain', peer: head.destination }], message, source)
  }

  #arrive(payload: SignedPayload, standing: Standing, source: MessageSource): Taken {
    const { kind, origin } = payload.head
    const answer = (as: string, body: CborValue): Promise<Sent> => this.send(as, origin, body, { back: source })
    const handled = this.#handlers.get(kind)?.({ payload, standing, answer }) ?? { refused: 'unknown-kind' }
    if ('refused' in handled) return refused(handled.refused)
    // It has reached its end: nobody else needs it.
    return { verdict: 'known', outcome: 'taken', summary: handled.summary }
  }

  /** Does not wait until it has left: a slow channel must not hold up the one that it came by. */
  #forward(payload: SignedPayload, to: Address, message: SwarmMessage, source: MessageSource): Taken {
    const { kind, destination } = payload.head
    const { hops, trace } = message
    const summary = `${kind} for ${destination}`
    // Gossip carries it further by itself, whether we know a way or not.
    const verdict = 'news'
    if (hops + 1 > maxHops) return { verdict, outcome: 'dropped', reason: 'hops', summary }
    if (this.#forwarding >= maxForwarding) return { verdict, outcome: 'dropped', reason: 'overflow', summary }
    const [first] = to
    const isNamed = first?.kind === 'brain' && first.peer === this.#deps.signer.peerId
    this.#forwarding += 1
    void this.#dispatch(payload, to, { hops: hops + 1, trace, via: source, overheard: !isNamed }).then(
      ({ channels, reason }) => {
        this.#forwarding -= 1
        this.#deps.counters.add(channels > 0 ? 'dispatcher.forwarded' : `dispatcher.unsent:${reason}`)
      },
    )
    return { verdict, outcome: 'forwarded', summary }
  }

  async #dispatch(
    payload: SignedPayload,
    to: Address,
    way: Way,
  ): Promise<{ readonly channels: number; readonly used: readonly Route[]; readonly reason: string }> {
    const resolved = way.everywhere === true ? ({ kind: 'none', reason: 'no-route' } as const) : this.routes.resolve(to)
    if (resolved.kind === 'channel') {
      const channel = this.routes.channelAt(resolved.hop)
      const reason = channel === undefined ? 'off' : await this.#put(channel, payload, resolved.rest, way)
      if (channel !== undefined && reason === null) {
        // Nobody knows yet whether a way that was only learned leads there: an answer also goes back where it came from.
        const link = channel.shared ? way.back?.link : this.#linkTo(channel, resolved.rest)
        const isBack = channel.id === way.back?.channel && link === way.back.link
        if (!isBack && !this.routes.areProven(resolved.used)) await this.#putBack(payload, way)
        return { channels: 1, used: resolved.used, reason: '' }
      }
      // Whoever it is for has heard it: said again, it would only be heard twice.
      if (reason === 'heard-there') return { channels: 0, used: [], reason }
      this.routes.forget(resolved.used)
    }
    if (await this.#putBack(payload, way)) return { channels: 1, used: [], reason: '' }
    // A chain says which way is wanted; only the bare name of a peer is looked for everywhere.
    if (withoutHere(to, this.#deps.signer.peerId).length !== 1) {
      return { channels: 0, used: [], reason: resolved.kind === 'none' ? resolved.reason : 'no-route' }
    }
    const reasons = await Promise.all(this.#deps.channels().map((channel) => this.#put(channel, payload, [], way)))
    const channels = reasons.filter((reason) => reason === null).length
    return { channels, used: [], reason: reasons.find((reason) => reason !== null) ?? 'no-route' }
  }

  /** The way that a question came. */
  async #putBack(payload: SignedPayload, way: Way): Promise<boolean> {
    const back = this.#deps.channels().find(({ id }) => id === way.back?.channel)
    if (back === undefined) return false
    return (await this.#put(back, payload, [], way, way.back?.link)) === null
  }

  /** @returns null when it has left, else why not */
  async #put(channel: Channel, payload: SignedPayload, rest: Address, way: Way, to?: string): Promise<string | null> {
    const { id, kind, origin, destination } = payload.head
    const { hops, trace, via } = way
    const isBack = via?.channel === channel.id
    if (isBack && channel.shared && way.overheard === true) return 'heard-there'
    const next = rest.length === 0 ? brainAddress(destination) : formatAddress(rest)
    const link = to ?? this.#linkTo(channel, rest)
    if (isBack && link === via.link) return 'loop'
    const sender = this.#deps.signer.peerId
    const message = { id, kind, origin, sender, to: next, hops, trace, payload: encodePayload(payload) }
    const options = link !== undefined ? { to: link } : isBack ? { except: via.link } : {}
    const outcome = await this.#deps.brain.put(channel.id, message, options)
    return outcome.kind === 'sent' ? null : outcome.reason
  }

  /** The link to the next peer of an address, when this channel has it: then nobody else needs to hear it. */
  #linkTo(channel: Channel, rest: Address): string | undefined {
    const [first] = rest
    if (first?.kind !== 'brain') return undefined
    if (channel.kind === 'gossip') return this.#deps.linked().includes(first.peer) ? first.peer : undefined
    return channel.facts().peers.find(({ peer }) => peer === first.peer)?.source
  }

  #rateOf(origin: PeerId, standing: Standing): TokenBucket {
    const name = standing === 'stranger' ? 'strangers' : origin
    return this.#rates.of(name, standing === 'stranger' ? strangersRate : memberRate)
  }
}

function withoutHere(to: Address, self: PeerId): Address {
  return to.filter((hop) => hop.kind !== 'brain' || hop.peer !== self)
}

const known = (reason: string): Taken => ({ verdict: 'known', outcome: 'known', reason })
const refused = (reason: string): Taken => ({ verdict: 'known', outcome: 'refused', reason })
const garbage = (reason: string): Taken => ({ verdict: 'garbage', outcome: 'refused', reason })
