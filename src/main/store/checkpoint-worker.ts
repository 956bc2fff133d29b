import { CID } from 'multiformats/cid'
import { parentPort, workerData } from 'node:worker_threads'
import type { BucketName } from '../model/bucket.ts'
import { buildParts, type BuiltPart, type CheckpointOrder } from './checkpoint-build.ts'

/** A chunk as it crosses threads: CIDs are objects with methods, their bytes are not. */
export type SentChunk = Omit<BuiltPart['chunks'][number], 'cid'> & { readonly cid: Uint8Array }

export type CheckpointWork = Omit<CheckpointOrder, 'known'> & { readonly known: readonly SentChunk[] }

export type CheckpointMessage =
  | { readonly kind: 'block'; readonly cid: Uint8Array; readonly bytes: Uint8Array }
  | {
      readonly kind: 'done'
      readonly parts: readonly (Omit<BuiltPart, 'chunks'> & {
        readonly bucket: BucketName
        readonly chunks: readonly SentChunk[]
      })[]
    }
  | { readonly kind: 'failed'; readonly message: string }

/** Blocks handed over and not yet stored: 4 MiB, however slow the card is. */
const maxUnderWay = 8

const send = (message: CheckpointMessage, transfer: ArrayBuffer[] = []): void =>
  parentPort?.postMessage(message, transfer)

/** The thread that makes a checkpoint: reads the peer's database beside it, hands over blocks, and ends. */
async function work({ known, ...order }: CheckpointWork): Promise<void> {
  let underWay = 0
  let stored = Promise.withResolvers<void>()
  parentPort?.on('message', () => {
    underWay -= 1
    stored.resolve()
  })
  const parts = await buildParts(
    { ...order, known: new Map(known.map((chunk) => [chunk.leaf, { ...chunk, cid: CID.decode(chunk.cid) }])) },
    async ({ cid, bytes }) => {
      while (underWay >= maxUnderWay) {
        stored = Promise.withResolvers()
        await stored.promise
      }
      underWay += 1
      const own = bytes.buffer instanceof ArrayBuffer ? [bytes.buffer] : []
      send({ kind: 'block', cid: cid.bytes, bytes }, own)
    },
  )
  send({
    kind: 'done',
    parts: [...parts].map(([bucket, { chunks, ...part }]) => ({
      ...part,
      bucket,
      chunks: chunks.map((chunk) => ({ ...chunk, cid: chunk.cid.bytes })),
    })),
  })
  parentPort?.close()
}

work(workerData as CheckpointWork).catch((error: unknown) => {
  send({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
  parentPort?.close()
})
