import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { maxMessageBytes } from './gossip-init.ts'

/** The low four bits of the kind byte. */
const plain = 0
const deflated = 1
/** Not a batch: a frame of a message of another kind. */
export const frameKind = 2
const formMask = 0x0f
/** The high four: the channels that the batch has passed before this one. */
const hopsShift = 4
const mostHops = 15

/** Smaller payloads are signatures and keys for the most part: compressing them saves nothing. */
const worthwhileBytes = 1_024
/** What must be saved for the reader's work to pay. */
const worthwhileRatio = 0.9

/** Batches are inflated to this at most: a bomb ends here. */
export const maxBatchBytes = 256 * 1024

/** A batch as it travels: a kind byte, then the bytes, compressed when that saves a tenth. */
export function wrapBatch(batch: Uint8Array, hops = 0): Uint8Array {
  const small = deflateIfWorth(batch)
  const form = small === null ? plain : deflated
  return withKind(form | (Math.min(hops, mostHops) << hopsShift), small ?? batch)
}

/** A frame (`LineCodec`) as it travels in gossip. */
export function wrapFrame(frame: Uint8Array): Uint8Array {
  return withKind(frameKind, frame)
}

export type Unwrapped =
  | { readonly kind: 'ok'; readonly batch: Uint8Array; readonly hops: number }
  | { readonly kind: 'rejected'; readonly reason: 'oversize' | 'malformed' }

/** The batch of a message from a stranger; never throws, never makes more than `maxBatchBytes`. */
export function unwrapBatch(message: Uint8Array): Unwrapped {
  if (message.length > maxMessageBytes) return { kind: 'rejected', reason: 'oversize' }
  const body = message.subarray(1)
  const kind = message[0] ?? formMask
  const hops = kind >> hopsShift
  if ((kind & formMask) === plain) return { kind: 'ok', batch: body, hops }
  if ((kind & formMask) !== deflated) return { kind: 'rejected', reason: 'malformed' }
  const inflated = inflateAtMost(body, maxBatchBytes)
  return inflated.kind === 'rejected' ? inflated : { kind: 'ok', batch: inflated.bytes, hops }
}

/** Raw deflate, or null where it saves less than a tenth. */
export function deflateIfWorth(bytes: Uint8Array, minBytes = worthwhileBytes): Uint8Array | null {
  if (bytes.length < minBytes) return null
  const small = deflateRawSync(bytes, { level: 1 })
  return small.length < bytes.length * worthwhileRatio ? small : null
}

export type Inflated =
  | { readonly kind: 'ok'; readonly bytes: Uint8Array }
  | { readonly kind: 'rejected'; readonly reason: 'oversize' | 'malformed' }

/** Never throws, never makes more than `maxBytes`. */
export function inflateAtMost(bytes: Uint8Array, maxBytes: number): Inflated {
  try {
    return { kind: 'ok', bytes: inflateRawSync(bytes, { maxOutputLength: maxBytes }) }
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
