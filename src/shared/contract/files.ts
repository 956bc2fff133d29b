import { z } from 'zod'
import { cidSchema, peerIdSchema } from '../ids-schema.ts'
import { copyRiskSchema, fileChannelSchema, followSchema, foundSchema, storageSchema } from '../file-views.ts'
import { logFormatSchema, logPreviewSchema } from '../log-views.ts'
import { oneShareSchema, shareSchema, transferSchema } from '../views.ts'
import { base } from './errors.ts'
import { liveList } from './live.ts'

/** All that are given must fit. Times: whose recording overlaps them, or whose last change lies within. */
export const fileQuerySchema = z.object({
  origin: peerIdSchema.optional(),
  search: z.string().max(200).optional(),
  topic: z.string().max(256).optional(),
  format: logFormatSchema.optional(),
  channel: z.string().max(63).optional(),
  /** All below a folder that was shared: `run-17`, or `run-17/cameras`. */
  folder: z.string().min(1).max(1_024).optional(),
  /** At this risk of being lost, or a higher one. */
  risk: copyRiskSchema.exclude(['none']).optional(),
  fromMs: z.coerce.number().optional(),
  toMs: z.coerce.number().optional(),
})

/** With a name of 1,024 signs, each of nine as a URI writes them. */
const uri = z.object({ uri: z.string().min(1).max(9_400) })
const channelName = z.object({ name: fileChannelSchema.shape.name })
const transferId = z.object({ id: z.string().max(64) })

/**
 * Shared files and their transfers. Bytes do not travel here: a browser or script uploads with
 * `PUT /api/files/upload?name=…` and downloads with `GET /api/files/{cid}/content` (Range is understood);
 * the desktop window hands dropped files to its main process through the preload script.
 */
export const files = {
  list: base
    .route({ method: 'GET', path: '/files', summary: "The swarm's shared files" })
    .input(fileQuerySchema.default({}))
    .output(z.array(shareSchema)),
  watch: base
    .route({ method: 'GET', path: '/files/watch', summary: 'The shared files, live' })
    .output(liveList(shareSchema)),
  get: base
    .route({ method: 'GET', path: '/files/{cid}', summary: 'One shared file, and the records that tell of it' })
    .input(z.object({ cid: cidSchema }))
    .output(oneShareSchema),
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
        priority: transferSchema.shape.priority.default('normal'),
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
  fetchAll: base
    .route({
      method: 'POST',
      path: '/files/fetch',
      summary:
        'Fetch all files that match, those that are here left out; with `folder` all of that folder, so that it is whole where it goes. Of more than can wait one transfer comes back, which stands for all and whose id is that of its group',
    })
    .input(
      fileQuerySchema.extend({
        /** These and no others, as far as they match. */
        cids: z.array(cidSchema).max(10_000).optional(),
        /** A folder of the peer's own machine: the files lie there in the folders of their names, as in the download folder. */
        to: z
          .union([z.enum(['downloads', 'store']), z.object({ folder: z.string().min(1).max(4_096) })])
          .default('downloads'),
      }),
    )
    .output(z.array(transferSchema)),
  preview: base
    .route({
      method: 'GET',
      path: '/files/{cid}/preview',
      summary: 'A look into a file, from as little of it as it takes',
    })
    .input(z.object({ cid: cidSchema }))
    .output(logPreviewSchema),
  sharePaths: base
    .route({ method: 'POST', path: '/files/share', summary: "Share files and folders of the peer's own machine" })
    .input(
      z.object({
        paths: z.array(z.string().min(1).max(4_096)).min(1).max(10_000),
        /** copy: into the share folder. link: where they lie, without a second copy. */
        how: z.enum(['copy', 'link']).default('copy'),
        channel: fileChannelSchema.shape.name.nullable().default(null),
      }),
    )
    .output(z.array(transferSchema)),
  unshare: base
    .route({ method: 'POST', path: '/files/{cid}/unshare', summary: 'Stop sharing a file; the file itself stays' })
    .input(z.object({ cid: cidSchema })),
  keep: base
    .route({ method: 'POST', path: '/files/{cid}/keep', summary: 'Keep a copy here for good, or no longer' })
    .input(z.object({ cid: cidSchema, kept: z.boolean() })),
  pause: base
    .route({ method: 'POST', path: '/transfers/{id}/pause', summary: 'Hold a transfer' })
    .input(transferId)
    .output(transferSchema),
  resume: base
    .route({
      method: 'POST',
      path: '/transfers/{id}/resume',
      summary: 'Go on with a held transfer, or try a failed one again',
    })
    .input(transferId)
    .output(transferSchema),
  setPriority: base
    .route({ method: 'POST', path: '/transfers/{id}/priority', summary: 'Which of those that wait comes first' })
    .input(transferId.extend({ priority: transferSchema.shape.priority }))
    .output(transferSchema),
  storage: base
    .route({
      method: 'GET',
      path: '/files/storage',
      summary: 'How the bytes are kept here, and how much room they take',
    })
    .output(storageSchema),
  follows: base
    .route({ method: 'GET', path: '/files/follows', summary: 'What is fetched by itself' })
    .output(z.array(followSchema)),
  follow: base
    .route({ method: 'POST', path: '/files/follows', summary: 'Fetch all that matches, now and from now on' })
    .input(followSchema.pick({ origin: true, search: true, topic: true, to: true }).partial())
    .output(followSchema),
  unfollow: base
    .route({ method: 'DELETE', path: '/files/follows/{id}', summary: 'Fetch it by itself no longer' })
    .input(z.object({ id: z.string().max(64) })),
  find: base
    .route({
      method: 'GET',
      path: '/files/find',
      summary: 'What a CID, ipfs:// or sha1:// URI stands for, and who has it',
    })
    .input(uri.extend({ channel: fileChannelSchema.shape.name.optional() }))
    .output(foundSchema),
  channels: base
    .route({ method: 'GET', path: '/files/channels', summary: 'File channels: joined, and heard of' })
    .output(z.array(fileChannelSchema)),
  joinChannel: base
    .route({
      method: 'POST',
      path: '/files/channels/{name}/join',
      summary: 'Look for files on a channel, and give there',
    })
    .input(channelName)
    .output(fileChannelSchema),
  leaveChannel: base
    .route({ method: 'POST', path: '/files/channels/{name}/leave', summary: 'Leave a file channel' })
    .input(channelName)
    .output(fileChannelSchema),
}
