import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { peerIdSchema } from '../ids-schema.ts'
import {
  channelConfigSchema,
  channelKindSchema,
  channelSchema,
  graphSchema,
  pingSchema,
  routeSchema,
  swarmMessageSchema,
} from '../network-views.ts'
import { linkSchema } from '../views.ts'
import { base } from './errors.ts'
import { liveList } from './live.ts'

const messageFilter = z
  .object({
    /** In ids, names, kinds and summaries. */
    search: z.string().max(200).optional(),
    channel: channelKindSchema.optional(),
    kind: z.string().max(40).optional(),
    direction: z.enum(['in', 'out']).optional(),
    peer: peerIdSchema.optional(),
  })
  .default({})

export const network = {
  links: base
    .route({ method: 'GET', path: '/network/links', summary: 'The peers that this one is connected to' })
    .output(z.array(linkSchema)),
  graph: base.route({ method: 'GET', path: '/network/graph', summary: 'Who hears whom' }).output(graphSchema),
  watchGraph: base
    .route({ method: 'GET', path: '/network/graph/watch', summary: 'Who hears whom, live' })
    .output(eventIterator(graphSchema)),
  channels: base
    .route({ method: 'GET', path: '/network/channels', summary: 'The channels with their traffic and drops' })
    .output(z.array(channelSchema)),
  watchChannels: base
    .route({ method: 'GET', path: '/network/channels/watch', summary: 'The channels, live' })
    .output(liveList(channelSchema)),
  setChannel: base
    .route({ method: 'POST', path: '/network/channels', summary: 'Add a channel, or switch one on or off; saved' })
    .input(channelConfigSchema)
    .output(z.array(channelSchema)),
  removeChannel: base
    .route({ method: 'POST', path: '/network/channels/remove', summary: 'Remove a channel; saved' })
    .input(z.object({ id: z.string().max(520) }))
    .output(z.array(channelSchema)),
  messages: base
    .route({ method: 'GET', path: '/network/messages', summary: 'The message stream, newest last' })
    .input(
      z
        .object({
          search: z.string().max(200).optional(),
          channel: channelKindSchema.optional(),
          kind: z.string().max(40).optional(),
          direction: z.enum(['in', 'out']).optional(),
          peer: peerIdSchema.optional(),
          after: z.coerce.number().int().default(0),
          limit: z.coerce.number().int().min(1).max(2_000).default(500),
        })
        .default({ after: 0, limit: 500 }),
    )
    .output(z.array(swarmMessageSchema)),
  /** First the last 200 that match, then new ones, coalesced; `missed` counts those left out of a burst. */
  watchMessages: base
    .route({ method: 'GET', path: '/network/messages/watch', summary: 'The message stream, live' })
    .input(messageFilter)
    .output(eventIterator(z.object({ messages: z.array(swarmMessageSchema), missed: z.number().int() }))),
  routes: base
    .route({ method: 'GET', path: '/network/routes', summary: 'The routing table' })
    .output(z.array(routeSchema)),
  setRoute: base
    .route({ method: 'POST', path: '/network/routes', summary: 'Set a route: prefix => next hop' })
    .input(z.object({ prefix: z.string().min(1).max(512), next: z.string().min(1).max(1_024) }))
    .output(z.array(routeSchema)),
  removeRoute: base
    .route({ method: 'POST', path: '/network/routes/remove', summary: 'Remove a route that was set' })
    .input(z.object({ prefix: z.string().min(1).max(512) }))
    .output(z.array(routeSchema)),
  ping: base
    .route({ method: 'POST', path: '/network/ping', summary: 'Reach a peer over whatever chain there is' })
    .input(z.object({ to: peerIdSchema, timeoutMs: z.number().int().min(100).max(60_000).default(10_000) }))
    .output(pingSchema),
  send: base
    .route({
      method: 'POST',
      path: '/network/send',
      summary: 'Send a text to a peer; it appears in its message stream',
    })
    .input(
      z.object({
        to: peerIdSchema,
        text: z.string().min(1).max(2_000),
        timeoutMs: z.number().int().min(100).max(60_000).default(10_000),
      }),
    )
    /** Whether the peer has said that it got it. */
    .output(z.object({ delivered: z.boolean(), tookMs: z.number() })),
}
