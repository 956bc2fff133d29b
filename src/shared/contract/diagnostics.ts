import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { peerIdSchema } from '../ids-schema.ts'
import { healthSchema, historySchema, metricNameSchema } from '../views.ts'
import { base } from './errors.ts'

export const diagnostics = {
  history: base
    .route({
      method: 'GET',
      path: '/diagnostics/{peer}/history',
      summary: "A machine's past, at the resolution a chart needs",
    })
    .input(
      z.object({
        peer: peerIdSchema,
        metrics: z.array(metricNameSchema).min(1).max(16).optional(),
        fromMs: z.coerce.number().int(),
        toMs: z.coerce.number().int(),
        /** At most so many points a series; each is the min, mean and max of its stretch. */
        maxPoints: z.coerce.number().int().min(2).max(2_000).default(300),
      }),
    )
    .output(historySchema),
  watch: base
    .route({
      method: 'GET',
      path: '/diagnostics/{peer}/watch',
      summary: "A machine's health, each time it is heard (its own samples for this peer)",
    })
    .input(z.object({ peer: peerIdSchema }))
    .output(eventIterator(healthSchema)),
}
