import { z } from 'zod'
import { peerIdSchema, recordIdSchema } from './ids-schema.ts'
import { signerSchema } from './trust-views.ts'
import { heardHowSchema } from './views.ts'

const timeMs = z.number().int()

export const recordStateSchema = z.enum(['proposed', 'accepted', 'dismissed', 'expired'])

export const bucketSummarySchema = z.object({
  bucket: z.string(),
  kind: z.enum(['keyed', 'set']),
  records: z.number().int(),
  bytes: z.number().int(),
  /** The same for every peer that holds the same records with the same signatures. */
  fingerprint: z.string(),
  /** Who may author, what accepts, how long a record lives: one sentence. */
  rule: z.string(),
  /** This peer may author here. */
  mayPropose: z.boolean(),
  /** Live records over the last hours, oldest first, at most 60 points. */
  growth: z.array(z.object({ atMs: timeMs, records: z.number().int() })),
})
export type BucketSummaryView = z.infer<typeof bucketSummarySchema>

export const recordSchema = z.object({
  id: recordIdSchema,
  bucket: z.string(),
  key: z.string(),
  /** JSON of the value; byte strings as `{"/":{"bytes":"…"}}`, links as `{"/":"CID"}` (DAG-JSON's forms). */
  value: z.unknown(),
  author: peerIdSchema,
  authorName: z.string().nullable(),
  seq: z.number().int(),
  validFromMs: timeMs,
  validUntilMs: timeMs,
  state: recordStateSchema,
  stateReason: z.string(),
  how: heardHowSchema,
  /** The neighbour that handed it over; null when signed here. */
  from: peerIdSchema.nullable(),
  fromName: z.string().nullable(),
  /** The channel it came on; null when signed here. */
  channel: z.string().nullable(),
  hops: z.number().int(),
  receivedAtMs: timeMs,
  sizeBytes: z.number().int(),
  /** The author first (`propose`), then who endorsed or dismissed it. */
  signers: z.array(signerSchema),
  /** What this peer's signature could do to it now. */
  mayEndorse: z.boolean(),
  mayDismiss: z.boolean(),
})
export type RecordView = z.infer<typeof recordSchema>
