import { z } from 'zod'
import { cidSchema, peerIdSchema, recordIdSchema } from './ids-schema.ts'

const timeMs = z.number().int()

export const checkpointSchema = z.object({
  /** CID of the root block. */
  root: cidSchema,
  /** The time up to which it speaks. */
  atMs: timeMs,
  records: z.number().int(),
  bytes: z.number().int(),
  chunks: z.number().int(),
  /** Chunks that the checkpoint before it has too. */
  sharedChunks: z.number().int(),
  buckets: z.array(
    z.object({ bucket: z.string(), records: z.number().int(), fingerprint: z.string(), chunks: z.number().int() }),
  ),
  /** Who announced or endorsed this very root, or one with the same fingerprints. */
  signers: z.array(
    z.object({
      peer: peerIdSchema,
      name: z.string().nullable(),
      trusted: z.boolean(),
      atMs: timeMs,
      how: z.enum(['announced', 'endorsed', 'same']),
      recordId: recordIdSchema.nullable(),
    }),
  ),
  /** All of its blocks are here. */
  local: z.boolean(),
  own: z.boolean(),
  /** Whether this peer would start from it, and why (not). */
  believable: z.boolean(),
  reason: z.string(),
  /** What this peer holds now that it lacks, and the other way round; null when not known. */
  difference: z.object({ missingHere: z.number().int(), newHere: z.number().int() }).nullable(),
})
export type CheckpointView = z.infer<typeof checkpointSchema>

export const checkpointCheckSchema = z.object({
  root: cidSchema,
  good: z.boolean(),
  records: z.number().int(),
  signatures: z.number().int(),
  /** What is wrong, one line each; empty when good. */
  problems: z.array(z.string()),
  tookMs: z.number(),
})
export type CheckpointCheckView = z.infer<typeof checkpointCheckSchema>

export const checkpointImportSchema = z.object({
  root: cidSchema,
  added: z.number().int(),
  /** They, or newer ones that took their place, were here. */
  known: z.number().int(),
  /** By reason. */
  refused: z.record(z.string(), z.number().int()),
})
export type CheckpointImportView = z.infer<typeof checkpointImportSchema>

/** How far this peer is with taking over the swarm's state after it joined or started. */
export const catchUpSchema = z.object({
  phase: z.enum(['idle', 'looking', 'checkpoint', 'reconciling', 'done']),
  /** Of the checkpoint: fetched, verified and stored. */
  doneRecords: z.number().int(),
  totalRecords: z.number().int(),
  doneChunks: z.number().int(),
  totalChunks: z.number().int(),
  recordsPerS: z.number(),
  root: cidSchema.nullable(),
  sources: z.array(z.string()),
  startedAtMs: timeMs.nullable(),
  reason: z.string(),
})
export type CatchUpView = z.infer<typeof catchUpSchema>

/** Of a peer that takes nothing over. */
export const idleCatchUp = {
  phase: 'idle',
  doneRecords: 0,
  totalRecords: 0,
  doneChunks: 0,
  totalChunks: 0,
  recordsPerS: 0,
  root: null,
  sources: [],
  startedAtMs: null,
  reason: 'no peer is linked yet',
} satisfies CatchUpView
