import type { PeerId } from '../../../shared/ids.ts'
import { SwarmError } from '../../../shared/errors.ts'
import type {
  ChannelConfig,
  ChannelView,
  GraphView,
  PingView,
  RouteView,
  SwarmMessageView,
} from '../../../shared/network-views.ts'
import type { MachineView, Settings } from '../../../shared/views.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import { Emitter, type EventSource, type Unsubscribe } from '../../base/emitter.ts'
import { startAll, stopAll, type Startable } from '../../base/lifecycle.ts'
import type { Log } from '../../base/log.ts'
import type { ChannelRoster, ChannelState } from '../../net/channels/channel-roster.ts'
import type { Link } from '../../net/links/links.ts'
import type { MessageStream } from '../../net/messages/message-stream.ts'
import type { RouteBook } from '../../net/messages/route-book.ts'
import type { PathStep } from '../../net/messages/signed-line.ts'
import type { Talk } from '../../net/messages/talk.ts'
import type { RecordBook } from '../../store/record-book.ts'
import { graphOf } from './graph.ts'
import { HeardLinks } from './heard-links.ts'
import { LinkAnnouncer, type LinkAnnouncerInit } from './link-announcer.ts'
import type { HeardLink } from './links-record.ts'
import { matcherOf, messageView, type MessageFilter } from './message-view.ts'
import { SavedRoutes } from './saved-routes.ts'

export interface NetworkServiceDeps {
  readonly self: PeerId
  readonly book: Pick<RecordBook, 'events' | 'eachLive' | 'author'>
  readonly node: { links(): readonly Link[] }
  readonly channels: ChannelRoster
  readonly stream: MessageStream
  readonly routes: RouteBook
  readonly talk: Talk
  readonly machines: {
    readonly events: EventSource<{ 'machines:changed': { readonly peers: readonly PeerId[] } }>
    list(): readonly MachineView[]
    get(peer: PeerId): MachineView | undefined
  }
  /** Checks, saves and applies: channels follow the settings. */
  readonly settings: { get(): Settings; update(patch: Partial<Settings>): unknown }
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  readonly counters: Counters
  readonly log: Log
}

export interface NetworkServiceInit extends LinkAnnouncerInit {
  /** Where routes that people set are kept. */
  readonly routesPath: string
}

interface Patience {
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

/** What people see and do of the network: who hears whom, channels, messages, routes, pings and texts. */
export class NetworkService implements Startable {
  readonly stream: MessageStream
  readonly #deps: NetworkServiceDeps
  readonly #events = new Emitter<{ 'graph:changed': Record<never, never> }>()
  readonly #heard: HeardLinks
  readonly #parts: readonly Startable[]
  readonly #undo: Unsubscribe[] = []

  constructor(deps: NetworkServiceDeps, init: NetworkServiceInit) {
    this.#deps = deps
    this.stream = deps.stream
    const onChanged = (): void => this.#events.emit('graph:changed', {})
    this.#heard = new HeardLinks({ ...deps, onChanged })
    this.#parts = [
      this.#heard,
      new SavedRoutes(deps, { path: init.routesPath }),
      new LinkAnnouncer({ ...deps, links: () => this.#links() }, init),
    ]
  }

  /** The graph differs; told often. */
  get events(): EventSource<{ 'graph:changed': Record<never, never> }> {
    return this.#events
  }

  get channelEvents(): ChannelRoster['events'] {
    return this.#deps.channels.events
  }

  async start(): Promise<void> {
    if (this.#undo.length > 0) return
    const { machines, channels } = this.#deps
    const changed = (): void => this.#events.emit('graph:changed', {})
    this.#undo.push(machines.events.on('machines:changed', changed), channels.events.on('channel:changed', changed))
    await startAll(this.#parts)
  }

  async stop(): Promise<void> {
    for (const undo of this.#undo.splice(0)) undo()
    await stopAll(this.#parts)
  }

  nameOf(peer: PeerId): string | null {
    return this.#deps.machines.get(peer)?.name ?? null
  }

  graph(): GraphView {
    const now = Math.trunc(this.#deps.clock.now())
    const said = this.#heard.all(now)
    // Of itself this peer knows now.
    said.set(this.#deps.self, { links: this.#links(), saidAtMs: now, untilMs: now + 1 })
    return graphOf(this.#deps.machines.list(), said)
  }

  channels(): ChannelView[] {
    return this.#deps.channels.states().map((state) => this.#channelView(state))
  }

  channel(id: string): ChannelView | undefined {
    const state = this.#deps.channels.states().find((one) => one.id === id)
    return state === undefined ? undefined : this.#channelView(state)
  }

  /** Adds a channel, or switches one on or off; saved. @throws SwarmError INVALID_INPUT naming the address */
  setChannel(config: ChannelConfig): ChannelView[] {
    const { settings } = this.#deps
    const isSame = (one: ChannelConfig): boolean => one.address === config.address && one.mode === config.mode
    const others = settings.get().channels
    const isKnown = others.some(isSame)
    settings.update({ channels: isKnown ? others.map((one) => (isSame(one) ? config : one)) : [...others, config] })
    return this.channels()
  }

  /** @throws SwarmError NOT_FOUND */
  removeChannel(id: string): ChannelView[] {
    const { settings } = this.#deps
    const state = this.#deps.channels.states().find((one) => one.id === id)
    if (state === undefined) {
      throw new SwarmError('NOT_FOUND', `There is no channel "${id.slice(0, 200)}": see "dt-swarm channels".`)
    }
    const rest = settings.get().channels.filter(({ address, mode }) => address !== state.address || mode !== state.mode)
    settings.update({ channels: rest })
    return this.channels()
  }

  /** Messages after a number, oldest first. */
  messagesAfter(after: number, limit: number, filter: MessageFilter): SwarmMessageView[] {
    const nameOf = (peer: PeerId): string | null => this.nameOf(peer)
    return this.stream.after(after, limit, matcherOf(filter, nameOf)).map((entry) => messageView(entry, nameOf))
  }

  /** The newest messages, oldest first. */
  lastMessages(limit: number, filter: MessageFilter): SwarmMessageView[] {
    const nameOf = (peer: PeerId): string | null => this.nameOf(peer)
    return this.stream.last(limit, matcherOf(filter, nameOf)).map((entry) => messageView(entry, nameOf))
  }

  /** What is new since a number: the newest of it, and how many are left out. */
  messagesSince(
    after: number,
    limit: number,
    filter: MessageFilter,
  ): { readonly messages: SwarmMessageView[]; readonly missed: number } {
    const nameOf = (peer: PeerId): string | null => this.nameOf(peer)
    const { entries, missed } = this.stream.since(after, limit, matcherOf(filter, nameOf))
    return { messages: entries.map((entry) => messageView(entry, nameOf)), missed }
  }

  routes(): RouteView[] {
    return this.#deps.routes.list().map((route) => ({ ...route }))
  }

  /** @throws SwarmError INVALID_INPUT, LIMIT_REACHED */
  setRoute(prefix: string, next: string): RouteView[] {
    this.#deps.routes.add(prefix, next)
    return this.routes()
  }

  /** @throws SwarmError NOT_FOUND */
  removeRoute(prefix: string): RouteView[] {
    this.#deps.routes.remove(prefix)
    return this.routes()
  }

  /** @throws SwarmError UNREACHABLE when no answer comes in time */
  async ping(to: PeerId, options: Patience): Promise<PingView> {
    const { tookMs, path, back } = await this.#deps.talk.ping(to, options)
    return { to, tookMs, path: this.#steps(path), back: this.#steps(back) }
  }

  /** @throws SwarmError INVALID_INPUT for a text that is none */
  send(to: PeerId, text: string, options: Patience): Promise<{ readonly delivered: boolean; readonly tookMs: number }> {
    return this.#deps.talk.text(to, text, options)
  }

  #steps(path: readonly PathStep[]): PingView['path'] {
    return path.map(({ peer, channel }) => ({ peer, name: this.nameOf(peer), channel }))
  }

  #channelView({ facts, ...state }: ChannelState): ChannelView {
    const peers = facts.peers.map((heard) => ({ ...heard, name: this.nameOf(heard.peer) }))
    return { ...state, ...facts, peers }
  }

  /** Whom this peer hears now: over libp2p with latency, on lines whoever spoke lately. */
  #links(): HeardLink[] {
    const { node, channels, self } = this.#deps
    const links: HeardLink[] = node.links().map(({ peer, latencyMs }) => ({ peer, channel: 'gossip', latencyMs }))
    const told = new Set<string>()
    for (const { kind, facts } of channels.states()) {
      if (kind === 'gossip') continue
      for (const { peer } of facts.peers) {
        if (peer === self || told.has(`${peer} ${kind}`)) continue
        told.add(`${peer} ${kind}`)
        links.push({ peer, channel: kind, latencyMs: null })
      }
    }
    return links
  }
}
