import { hash } from 'node:crypto'
import { encodeAttestationList } from './record-codec.ts'
import { recordDigest } from './record-id.ts'
import type { SignedRecord } from './record.ts'

/**
 * What a checkpoint keeps of a record apart from its body: where it stands among the others, and what is compared.
 * `digest`: 32 bytes of the id. `item`: the same without attestations, else a hash that changes with them, so that two
 * peers that hold one record with other signatures do not agree.
 */
export interface CheckpointItem {
  readonly digest: Uint8Array
  readonly item: Uint8Array
  readonly validFrom: number
  /** As `wireSize` counts it. */
  readonly sizeBytes: number
}

/** An empty list in CBOR. */
const noAttestations = Uint8Array.of(0x80)

/**
 * Bytes that a record takes in a chunk at most, from the lengths alone: the array, the body's and the signature's heads,
 * and the head of the whole. All peers must count alike, for where chunks are cut depends on it.
 */
export function wireSize(bodyBytes: number, attestationBytes: number): number {
  return bodyBytes + attestationBytes + 80
}

export function itemHash(digest: Uint8Array, attestations: Uint8Array | null): Uint8Array {
  return attestations === null ? digest : hash('sha256', Buffer.concat([digest, attestations]), 'buffer')
}

/** The bytes of `encodeSigned`, put together from what the store keeps, without decoding it. */
export function joinSigned(body: Uint8Array, signature: Uint8Array, attestations: Uint8Array | null): Buffer {
  return Buffer.concat([
    Uint8Array.of(0x83),
    byteHead(body.length),
    body,
    byteHead(signature.length),
    signature,
    attestations ?? noAttestations,
  ])
}

/** The bytes of `encodeBatch`, of records that are encoded already. */
export function joinBatch(records: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [cborHead(4, records.length)]
  for (const record of records) parts.push(byteHead(record.length), record)
  const joined = Buffer.concat(parts)
  // Of its own: a pooled buffer could not be handed to another thread.
  return new Uint8Array(joined)
}

export function itemOf({ id, body, bytes, attestations }: SignedRecord): CheckpointItem {
  const digest = recordDigest(id) ?? new Uint8Array(0)
  const list = attestations.length === 0 ? null : encodeAttestationList(attestations)
  return {
    digest,
    item: itemHash(digest, list),
    validFrom: body.validFrom,
    sizeBytes: wireSize(bytes.length, list?.length ?? noAttestations.length),
  }
}

function byteHead(length: number): Uint8Array {
  return cborHead(2, length)
}

/** RFC 8949: the major type and the argument in its shortest form, up to 32 bits. */
function cborHead(major: number, argument: number): Uint8Array {
  const type = major << 5
  if (argument < 24) return Uint8Array.of(type | argument)
  if (argument < 0x100) return Uint8Array.of(type | 24, argument)
  if (argument < 0x1_0000) return Uint8Array.of(type | 25, argument >> 8, argument & 0xff)
  return Uint8Array.of(type | 26, argument >>> 24, (argument >> 16) & 0xff, (argument >> 8) & 0xff, argument & 0xff)
}
