import type { ChannelView, GraphView, SwarmMessageView } from '../../../shared/network-views.ts'
import type { ApiPeer } from './api-peer.ts'
import type { Builder } from './builder.ts'
import { liveOptions, whenChanged } from './live-call.ts'
import { live } from './live.ts'
import { liveList } from './live-list.ts'

/** The last messages that a new watcher gets, and most that it gets at once afterwards; the rest it is told as missed. */
const watchedMessages = 200
/** Rates move without an event: how often a watcher's channels are compared. */
const ratesEveryMs = 1_000
/** The graph of a thousand robots costs some ms; nobody sees it change faster. */
const graphEveryMs = 1_000

export function networkRouter(os: Builder, peer: ApiPeer) {
  const { network } = peer
  return {
    links: os.network.links.handler(() =>
      peer.node.links().map((link) => {
        const machine = peer.membership.get(link.peer)
        return { ...link, name: machine?.name ?? null, role: machine?.role ?? null, version: machine?.version ?? null }
      }),
    ),
    graph: os.network.graph.handler(() => network.graph()),
    watchGraph: os.network.watchGraph.handler((call) => {
      // What this peer says of its own links is as new as the moment.
      const changed = whenChanged(() => network.graph(), 'saidAtMs')
      return live<GraphView>(
        {
          subscribe: (wake) => {
            let isDirty = false
            const undo = network.events.on('graph:changed', () => (isDirty = true))
            const timer = setInterval(() => {
              if (isDirty) wake()
              isDirty = false
            }, graphEveryMs)
            return () => {
              undo()
              clearInterval(timer)
            }
          },
          first: changed,
          next: changed,
        },
        liveOptions(call, peer),
      )
    }),
    channels: os.network.channels.handler(() => network.channels()),
    watchChannels: os.network.watchChannels.handler((call) =>
      liveList<ChannelView>(
        {
          ids: () => network.channels().map(({ id }) => id),
          get: (id) => network.channel(id),
          subscribe: (changed) => {
            const undo = network.channelEvents.on('channel:changed', ({ id }) => changed([id]))
            const shown = new Map<string, string>()
            const timer = setInterval(() => {
              const moved = network.channels().filter(({ id, sent, received, dropped }) => {
                const rates = JSON.stringify([sent, received, dropped])
                const differs = shown.get(id) !== rates
                shown.set(id, rates)
                return differs
              })
              if (moved.length > 0) changed(moved.map(({ id }) => id))
            }, ratesEveryMs)
            return () => {
              undo()
              clearInterval(timer)
            }
          },
        },
        liveOptions(call, peer),
      ),
    ),
    setChannel: os.network.setChannel.handler(({ input }) => network.setChannel(input)),
    removeChannel: os.network.removeChannel.handler(({ input }) => network.removeChannel(input.id)),
    messages: os.network.messages.handler(({ input: { after, limit, ...filter } }) =>
      // From the start of the stream the newest are wanted; from a number on those that follow it.
      after === 0 ? network.lastMessages(limit, filter) : network.messagesAfter(after, limit, filter),
    ),
    watchMessages: os.network.watchMessages.handler(({ input, ...call }) => {
      let shownNo = 0
      return live<{ messages: SwarmMessageView[]; missed: number }>(
        {
          subscribe: (wake) => network.stream.events.on('messages:added', wake),
          first: () => {
            shownNo = network.stream.lastNo
            return { messages: network.lastMessages(watchedMessages, input), missed: 0 }
          },
          next: () => {
            const after = shownNo
            shownNo = network.stream.lastNo
            const news = network.messagesSince(after, watchedMessages, input)
            return news.messages.length === 0 ? null : news
          },
        },
        liveOptions(call, peer),
      )
    }),
    routes: os.network.routes.handler(() => network.routes()),
    setRoute: os.network.setRoute.handler(({ input }) => network.setRoute(input.prefix, input.next)),
    removeRoute: os.network.removeRoute.handler(({ input }) => network.removeRoute(input.prefix)),
    ping: os.network.ping.handler(({ input, signal }) =>
      network.ping(input.to, { timeoutMs: input.timeoutMs, ...(signal === undefined ? {} : { signal }) }),
    ),
    send: os.network.send.handler(({ input, signal }) =>
      network.send(input.to, input.text, { timeoutMs: input.timeoutMs, ...(signal === undefined ? {} : { signal }) }),
    ),
  }
}
