import { z } from 'zod'
import { cidSchema, peerIdSchema } from '../ids-schema.ts'
import { shareSchema, transferSchema } from '../views.ts'
import { base } from './errors.ts'
import { liveList } from './live.ts'

const transferId = z.object({ id: z.string().max(64) })

/**
 * Shared files and their transfers. Bytes do not travel here: a browser or script uploads with
 * `PUT /api/files/upload?name=…` and downloads with `GET /api/files/{cid}/content` (Range is understood);
 * the desktop window hands dropped files to its main process through the preload script.
 */
export const files = {
  list: base
    .route({ method: 'GET', path: '/files', summary: "The swarm's shared files" })
    .input(z.object({ origin: peerIdSchema.optional(), search: z.string().max(200).optional() }).default({}))
    .output(z.array(shareSchema)),
  watch: base
    .route({ method: 'GET', path: '/files/watch', summary: 'The shared files, live' })
    .output(liveList(shareSchema)),
  transfers: base
    .route({ method: 'GET', path: '/transfers', summary: 'Shares and fetches under way or lately ended' })
    .output(z.array(transferSchema)),
  watchTransfers: base
    .route({ method: 'GET', path: '/transfers/watch', summary: 'The transfers, live' })
    .output(liveList(transferSchema)),
  fetch: base
    .route({ method: 'POST', path: '/files/{cid}/fetch', summary: 'Fetch a file from whoever has it' })
    .input(
      z.object({
        cid: cidSchema,
        /** `downloads`: the peer's download folder. `ask`: a native dialog (where `can.choosePlace`). `store`: keep a copy, write no file. */
        to: z.enum(['downloads', 'ask', 'store']).default('downloads'),
      }),
    )
    /** Null when the person cancelled the dialog. */
    .output(transferSchema.nullable()),
  transfer: base
    .route({ method: 'GET', path: '/transfers/{id}', summary: 'One transfer' })
    .input(transferId)
    .output(transferSchema),
  cancel: base
    .route({ method: 'POST', path: '/transfers/{id}/cancel', summary: 'Stop a transfer; what came stays in the store' })
    .input(transferId)
    .output(transferSchema),
  clearTransfers: base.route({ method: 'POST', path: '/transfers/clear', summary: 'Forget transfers that have ended' }),
  openFolder: base
    .route({
      method: 'POST',
      path: '/transfers/{id}/open-folder',
      summary: 'Show the file in the file manager (where `can.openFolder`)',
    })
    .input(transferId),
}
