import { z } from 'zod'
import { bucketSummarySchema, recordSchema } from '../views.ts'
import { base } from './errors.ts'

export const records = {
  summary: base
    .route({ method: 'GET', path: '/records/summary', summary: 'Live records and bytes, by bucket' })
    .output(z.array(bucketSummarySchema)),
  list: base
    .route({ method: 'GET', path: '/records', summary: 'Live records, by bucket, in pages' })
    .input(
      z
        .object({
          bucket: z.string().max(64).optional(),
          /** The `next` of the page before. */
          after: z.string().max(200).optional(),
          limit: z.coerce.number().int().min(1).max(1_000).default(200),
        })
        .default({ limit: 200 }),
    )
    .output(z.object({ records: z.array(recordSchema), next: z.string().nullable() })),
}
