import type { PeerId } from '../../../../shared/ids.ts'
import { SwarmError } from '../../../../shared/errors.ts'
import type { ChannelConfig, ChannelView } from '../../../../shared/network-views.ts'
import type { Clock } from '../../../base/clock.ts'
import { Emitter } from '../../../base/emitter.ts'
import { MessageStream } from '../../../net/messages/message-stream.ts'
import { RouteBook } from '../../../net/messages/route-book.ts'
import { matcherOf, messageView, type MessageFilter } from '../../../service/network/message-view.ts'
import type { ApiPeer } from '../api-peer.ts'

const quiet = { messages: 0, bytes: 0, messagesPerS: 0, bytesPerS: 0 }

function channelOf({ address, mode, enabled }: ChannelConfig): ChannelView {
  const state = enabled ? 'waiting' : 'off'
  return {
    id: mode === 'listen' ? `${address}!listen` : address,
    kind: address.includes('/udp/') ? 'udp' : 'gossip',
    address,
    mode,
    enabled,
    state,
    stateReason: 'in memory',
    sinceMs: 1,
    sent: quiet,
    received: quiet,
    dropped: {},
    peers: [],
  }
}

/** The network of a peer that is alone: what it is given is what it tells. */
export class MemoryNetwork implements Pick<ApiPeer['network'], keyof ApiPeer['network']> {
  readonly graphEvents = new Emitter<{ 'graph:changed': Record<never, never> }>()
  readonly channelsChanged = new Emitter<{ 'channel:changed': { readonly id: string } }>()
  readonly stream: MessageStream
  readonly names = new Map<PeerId, string>()
  readonly reachable = new Set<PeerId>()
  #channels: ChannelView[]
  readonly #routes: RouteBook

  constructor(self: PeerId, clock: Clock) {
    this.stream = new MessageStream({ clock })
    this.#routes = new RouteBook({ self, channels: () => [], linked: () => [], clock })
    this.#channels = [channelOf({ address: '/ipfs-pubsub/records/dswarm-line', mode: 'dial', enabled: true })]
  }

  get events(): ApiPeer['network']['events'] {
    return this.graphEvents
  }

  get channelEvents(): ApiPeer['network']['channelEvents'] {
    return this.channelsChanged
  }

  nameOf(peer: PeerId): string | null {
    return this.names.get(peer) ?? null
  }

  graph(): ReturnType<ApiPeer['network']['graph']> {
    return { nodes: [], edges: [], partitions: [] }
  }

  channels(): ChannelView[] {
    return this.#channels
  }

  channel(id: string): ChannelView | undefined {
    return this.#channels.find((one) => one.id === id)
  }

  setChannel(config: ChannelConfig): ChannelView[] {
    const view = channelOf(config)
    this.#channels = [...this.#channels.filter(({ id }) => id !== view.id), view]
    this.channelsChanged.emit('channel:changed', { id: view.id })
    return this.#channels
  }

  removeChannel(id: string): ChannelView[] {
    this.#channels = this.#channels.filter((one) => one.id !== id)
    this.channelsChanged.emit('channel:changed', { id })
    return this.#channels
  }

  messagesAfter(after: number, limit: number, filter: MessageFilter): ReturnType<ApiPeer['network']['messagesAfter']> {
    const nameOf = (peer: PeerId): string | null => this.nameOf(peer)
    return this.stream.after(after, limit, matcherOf(filter, nameOf)).map((entry) => messageView(entry, nameOf))
  }

  lastMessages(limit: number, filter: MessageFilter): ReturnType<ApiPeer['network']['lastMessages']> {
    const nameOf = (peer: PeerId): string | null => this.nameOf(peer)
    return this.stream.last(limit, matcherOf(filter, nameOf)).map((entry) => messageView(entry, nameOf))
  }

  messagesSince(after: number, limit: number, filter: MessageFilter): ReturnType<ApiPeer['network']['messagesSince']> {
    const nameOf = (peer: PeerId): string | null => this.nameOf(peer)
    const { entries, missed } = this.stream.since(after, limit, matcherOf(filter, nameOf))
    return { messages: entries.map((entry) => messageView(entry, nameOf)), missed }
  }

  routes(): ReturnType<ApiPeer['network']['routes']> {
    return this.#routes.list().map((route) => ({ ...route }))
  }

  setRoute(prefix: string, next: string): ReturnType<ApiPeer['network']['setRoute']> {
    this.#routes.add(prefix, next)
    return this.routes()
  }

  removeRoute(prefix: string): ReturnType<ApiPeer['network']['removeRoute']> {
    this.#routes.remove(prefix)
    return this.routes()
  }

  async ping(to: PeerId): ReturnType<ApiPeer['network']['ping']> {
    if (!this.reachable.has(to)) throw new SwarmError('UNREACHABLE', `${to} did not answer.`)
    return { to, tookMs: 3, path: [{ peer: to, name: this.nameOf(to), channel: 'memory' }], back: [] }
  }

  async send(to: PeerId): ReturnType<ApiPeer['network']['send']> {
    return { delivered: this.reachable.has(to), tookMs: 3 }
  }
}
