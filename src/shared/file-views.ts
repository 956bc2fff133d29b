import { z } from 'zod'
import { plainNameSchema } from './plain-name.ts'

/** A time of day: minutes since midnight, by the machine's own time zone. */
const minute = z.number().int().min(0).max(1_440)
const bytesPerS = z.number().int().positive().nullable()

/** Where the bytes of shared and fetched files are kept. */
export const contentStoreSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('embedded') }),
  /** A Kubo daemon's RPC address: "http://127.0.0.1:5001" or a multiaddr. */
  z.object({ kind: z.literal('kubo'), url: z.string().min(1).max(512) }),
])
export type ContentStoreChoice = z.infer<typeof contentStoreSchema>

/** Null: no limit. */
const bandwidthSchema = z.object({ downBytesPerS: bytesPerS, upBytesPerS: bytesPerS })
export type Bandwidth = z.infer<typeof bandwidthSchema>

/** What a machine fetches and keeps by itself for the swarm. */
const archiveChoiceSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('off') }),
  /** All that is shared, of file channels what is on those that it has joined. */
  z.object({ kind: z.literal('all') }),
  /** As `files.list` takes them; all that are given must fit, and one must be. */
  z
    .object({
      kind: z.literal('query'),
      origin: z.string().max(128).nullable(),
      search: z.string().max(200).nullable(),
      topic: z.string().max(256).nullable(),
    })
    .refine(({ origin, search, topic }) => origin !== null || topic !== null || (search?.trim() ?? '') !== '', {
      message: 'an archive needs a robot, words or a topic to choose by',
    }),
])
export type ArchiveChoice = z.infer<typeof archiveChoiceSchema>

/** Of a file; more would only fill disks. */
export const maxWantedCopies = 16
const wantedCopies = z.number().int().min(1).max(maxWantedCopies)

export const fileSettingsSchema = z.object({
  store: contentStoreSchema,
  /** What in the share folder is left alone, in the syntax of .gitignore. */
  ignore: z.array(z.string().max(256)).max(64),
  /** Larger files in the share folder are not shared. */
  maxFileBytes: z.number().int().positive().nullable(),
  /** What becomes of a share when its file is deleted from the share folder. */
  whenDeleted: z.enum(['unshare', 'keep']),
  bandwidth: bandwidthSchema,
  /** Other limits at some hours, the first that fits; `to` before `from` goes over midnight. */
  hours: z.array(z.object({ from: minute, to: minute, ...bandwidthSchema.shape })).max(8),
  /** Fetched copies that nobody keeps by name are removed, the oldest first, beyond this; null: as long as the disk has room. */
  quotaBytes: z.number().int().positive().nullable(),
  archive: archiveChoiceSchema.default({ kind: 'off' }),
  /** Of servers and archives: what has fewer copies is fetched by one of them. 1: nothing is fetched for that. */
  copies: wantedCopies.default(1),
})
export type FileSettings = z.infer<typeof fileSettingsSchema>

/** What is not named stays: without the defaults, which would stand for it. */
export const fileSettingsChangeSchema = fileSettingsSchema
  .extend({ archive: archiveChoiceSchema, copies: wantedCopies })
  .partial()
  .strict()

export const defaultFileSettings: FileSettings = {
  store: { kind: 'embedded' },
  ignore: [],
  maxFileBytes: null,
  whenDeleted: 'unshare',
  bandwidth: { downBytesPerS: null, upBytesPerS: null },
  hours: [],
  quotaBytes: null,
  archive: { kind: 'off' },
  copies: 1,
}

/** high: it may be lost any moment, or is out of reach. low: it hangs on one machine. */
export const copyRiskSchema = z.enum(['none', 'low', 'high'])
export type CopyRisk = z.infer<typeof copyRiskSchema>

/** How safe a file is, by who holds it and how they are. */
export const copySafetySchema = z.object({
  /** Machines that say they hold it, and pinning services that this peer has had pin it. */
  copies: z.number().int(),
  /** Of these, those that are heard. */
  aliveCopies: z.number().int(),
  risk: copyRiskSchema,
  /** A sentence without its full stop: "only copy, on duckie07, battery 12 %". */
  why: z.string(),
})
export type CopySafety = z.infer<typeof copySafetySchema>

/** What this machine archives. */
export const archiveSchema = z.object({
  archive: archiveChoiceSchema,
  copies: z.number().int(),
  /** Copies that are kept here for good, for whatever reason. */
  keptFiles: z.number().int(),
  keptBytes: z.number(),
  /** Files that it is to keep and has not yet. */
  waitingFiles: z.number().int(),
  waitingBytes: z.number(),
  /** Why not all of them come, and what to do; null: nothing is wrong. */
  problem: z.string().nullable(),
})
export type ArchiveView = z.infer<typeof archiveSchema>

/** How the bytes are kept here, and how much room they take. */
export const storageSchema = z.object({
  store: contentStoreSchema,
  /** Why the chosen store cannot be used now, and what to do; null: it works. */
  problem: z.string().nullable(),
  /** How far files have come that lay in another store when this one was chosen; null: all lie in this one. */
  moving: z
    .object({ doneFiles: z.number(), files: z.number(), doneBytes: z.number(), bytes: z.number() })
    .nullable()
    .optional(),
  /** Of Kubo: its version. */
  version: z.string().nullable(),
  usedBytes: z.number(),
  quotaBytes: z.number().nullable(),
  /** Files that are not collected: shared, kept, or on their way. */
  keptFiles: z.number(),
  keptBytes: z.number(),
  /** Left on the disk under the store; null when that cannot be told. */
  freeBytes: z.number().nullable(),
  /** The limits in force now. */
  bandwidth: bandwidthSchema,
})
export type StorageView = z.infer<typeof storageSchema>

/** What is fetched by itself as soon as somebody shares it. */
export const followSchema = z.object({
  id: z.string().max(64),
  /** As `files.list` takes them; all that are given must fit. */
  origin: z.string().max(128).nullable(),
  search: z.string().max(200).nullable(),
  topic: z.string().max(256).nullable(),
  /** Where to; null: the download folder. */
  to: z.string().max(4_096).nullable(),
  sinceMs: z.number(),
  fetched: z.number().int(),
})
export type FollowView = z.infer<typeof followSchema>

/** A named group of peers that look for files among themselves: `seeking` goes to those who have joined it. */
export const fileChannelSchema = z.object({
  name: plainNameSchema,
  joined: z.boolean(),
  /** Peers that say they have joined, this one included. */
  members: z.number().int(),
  files: z.number().int(),
})
export type FileChannelView = z.infer<typeof fileChannelSchema>

/** What a URI (ipfs://CID, a CID, sha1://HASH) stands for, and where it can be had. */
export const foundSchema = z.object({
  uri: z.string(),
  /** Null: nobody knows. */
  cid: z.string().nullable(),
  sha1: z.string().nullable(),
  name: z.string().nullable(),
  sizeBytes: z.number().nullable(),
  local: z.boolean(),
  providers: z.array(
    z.object({
      peer: z.string(),
      name: z.string(),
      alive: z.boolean(),
      /** record: one says so; answer: the peer itself, asked just now. */
      how: z.enum(['record', 'answer']),
    }),
  ),
})
export type FoundView = z.infer<typeof foundSchema>
