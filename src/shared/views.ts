import { z } from 'zod'
import { catchUpSchema } from './checkpoint-views.ts'
import { copySafetySchema, fileSettingsSchema } from './file-views.ts'
import { cidSchema, peerIdSchema, recordIdSchema } from './ids-schema.ts'
import { logInfoSchema } from './log-views.ts'
import { channelConfigSchema } from './network-views.ts'
import { recorderSettingsSchema } from './recorder-views.ts'
import { standingSchema, swarmSchema, swarmTimeSchema, trustRoleSchema } from './trust-views.ts'

/**
 * Read-only shapes that a screen draws and a script reads. Times are milliseconds since the epoch (`…AtMs`),
 * sizes bytes, rates bytes a second, temperatures degrees Celsius, shares percent (0 to 100).
 */
const timeMs = z.number().int()

export const roleSchema = z.enum(['robot', 'operator', 'server'])
export type Role = z.infer<typeof roleSchema>

/** How a fact reached this peer: signed here, straight from its author, passed on by another, or brought by catching up. */
export const heardHowSchema = z.enum(['self', 'direct', 'relayed', 'caught-up'])
export type HeardHow = z.infer<typeof heardHowSchema>

/** The record behind a fact: enough to answer "why do I see this?". */
const evidenceSchema = z.object({
  fact: z.enum(['presence', 'health', 'file', 'copy']),
  recordId: recordIdSchema,
  author: peerIdSchema,
  seq: z.number().int(),
  how: heardHowSchema,
  /** The neighbour that handed it over; null when signed here. */
  from: peerIdSchema.nullable(),
  fromName: z.string().nullable(),
  receivedAtMs: timeMs,
  validFromMs: timeMs,
  validUntilMs: timeMs,
  rule: z.string(),
})
export type EvidenceView = z.infer<typeof evidenceSchema>

/** alive: heard lately. suspect: overdue. gone: long silent or said goodbye. unknown: never heard itself. */
export const statusSchema = z.enum(['alive', 'suspect', 'gone', 'unknown'])
export type MachineStatus = z.infer<typeof statusSchema>

export const metricNames = [
  'cpuPercent',
  'memoryPercent',
  'diskPercent',
  'temperatureC',
  'batteryPercent',
  'netRxBytesPerS',
  'netTxBytesPerS',
  'load1',
] as const
export const metricNameSchema = z.enum(metricNames)
export type MetricName = z.infer<typeof metricNameSchema>
export type MetricValues = Partial<Record<MetricName, number>>

export const healthSchema = z.object({
  atMs: timeMs,
  /** Only what the machine can measure is there: no battery, no `batteryPercent`. */
  values: z.partialRecord(metricNameSchema, z.number()),
  batteryCharging: z.boolean().nullable(),
  memoryTotalBytes: z.number().nullable(),
  diskTotalBytes: z.number().nullable(),
  diskFreeBytes: z.number().nullable(),
  uptimeS: z.number().nullable(),
  /** Words for people: "docked, charging", "under-voltage seen". */
  notes: z.array(z.string()),
})
export type HealthView = z.infer<typeof healthSchema>

export const robotSchema = z.object({
  /** Duckietown's names: duckiebot, duckiedrone, watchtower, … */
  type: z.string(),
  /** DB21J, WT21A, … */
  configuration: z.string(),
  /** raspberry_pi_64, jetson_nano, virtual, … */
  hardware: z.string(),
})
export type RobotFacts = z.infer<typeof robotSchema>

export const machineSchema = z.object({
  peer: peerIdSchema,
  self: z.boolean(),
  name: z.string(),
  role: roleSchema.nullable(),
  version: z.string().nullable(),
  robot: robotSchema.nullable(),
  /** A lab robot: a real peer with a simulated body. */
  simulated: z.boolean(),
  /** What the swarm's trust records make of it: a stranger's words are shown, and change nothing. */
  standing: standingSchema,
  roles: z.array(trustRoleSchema),
  standingReason: z.string(),
  /** By how much its own clock is off swarm time, as it says itself; null when it does not say. */
  clockSkewMs: z.number().nullable(),
  /** The version of the trust root that it says it follows; null when it does not say. */
  rootVersion: z.number().int().nullable(),
  os: z.string().nullable(),
  addresses: z.array(z.string()),
  status: statusSchema,
  /** One sentence: "announced 4 s ago", "silent for 2 min; last heard by way of lab-server". */
  statusReason: z.string(),
  /** When this peer last had evidence of it, of any kind; null when never. */
  lastHeardAtMs: timeMs.nullable(),
  lastHeardHow: heardHowSchema.nullable(),
  lastHeardFrom: peerIdSchema.nullable(),
  lastHeardFromName: z.string().nullable(),
  firstHeardAtMs: timeMs.nullable(),
  /** There is a libp2p connection to it right now. */
  connected: z.boolean(),
  latencyMs: z.number().nullable(),
  health: healthSchema.nullable(),
  /** Recent summaries for a sparkline, oldest first, at most 60. */
  spark: z.object({
    atMs: z.array(timeMs),
    cpuPercent: z.array(z.number().nullable()),
    temperatureC: z.array(z.number().nullable()),
  }),
  lastLog: z.object({ cid: cidSchema, name: z.string(), sharedAtMs: timeMs }).nullable(),
  /** It says that it keeps what others share. */
  archive: z.boolean(),
  evidence: z.array(evidenceSchema),
})
export type MachineView = z.infer<typeof machineSchema>

export const shareSchema = z.object({
  cid: cidSchema,
  name: z.string(),
  sizeBytes: z.number(),
  mediaType: z.string(),
  /** The peer on which it was first shared. */
  origin: peerIdSchema,
  originName: z.string(),
  simulated: z.boolean(),
  /** Last change of the file on its origin. */
  modifiedAtMs: timeMs,
  sharedAtMs: timeMs,
  /** Peers that say they hold it, origin included while it does. */
  copies: z.array(z.object({ peer: peerIdSchema, name: z.string(), alive: z.boolean() })),
  safety: copySafetySchema,
  /** All of it is in this peer's store. */
  local: z.boolean(),
  /** A person here wants it kept: it is never collected. */
  kept: z.boolean(),
  /** This peer says it shares it, and may take that back. */
  own: z.boolean(),
  /** Lower-case hex; null for files shared before it was told. */
  sha1: z.string().nullable(),
  /** The file channel that it is meant for; null: the whole swarm. */
  channel: z.string().nullable(),
  /** Further ones, if it is meant for several. */
  moreChannels: z.array(z.string()).optional(),
  /** What kind of log it is and what is in it; null: not looked into. */
  log: logInfoSchema.nullable(),
})
export type ShareView = z.infer<typeof shareSchema>

/** A share that is asked for by itself: with the records behind it, which are as long as all else of it. */
export const oneShareSchema = shareSchema.extend({ evidence: z.array(evidenceSchema) })

const transferStateSchema = z.enum(['waiting', 'running', 'paused', 'done', 'failed', 'cancelled'])
export const transferSchema = z.object({
  id: z.string(),
  kind: z.enum(['share', 'fetch']),
  name: z.string(),
  cid: cidSchema.nullable(),
  sizeBytes: z.number().nullable(),
  doneBytes: z.number(),
  bytesPerS: z.number(),
  remainingMs: z.number().nullable(),
  state: transferStateSchema,
  /** What it is doing, in words: "hashing", "fetching from duckie03", "waiting for it to stop growing". */
  step: z.string(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  startedAtMs: timeMs,
  endedAtMs: timeMs.nullable(),
  /** Where a fetched file was written, or lies in the share folder. */
  path: z.string().nullable(),
  /** Those that wait are taken high before normal before low. */
  priority: z.enum(['high', 'normal', 'low']),
  /**
   * Files of one drop, folder or query; null: a single one. One transfer, whose own id is the group's, stands for all
   * of them together and shows their progress in all; the others are listed only while they run or when they failed.
   */
  group: z.object({ id: z.string(), name: z.string() }).nullable(),
  /** Names of the peers that gave some of it, of a fetch. */
  from: z.array(z.string()),
})
export type TransferView = z.infer<typeof transferSchema>

export const historySchema = z.object({
  peer: peerIdSchema,
  fromMs: timeMs,
  toMs: timeMs,
  /** Width of one point. */
  stepMs: z.number(),
  series: z.array(
    z.object({
      metric: metricNameSchema,
      points: z.array(z.object({ atMs: timeMs, min: z.number(), avg: z.number(), max: z.number() })),
    }),
  ),
})
export type HistoryView = z.infer<typeof historySchema>

export const linkSchema = z.object({
  peer: peerIdSchema,
  name: z.string().nullable(),
  role: roleSchema.nullable(),
  version: z.string().nullable(),
  address: z.string(),
  transport: z.enum(['tcp', 'quic', 'other']),
  encryption: z.string().nullable(),
  direction: z.enum(['inbound', 'outbound']),
  sinceMs: timeMs,
  latencyMs: z.number().nullable(),
})
export type LinkView = z.infer<typeof linkSchema>

export const settingsSchema = z.object({
  name: z.string().trim().min(1).max(63),
  role: roleSchema,
  shareDir: z.string().min(1).max(4096),
  downloadDir: z.string().min(1).max(4096),
  listen: z.array(z.string().max(512)).max(32),
  bootstrap: z.array(z.string().max(512)).max(64),
  mdns: z.boolean(),
  /** The ways messages travel; gossip is one of them. */
  channels: z.array(channelConfigSchema).max(16),
  files: fileSettingsSchema,
  recorder: recorderSettingsSchema,
  theme: z.enum(['system', 'light', 'dark']),
})
export type Settings = z.infer<typeof settingsSchema>

export const infoSchema = z.object({
  peer: peerIdSchema,
  name: z.string(),
  role: roleSchema,
  version: z.string(),
  swarm: swarmSchema,
  standing: standingSchema,
  roles: z.array(trustRoleSchema),
  /** Groups of four of the end of the peer id: what an operator compares before admitting this peer. */
  fingerprint: z.string(),
  home: z.string(),
  simulated: z.boolean(),
  startedAtMs: timeMs,
  addresses: z.array(z.string()),
  /** Where the web console is served, without its token; null when off. */
  web: z.string().nullable(),
  identityProtection: z.enum(['file', 'system']),
  can: z.object({
    /** Show a file in the desktop's file manager. */
    openFolder: z.boolean(),
    /** Ask a person for a place with a native dialog. */
    choosePlace: z.boolean(),
    /** Start simulated robots. */
    lab: z.boolean(),
    /** Change to another swarm while running. */
    join: z.boolean(),
  }),
})
export type InfoView = z.infer<typeof infoSchema>

export const systemStatusSchema = z.object({
  atMs: timeMs,
  links: z.number().int(),
  machines: z.object({
    alive: z.number().int(),
    suspect: z.number().int(),
    gone: z.number().int(),
    unknown: z.number().int(),
  }),
  transfersRunning: z.number().int(),
  /** Peers that wait to be admitted by somebody who may: this one. */
  asks: z.number().int(),
  /** Changes of trust that wait for this peer's signature. */
  proposals: z.number().int(),
  time: swarmTimeSchema,
  catchUp: catchUpSchema,
  records: z.number().int(),
  /** Refusals, drops and retries by reason, e.g. `ingest.refused:bad-signature`. */
  counters: z.record(z.string(), z.number()),
  /** Things an operator should know and do something about. */
  warnings: z.array(z.object({ code: z.string(), message: z.string() })),
})
export type SystemStatusView = z.infer<typeof systemStatusSchema>
