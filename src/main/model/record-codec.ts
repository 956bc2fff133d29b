import type { Attestation } from './attestation.ts'
import { maxAttestations, verdicts } from './attestation.ts'
import { decodeCbor, encodeCbor, type CborValue } from './cbor.ts'
import { keyOfPeerId, peerIdOfKey, publicKeyBytes, signatureBytes } from './peer-key.ts'
import { recordIdOf } from './record-id.ts'
import { decodeBody, maxSignedBytes, type SignedRecord } from './record.ts'
import { rejected, type Rejected } from './reject.ts'

export type DecodedRecord = { readonly kind: 'ok'; readonly record: SignedRecord } | Rejected

/** Most records in one batch: above a few hundred, larger batches save nothing in the store or on the wire. */
export const maxBatchRecords = 1_024
/** Largest batch: below gossipsub's and our streams' message limits, with room for a few records of full size. */
export const maxBatchBytes = 512 * 1_024

/** A signed record on the wire: `[body, signature, [[author, verdict, at, signature], …]]`, body and keys as bytes. */
export function encodeSigned(record: SignedRecord): Uint8Array {
  return encodeCbor([record.bytes, record.signature, encodeAttestations(record.attestations)])
}

/** Decodes what `encodeSigned` made, strictly; checks no signature and no clock. Never throws. */
export function decodeSigned(bytes: Uint8Array): DecodedRecord {
  if (bytes.length > maxSignedBytes) return rejected('oversize')
  const plain = splitPlain(bytes)
  if (plain !== undefined) return assembleRecord(plain.body, plain.signature, [])
  const decoded = decodeCbor(bytes)
  if (decoded.kind !== 'ok') return rejected(decoded.kind)
  if (!Array.isArray(decoded.value) || decoded.value.length !== 3) return rejected('malformed')
  const [body, signature, list] = decoded.value as readonly CborValue[]
  if (!(body instanceof Uint8Array) || !(signature instanceof Uint8Array)) return rejected('malformed')
  const attestations = readAttestations(list)
  if (attestations === undefined) return rejected('malformed')
  return assembleRecord(body, signature, attestations)
}

/**
 * The parts of a record without attestations in its one canonical form, read without the general decoder, which takes as
 * long for this as for the body; undefined for every other form, sound or not.
 */
function splitPlain(bytes: Uint8Array): { readonly body: Uint8Array; readonly signature: Uint8Array } | undefined {
  // An array of three; the body's head, of a length above 255; the signature's head, of a length of 64; an empty array.
  const bodyLength = ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0)
  const end = 4 + bodyLength
  const isPlain =
    bytes[0] === 0x83 &&
    bytes[1] === 0x59 &&
    bodyLength > 0xff &&
    bytes.length === end + 2 + signatureBytes + 1 &&
    bytes[end] === 0x58 &&
    bytes[end + 1] === signatureBytes &&
    bytes[bytes.length - 1] === 0x80
  if (!isPlain) return undefined
  // Copies: a record that is kept must not keep the batch that it came in.
  return {
    body: new Uint8Array(bytes.subarray(4, end)),
    signature: new Uint8Array(bytes.subarray(end + 2, end + 2 + signatureBytes)),
  }
}

function assembleRecord(bytes: Uint8Array, signature: Uint8Array, attestations: readonly Attestation[]): DecodedRecord {
  if (signature.length !== signatureBytes) return rejected('bad-signature')
  const decoded = decodeBody(bytes)
  if (decoded.kind !== 'ok') return decoded
  return { kind: 'ok', record: { id: recordIdOf(bytes), body: decoded.body, bytes, signature, attestations } }
}

/** The attestations alone, as the store keeps them beside a record. */
export function encodeAttestationList(attestations: readonly Attestation[]): Uint8Array {
  return encodeCbor(encodeAttestations(attestations))
}

/** Undefined when the bytes are no list of attestations. Never throws. */
export function decodeAttestationList(bytes: Uint8Array): readonly Attestation[] | undefined {
  const decoded = decodeCbor(bytes)
  return decoded.kind === 'ok' ? readAttestations(decoded.value) : undefined
}

/** A batch on the wire: an array of signed records, each as bytes. The caller keeps to the limits, by `signedSizeBytes`. */
export function encodeBatch(records: readonly SignedRecord[]): Uint8Array {
  return encodeCbor(records.map(encodeSigned))
}

/** The records' bytes in a batch, undecoded: a damaged one does not spoil the others. Never throws. */
export function decodeBatch(
  bytes: Uint8Array,
): { readonly kind: 'ok'; readonly records: readonly Uint8Array[] } | Rejected {
  if (bytes.length > maxBatchBytes) return rejected('oversize')
  const decoded = decodeCbor(bytes, { maxItems: maxBatchRecords + 1 })
  if (decoded.kind !== 'ok') return rejected(decoded.kind)
  const records: Uint8Array[] = []
  if (!Array.isArray(decoded.value)) return rejected('malformed')
  for (const item of decoded.value as readonly CborValue[]) {
    if (!(item instanceof Uint8Array)) return rejected('malformed')
    records.push(item)
  }
  return { kind: 'ok', records }
}

/** An upper bound of the encoded size, exact to a few bytes, without encoding. */
export function signedSizeBytes(record: SignedRecord): number {
  return record.bytes.length + signatureBytes + 20 + record.attestations.length * 128
}

function encodeAttestations(attestations: readonly Attestation[]): CborValue {
  return attestations.map(({ author, verdict, at, signature }) => [
    keyOfPeerId(author) ?? new Uint8Array(0),
    verdicts.indexOf(verdict),
    at,
    signature,
  ])
}

function readAttestations(value: CborValue | undefined): readonly Attestation[] | undefined {
  if (!Array.isArray(value) || value.length > maxAttestations) return undefined
  const attestations: Attestation[] = []
  for (const item of value as readonly CborValue[]) {
    if (!Array.isArray(item) || item.length !== 4) return undefined
    const [author, verdictCode, at, signature] = item as readonly CborValue[]
    const verdict = typeof verdictCode === 'number' ? verdicts[verdictCode] : undefined
    if (!(author instanceof Uint8Array) || author.length !== publicKeyBytes || verdict === undefined) return undefined
    if (typeof at !== 'number' || !Number.isSafeInteger(at) || at < 0) return undefined
    if (!(signature instanceof Uint8Array) || signature.length !== signatureBytes) return undefined
    attestations.push({ author: peerIdOfKey(author), verdict, at, signature })
  }
  return attestations
}
