import { z } from 'zod'
import { checkpointCheckSchema, checkpointImportSchema, checkpointSchema } from '../checkpoint-views.ts'
import { cidSchema } from '../ids-schema.ts'
import { base } from './errors.ts'
import { liveList } from './live.ts'

const one = z.object({ root: cidSchema })

/**
 * Checkpoints travel as CAR files: `GET /api/checkpoints/{root}/car` streams one out, `PUT /api/checkpoints/car` one in
 * (what `dt-swarm checkpoint export|import` use).
 */
export const checkpoints = {
  list: base
    .route({ method: 'GET', path: '/checkpoints', summary: 'The checkpoints that are known, the newest first' })
    .output(z.array(checkpointSchema)),
  watch: base
    .route({ method: 'GET', path: '/checkpoints/watch', summary: 'The checkpoints, live; the id is the root' })
    .output(liveList(checkpointSchema)),
  get: base
    .route({ method: 'GET', path: '/checkpoints/{root}', summary: 'One checkpoint' })
    .input(one)
    .output(checkpointSchema),
  create: base
    .route({ method: 'POST', path: '/checkpoints', summary: 'Make and announce a checkpoint now' })
    .output(checkpointSchema),
  verify: base
    .route({
      method: 'POST',
      path: '/checkpoints/{root}/verify',
      summary: 'Fetch it and check every block and signature',
    })
    .input(one)
    .output(checkpointCheckSchema),
  /** Null when the person cancelled the dialog. */
  save: base
    .route({
      method: 'POST',
      path: '/checkpoints/{root}/save',
      summary: 'Write it as a CAR file to the download folder, or where a dialog says',
    })
    .input(one.extend({ to: z.enum(['downloads', 'ask']).default('downloads') }))
    .output(z.object({ path: z.string(), bytes: z.number().int() }).nullable()),
  import: base
    .route({
      method: 'POST',
      path: '/checkpoints/import',
      summary: 'Take over the records of a CAR file (up to 256 MiB)',
    })
    .input(z.object({ file: z.file().max(256 * 1_024 * 1_024) }))
    .output(checkpointImportSchema),
}
