import { z } from 'zod'
import { peerIdSchema } from './ids-schema.ts'

/** The lab of simulated robots that this peer runs. */
export const labSchema = z.object({
  running: z.boolean(),
  robots: z.array(
    z.object({
      name: z.string(),
      peer: peerIdSchema.nullable(),
      state: z.enum(['starting', 'running', 'stopped', 'failed']),
      error: z.string().nullable(),
    }),
  ),
})
export type LabView = z.infer<typeof labSchema>
