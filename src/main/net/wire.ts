import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { maxMessageBytes } from './gossip-init.ts'

const plain = 0
const deflated = 1

/** Smaller payloads are signatures and keys for the most part: compressing them saves nothing. */
const worthwhileBytes = 1_024
/** What must be saved for the reader's work to pay. */
const worthwhileRatio = 0.9

/** Batches are inflated to this at most: a bomb ends here. */
export const maxBatchBytes = 256 * 1024

/** A batch as it travels: a kind byte, then the bytes, compressed when that saves a tenth. */
export function wrapBatch(batch: Uint8Array): Uint8Array {
  if (batch.length >= worthwhileBytes) {
    const small = deflateRawSync(batch, { level: 1 })
    if (small.length < batch.length * worthwhileRatio) return withKind(deflated, small)
  }
  return withKind(plain, batch)
}

export type Unwrapped =
  | { readonly kind: 'ok'; readonly batch: Uint8Array }
  | { readonly kind: 'rejected'; readonly reason: 'oversize' | 'malformed' }

/** The batch of a message from a stranger; never throws, never makes more than `maxBatchBytes`. */
export function unwrapBatch(message: Uint8Array): Unwrapped {
  if (message.length > maxMessageBytes) return { kind: 'rejected', reason: 'oversize' }
  const body = message.subarray(1)
  if (message[0] === plain) return { kind: 'ok', batch: body }
  if (message[0] !== deflated) return { kind: 'rejected', reason: 'malformed' }
  try {
    return { kind: 'ok', batch: inflateRawSync(body, { maxOutputLength: maxBatchBytes }) }
  } catch (error) {
    const oversize = error instanceof RangeError
    return { kind: 'rejected', reason: oversize ? 'oversize' : 'malformed' }
  }
}

function withKind(kind: number, bytes: Uint8Array): Uint8Array {
  const message = new Uint8Array(1 + bytes.length)
  message[0] = kind
  message.set(bytes, 1)
  return message
}
