import { z } from 'zod'

const timeMs = z.number()

/** Kinds of files that dt-swarm can look into. */
export const logFormatSchema = z.enum(['rosbag', 'mcap', 'text', 'csv', 'image', 'archive', 'other'])
export type LogFormat = z.infer<typeof logFormatSchema>

const logTopicSchema = z.object({
  name: z.string().max(256),
  /** The message type as the log names it: "sensor_msgs/CompressedImage"; empty when it does not say. */
  type: z.string().max(256),
  /** Null when only reading the whole log would tell. */
  count: z.number().int().nonnegative().nullable(),
})

/** What a file is, found out where it was shared and carried by its record. */
export const logInfoSchema = z.object({
  format: logFormatSchema,
  /** Time of the first and the last message, line or picture, ms since the epoch, as the log itself says. */
  startMs: timeMs.nullable(),
  endMs: timeMs.nullable(),
  messages: z.number().int().nonnegative().nullable(),
  /** By name; at most 128. */
  topics: z.array(logTopicSchema).max(128),
  /** Topics beyond those. */
  moreTopics: z.number().int().nonnegative(),
  /** False: it was cut off or has no index, and what is said here is what could be read. */
  whole: z.boolean(),
  /** Why it could not be read, or not all of it, as a sentence; null: nothing is wrong. */
  problem: z.string().max(300).nullable(),
  /** Facts of the format for people, such as ["Compression", "lz4"], ["Pixels", "640 x 480"], ["Columns", "t, x, y"]. */
  facts: z.array(z.tuple([z.string().max(40), z.string().max(200)])).max(12),
})
export type LogInfo = z.infer<typeof logInfoSchema>

const numbersSchema = z.object({
  topic: z.string(),
  /** Path of the field in the message: "pose.position.x"; a column's name in a CSV. */
  field: z.string(),
  points: z.array(z.tuple([timeMs, z.number()])).max(500),
})

const about = {
  /** What had to be read for this preview, and of how much. */
  readBytes: z.number(),
  sizeBytes: z.number(),
  /** Anew, from the file itself. */
  info: logInfoSchema,
}

/** A look into a file, made from as little of it as the format allows. */
export const logPreviewSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('messages'),
    ...about,
    /** Messages a topic in each of at most 120 steps of equal width; null where no index tells. */
    timeline: z
      .object({
        fromMs: timeMs,
        stepMs: z.number(),
        topics: z.array(z.object({ name: z.string(), counts: z.array(z.number()) })),
      })
      .nullable(),
    /** The first numbers of at most 8 fields. */
    numbers: z.array(numbersSchema),
    /** Pictures that can be had by `GET /api/files/{cid}/frame?topic=…&at=…`, at most 8. */
    frames: z.array(z.object({ topic: z.string(), atMs: timeMs })),
  }),
  z.object({
    kind: z.literal('text'),
    ...about,
    head: z.string(),
    /** Null when the head is all of it. */
    tail: z.string().nullable(),
  }),
  z.object({
    kind: z.literal('table'),
    ...about,
    columns: z.array(z.string()),
    rows: z.array(z.array(z.string())),
    numbers: z.array(numbersSchema),
  }),
  /** The picture itself is the content of the file. */
  z.object({ kind: z.literal('image'), ...about, widthPx: z.number(), heightPx: z.number() }),
  z.object({
    kind: z.literal('archive'),
    ...about,
    entries: z.array(z.object({ name: z.string(), sizeBytes: z.number(), folder: z.boolean() })),
    /** Entries beyond those shown; null: not counted. */
    more: z.number().nullable(),
  }),
  z.object({ kind: z.literal('none'), ...about, why: z.string() }),
])
export type LogPreview = z.infer<typeof logPreviewSchema>
