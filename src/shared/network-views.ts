import { z } from 'zod'
import { peerIdSchema } from './ids-schema.ts'
import { standingSchema } from './trust-views.ts'

const timeMs = z.number().int()

export const channelKindSchema = z.enum(['gossip', 'tcp-line', 'udp', 'irc'])
export type ChannelKind = z.infer<typeof channelKindSchema>

/**
 * One way for messages to travel, named by its multiaddress:
 * `/ipfs-pubsub/records/dswarm-line` (gossip), `/ip4/A/tcp/P/dswarm-line`, `/ip4/A/udp/P/dswarm-line` (A a broadcast,
 * multicast or single address; v6 alike), `/dns4/HOST/tcp/P/irc/CHANNEL/dswarm-line`.
 */
export const channelConfigSchema = z.object({
  address: z.string().min(1).max(512),
  /** Whether a TCP line is listened on or dialled; the others are neither. */
  mode: z.enum(['dial', 'listen']).default('dial'),
  enabled: z.boolean().default(true),
})
export type ChannelConfig = z.infer<typeof channelConfigSchema>

const trafficSchema = z.object({
  messages: z.number().int(),
  bytes: z.number().int(),
  messagesPerS: z.number(),
  bytesPerS: z.number(),
})

export const channelSchema = z.object({
  /** Its address, and `!listen` for one that is listened on. */
  id: z.string(),
  kind: channelKindSchema,
  address: z.string(),
  mode: z.enum(['dial', 'listen']),
  enabled: z.boolean(),
  /** off: switched off. starting. up: it carries. waiting: nobody there yet, or trying again. failed: see the reason. */
  state: z.enum(['off', 'starting', 'up', 'waiting', 'failed']),
  stateReason: z.string(),
  sinceMs: timeMs,
  sent: trafficSchema,
  received: trafficSchema,
  /** Messages not passed on, by reason: `duplicate`, `hops`, `malformed`, `flood`, `overflow`, `other-swarm`… */
  dropped: z.record(z.string(), z.number().int()),
  /** Peers heard on it in the last minutes. */
  peers: z.array(
    z.object({ peer: peerIdSchema, name: z.string().nullable(), lastHeardAtMs: timeMs, source: z.string() }),
  ),
})
export type ChannelView = z.infer<typeof channelSchema>

export const swarmMessageSchema = z.object({
  /** Rises by one: where to go on from. */
  no: z.number().int(),
  /** The message's own id, the same on every peer it passes. */
  id: z.string(),
  atMs: timeMs,
  direction: z.enum(['in', 'out']),
  channel: z.string(),
  channelKind: channelKindSchema,
  /** records, digest, reconcile, ping, pong, text, … */
  kind: z.string(),
  /** The neighbour that handed it over, or null for those we sent to all. */
  from: peerIdSchema.nullable(),
  fromName: z.string().nullable(),
  to: z.string().nullable(),
  hops: z.number().int(),
  bytes: z.number().int(),
  /** "3 records in diagnostics: 2 new, 1 known", "ping". */
  summary: z.string(),
  outcome: z.enum(['sent', 'taken', 'known', 'forwarded', 'refused', 'dropped']),
  reason: z.string().nullable(),
  trace: z.string().nullable(),
})
export type SwarmMessageView = z.infer<typeof swarmMessageSchema>

export const graphSchema = z.object({
  nodes: z.array(
    z.object({
      peer: peerIdSchema,
      name: z.string(),
      self: z.boolean(),
      role: z.string().nullable(),
      status: z.string(),
      standing: standingSchema,
      simulated: z.boolean(),
    }),
  ),
  /** Who says that it hears whom. One entry a pair and channel kind; `both` when the two say so of each other. */
  edges: z.array(
    z.object({
      from: peerIdSchema,
      to: peerIdSchema,
      channel: channelKindSchema,
      both: z.boolean(),
      latencyMs: z.number().nullable(),
      saidAtMs: timeMs,
    }),
  ),
  /** Groups of alive machines between which no path is known; one group when all is well. */
  partitions: z.array(z.array(peerIdSchema)),
})
export type GraphView = z.infer<typeof graphSchema>

export const routeSchema = z.object({
  prefix: z.string(),
  /** May hold `$0`: what was matched. */
  next: z.string(),
  source: z.enum(['set', 'learned', 'link']),
  hops: z.number().int().nullable(),
  expiresAtMs: timeMs.nullable(),
  usedAtMs: timeMs.nullable(),
})
export type RouteView = z.infer<typeof routeSchema>

export const pingSchema = z.object({
  to: peerIdSchema,
  /** There and back, ms. */
  tookMs: z.number(),
  /** Peers and channels passed on the way there, then back. */
  path: z.array(z.object({ peer: peerIdSchema, name: z.string().nullable(), channel: z.string() })),
  back: z.array(z.object({ peer: peerIdSchema, name: z.string().nullable(), channel: z.string() })),
})
export type PingView = z.infer<typeof pingSchema>
