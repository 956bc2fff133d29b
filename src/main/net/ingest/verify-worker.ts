import { parentPort } from 'node:worker_threads'
import { verifySignature } from '../../model/peer-key.ts'
import { unpackChecks } from './verify-batch.ts'

/** A thread of the verification pool: buffers of signatures in, one byte a signature out. */
parentPort?.on('message', ({ id, packed }: { readonly id: number; readonly packed: Uint8Array<ArrayBuffer> }) => {
  const good = Uint8Array.from(unpackChecks(packed), (check) =>
    verifySignature(check.peer, check.message, check.signature) ? 1 : 0,
  )
  parentPort?.postMessage({ id, good }, [good.buffer])
})
