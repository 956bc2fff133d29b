import { z } from 'zod'

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
export const bandwidthSchema = z.object({ downBytesPerS: bytesPerS, upBytesPerS: bytesPerS })
export type Bandwidth = z.infer<typeof bandwidthSchema>

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
})
export type FileSettings = z.infer<typeof fileSettingsSchema>

export const defaultFileSettings: FileSettings = {
  store: { kind: 'embedded' },
  ignore: [],
  maxFileBytes: null,
  whenDeleted: 'unshare',
  bandwidth: { downBytesPerS: null, upBytesPerS: null },
  hours: [],
  quotaBytes: null,
}

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
  name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/),
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
