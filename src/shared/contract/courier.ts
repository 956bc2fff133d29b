import { z } from 'zod'
import { courierSchema } from '../courier-views.ts'
import { cidSchema } from '../ids-schema.ts'
import { base } from './errors.ts'
import { fileQuerySchema } from './files.ts'

/** A folder of the peer's own machine; null: a native dialog (where `can.choosePlace`). */
const dir = z.string().min(1).max(4_096).nullable()

/** Files and records on a stick, between networks that never meet. */
export const courier = {
  status: base
    .route({ method: 'GET', path: '/courier', summary: 'What the courier does, or did last' })
    /** Null: nothing since the peer started. */
    .output(courierSchema.nullable()),
  export: base
    .route({ method: 'POST', path: '/courier/export', summary: 'Begin to copy files and records to a folder' })
    .input(
      z.object({
        dir,
        /** All that match and are here; null: no files, only records. */
        query: fileQuerySchema.nullable().default({}),
        /** These and no others, as far as they match. */
        cids: z.array(cidSchema).max(10_000).optional(),
        records: z.boolean().default(true),
      }),
    )
    /** Null when the person cancelled the dialog. */
    .output(courierSchema.nullable()),
  import: base
    .route({ method: 'POST', path: '/courier/import', summary: 'Begin to take in what a courier brought' })
    .input(z.object({ dir }))
    .output(courierSchema.nullable()),
  cancel: base.route({ method: 'POST', path: '/courier/cancel', summary: 'Stop it; what was copied stays' }),
}
