import { z } from 'zod'
import { archiveSchema, copyRiskSchema } from '../file-views.ts'
import { cidSchema } from '../ids-schema.ts'
import { transferSchema } from '../views.ts'
import { base } from './errors.ts'

/** What is kept here for the swarm; it is set by `settings.update`, setting `files`: `archive` and `copies`. */
export const archive = {
  status: base
    .route({ method: 'GET', path: '/archive', summary: 'What this peer keeps for the swarm, and how far it is' })
    .output(archiveSchema),
  rescue: base
    .route({
      method: 'POST',
      path: '/archive/rescue',
      summary: 'Fetch files that may be lost before all others, and keep them here for good',
    })
    .input(
      z.object({
        /** Default: all that are at this risk or a higher one. */
        cids: z.array(cidSchema).min(1).max(10_000).optional(),
        risk: copyRiskSchema.exclude(['none']).default('high'),
      }),
    )
    .output(
      z.object({
        transfers: z.array(transferSchema),
        /** Of those that were meant, how many are here already, and are kept from now on. */
        here: z.number().int(),
        /** Those that were left out, as no more can wait to be fetched: to be rescued once some of the others are here. */
        more: z.number().int(),
      }),
    ),
}
