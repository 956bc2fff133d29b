import type { ChannelConfig, ChannelView, GraphView, RouteView, SwarmMessageView } from '../../shared/network-views.ts'
import type { LinkView } from '../../shared/views.ts'
import { fakePeer } from './fake-ids.ts'
import { mutable, valueOf, type Guard, type LineSignal } from './fake-guard.ts'
import { fakeChannel } from './fake-network.ts'
import { FakeList } from './fake-swarm.ts'

/** Channels, messages, routes and the graph of a scripted swarm. */
export class FakeAir {
  readonly channels: FakeList<ChannelView>
  readonly graph: FakeList<GraphView>
  readonly messages: FakeList<SwarmMessageView>
  routes: RouteView[]
  /** What was sent to whom. */
  readonly texts: string[] = []

  constructor(
    channels: readonly ChannelView[],
    graph: GraphView,
    messages: readonly SwarmMessageView[],
    routes: readonly RouteView[],
  ) {
    this.channels = new FakeList<ChannelView>((channel) => channel.id, channels)
    this.graph = new FakeList<GraphView>(() => 'graph', [graph])
    this.messages = new FakeList<SwarmMessageView>((message) => String(message.no), messages)
    this.routes = [...routes]
  }

  set({ address, mode, enabled }: ChannelConfig): ChannelView[] {
    const id = mode === 'listen' ? `${address}!listen` : address
    const state = enabled ? ('up' as const) : ('off' as const)
    const stateReason = enabled ? 'it carries' : 'switched off'
    const known = this.channels.get(id) ?? fakeChannel(Date.now(), { id, address, mode, kind: kindOfAddress(address) })
    this.channels.put({ ...known, enabled, state, stateReason, peers: enabled ? known.peers : [] })
    return this.channels.all()
  }
}

function kindOfAddress(address: string): ChannelView['kind'] {
  if (address.includes('/irc/')) return 'irc'
  return address.includes('/udp/') ? 'udp' : 'tcp-line'
}

export function networkRoutes(guard: Guard, air: FakeAir, links: readonly LinkView[], line: LineSignal) {
  return {
    links: guard.network.links.handler(() => [...links]),
    graph: guard.network.graph.handler(() => air.graph.all()[0] ?? { nodes: [], edges: [], partitions: [] }),
    watchGraph: guard.network.watchGraph.handler(({ signal }) => valueOf(air.graph, signal, line())),
    channels: guard.network.channels.handler(() => air.channels.all()),
    watchChannels: guard.network.watchChannels.handler(({ signal }) => mutable(air.channels.watch(signal, line()))),
    setChannel: guard.network.setChannel.handler(({ input }) => air.set(input)),
    removeChannel: guard.network.removeChannel.handler(({ input }) => {
      air.channels.remove(input.id)
      return air.channels.all()
    }),
    messages: guard.network.messages.handler(({ input }) =>
      air.messages
        .all()
        .filter((message) => message.no > input.after)
        .slice(-input.limit),
    ),
    watchMessages: guard.network.watchMessages.handler(async function* ({ input, signal }) {
      const matches = (message: SwarmMessageView): boolean =>
        (input.channel === undefined || message.channelKind === input.channel) &&
        (input.kind === undefined || message.kind === input.kind) &&
        (input.direction === undefined || message.direction === input.direction) &&
        `${message.summary} ${message.kind} ${message.fromName} ${message.id}`
          .toLowerCase()
          .includes((input.search ?? '').toLowerCase())
      for await (const event of air.messages.watch(signal, line())) {
        const messages = event.type === 'changes' ? event.changed : event.items.slice(-200)
        yield { messages: messages.filter(matches), missed: 0 }
      }
    }),
    routes: guard.network.routes.handler(() => air.routes),
    setRoute: guard.network.setRoute.handler(({ input }) => {
      const made: RouteView = { ...input, source: 'set', hops: null, expiresAtMs: null, usedAtMs: null }
      air.routes = [made, ...air.routes.filter((route) => route.prefix !== input.prefix)]
      return air.routes
    }),
    removeRoute: guard.network.removeRoute.handler(({ input }) => {
      air.routes = air.routes.filter((route) => route.prefix !== input.prefix)
      return air.routes
    }),
    ping: guard.network.ping.handler(({ input }) => ({
      to: input.to,
      tookMs: 41.7,
      path: [
        { peer: fakePeer(901), name: 'lab-server', channel: '/ipfs-pubsub/records/dswarm-line' },
        { peer: input.to, name: null, channel: '/ip4/239.18.7.5/udp/7601/dswarm-line' },
      ],
      back: [
        { peer: fakePeer(901), name: 'lab-server', channel: '/ip4/239.18.7.5/udp/7601/dswarm-line' },
        { peer: fakePeer(1_000), name: 'lab-laptop', channel: '/ipfs-pubsub/records/dswarm-line' },
      ],
    })),
    send: guard.network.send.handler(({ input }) => {
      air.texts.push(input.text)
      return { delivered: true, tookMs: 38 }
    }),
  }
}
