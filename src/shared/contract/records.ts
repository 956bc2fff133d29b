import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { peerIdSchema, recordIdSchema } from '../ids-schema.ts'
import { bucketSummarySchema, recordSchema, recordStateSchema } from '../record-views.ts'
import { base } from './errors.ts'

const one = z.object({ id: recordIdSchema })

export const records = {
  summary: base
    .route({ method: 'GET', path: '/records/summary', summary: 'Live records, bytes, growth and rule, by bucket' })
    .output(z.array(bucketSummarySchema)),
  watch: base
    .route({ method: 'GET', path: '/records/watch', summary: 'The summary, now and whenever it changes' })
    .output(eventIterator(z.array(bucketSummarySchema))),
  list: base
    .route({ method: 'GET', path: '/records', summary: 'Live records, by bucket, in pages' })
    .input(
      z
        .object({
          bucket: z.string().max(64).optional(),
          author: peerIdSchema.optional(),
          state: recordStateSchema.optional(),
          /** In the key, the author's name or id, or the text of the value. */
          search: z.string().max(200).optional(),
          /** The `next` of the page before. */
          after: z.string().max(200).optional(),
          limit: z.coerce.number().int().min(1).max(1_000).default(200),
        })
        .default({ limit: 200 }),
    )
    .output(z.object({ records: z.array(recordSchema), next: z.string().nullable() })),
  get: base.route({ method: 'GET', path: '/records/{id}', summary: 'One record' }).input(one).output(recordSchema),
  propose: base
    .route({ method: 'POST', path: '/records', summary: 'Sign a record as this peer' })
    .input(
      z.object({
        bucket: z.string().max(64),
        key: z.string().min(1).max(256),
        /** A JSON object; DAG-JSON's forms for bytes and links. */
        value: z.record(z.string(), z.unknown()),
        /** Under a key it lives at least as long as what it outdates there. */
        validForMs: z.number().int().positive(),
      }),
    )
    .output(recordSchema),
  attest: base
    .route({ method: 'POST', path: '/records/{id}/attest', summary: 'Endorse or dismiss a record as this peer' })
    .input(one.extend({ verdict: z.enum(['endorse', 'dismiss']) }))
    .output(recordSchema),
}
