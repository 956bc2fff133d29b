import { isAbsolute } from 'node:path'
import { z } from 'zod'
import { copyRiskSchema } from '../../../shared/file-views.ts'
import { isCid, type Cid } from '../../../shared/ids.ts'
import { peerIdSchema } from '../../../shared/ids-schema.ts'
import { logFormatSchema } from '../../../shared/log-views.ts'
import { transferSchema } from '../../../shared/views.ts'
import { maxFetches } from './fetch-queue.ts'

const text = z.string().max(1_024).optional()
const cidSchema = z.custom<Cid>((value) => typeof value === 'string' && isCid(value))
const countSchema = z.number().int().nonnegative().default(0)

/** What was asked for, and how far it has come: what is remembered of it, however many files it is of. */
export const fetchOrderSchema = z.object({
  id: z.uuid(),
  name: z.string().max(200),
  query: z.object({
    origin: peerIdSchema.optional(),
    search: text,
    topic: text,
    format: logFormatSchema.optional(),
    channel: text,
    folder: text,
    risk: copyRiskSchema.exclude(['none']).optional(),
    fromMs: z.number().optional(),
    toMs: z.number().optional(),
  }),
  to: z.union([
    z.enum(['downloads', 'store']),
    z.object({
      folder: z
        .string()
        .min(1)
        .max(4_096)
        .refine((folder) => isAbsolute(folder)),
    }),
  ]),
  /** All up to this CID were begun, but those `aside`; null: none. */
  after: cidSchema.nullable(),
  /** Up to `after`, and on their way for somebody else, of whom it is fetched or after whom: no more than are on their way. */
  aside: z.array(cidSchema).max(maxFetches).default([]),
  files: z.number().int().nonnegative(),
  sizeBytes: z.number().nonnegative(),
  /** Are here. */
  done: countSchema,
  doneBytes: z.number().nonnegative().default(0),
  /** Were called off by a person, or do not match any more. */
  off: countSchema,
  failed: countSchema,
  priority: transferSchema.shape.priority,
  paused: z.boolean(),
})
export type FetchOrderState = Readonly<z.infer<typeof fetchOrderSchema>>

/** A new one, of which nothing has begun. */
export function newFetchOrder(
  about: Pick<FetchOrderState, 'id' | 'name' | 'query' | 'to' | 'files' | 'sizeBytes'>,
): FetchOrderState {
  const counts = { done: 0, doneBytes: 0, off: 0, failed: 0 }
  return { ...about, ...counts, after: null, aside: [], priority: 'normal', paused: false }
}

/**
 * The counts, once it was looked up what is left of it: they are of all its files. What is neither left nor counted went
 * unnoticed, and does not pass for fetched. What is left though it was done is written anew.
 */
export function reconciled(
  state: FetchOrderState,
  left: { readonly files: number; readonly bytes: number },
): FetchOrderState {
  const rest = state.files - state.off - state.failed - left.files
  const done = Math.max(0, Math.min(state.done, rest))
  const sizeBytes = Math.max(state.sizeBytes, left.bytes)
  return {
    ...state,
    done,
    doneBytes: Math.min(state.doneBytes, sizeBytes - left.bytes),
    off: state.off + Math.max(0, rest - done),
    files: state.files + Math.max(0, -rest),
    sizeBytes,
  }
}
