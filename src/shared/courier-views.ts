import { z } from 'zod'
import { checkpointImportSchema } from './checkpoint-views.ts'
import { cidSchema } from './ids-schema.ts'

/** What the courier does, or did last: one thing at a time. */
export const courierSchema = z.object({
  kind: z.enum(['export', 'import']),
  /** The folder of the stick. */
  dir: z.string(),
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  /** In words: "writing run-17.bag". */
  step: z.string(),
  files: z.number().int(),
  /** Written or taken in. */
  doneFiles: z.number().int(),
  bytes: z.number(),
  doneBytes: z.number(),
  /** Files that were there already. */
  knownFiles: z.number().int(),
  /** Files that were left out, the first few of them with why. */
  leftOutFiles: z.number().int(),
  leftOut: z.array(z.object({ cid: cidSchema, name: z.string(), why: z.string() })).max(100),
  /** What became of the records that came; null: none did. */
  records: checkpointImportSchema.nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
})
export type CourierView = z.infer<typeof courierSchema>
