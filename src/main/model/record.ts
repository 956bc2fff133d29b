import type { PeerId, RecordId } from '../../shared/ids.ts'
import { SwarmError } from '../../shared/errors.ts'
import { verifyAttestation, type Attestation, type Signer } from './attestation.ts'
import { buckets, isBucketName, type BucketName } from './bucket.ts'
import { decodeCbor, encodeCbor, isCborMap, isMapValue, type CborMap } from './cbor.ts'
import { keyOfPeerId, peerIdOfKey, publicKeyBytes, verifySignature } from './peer-key.ts'
import { recordIdOf } from './record-id.ts'
import { rejected, type Rejected, type RejectReason } from './reject.ts'
import { signedMessage } from './signed-message.ts'

/** What an author says. Times are milliseconds since the epoch. */
export interface RecordBody {
  readonly v: 1
  readonly bucket: BucketName
  readonly key: string
  readonly value: CborMap
  readonly author: PeerId
  /** Rises with every record of the author in the bucket. */
  readonly seq: number
  readonly validFrom: number
  readonly validUntil: number
}

/** A record as it is kept and passed on. `bytes` are the canonical DAG-CBOR of the body, `id` is their CID. */
export interface SignedRecord {
  readonly id: RecordId
  readonly body: RecordBody
  readonly bytes: Uint8Array
  readonly signature: Uint8Array
  readonly attestations: readonly Attestation[]
}

/** With all its signatures. */
export const maxSignedBytes = 64 * 1_024
/** Leaves room for a signature and the most attestations, so that no attestation makes a record too large. */
export const maxBodyBytes = 56 * 1_024
/** A path, a name, a CID: all shorter. In UTF-16 units. */
const maxKeyLength = 256

const domain = new TextEncoder().encode('dt-swarm/record/1')
const bodyFields = ['v', 'key', 'seq', 'value', 'author', 'bucket', 'validFrom', 'validUntil'] as const

/**
 * What is signed: the domain, the 36 bytes of the swarm's id, the 36 bytes of the record's. The swarm is in it so that
 * what somebody says in one swarm counts in no other where the same key has a role too.
 * @param swarm the id of its first root record
 */
export function recordMessage(id: RecordId, swarm: RecordId): Uint8Array {
  return signedMessage(domain, [swarm, id])
}

/**
 * Encodes and signs.
 * @param swarm `founding`: the record is the first root of a new swarm, and its id the swarm's
 * @throws SwarmError INVALID_INPUT when the body is one that no peer would take
 */
export function signRecord(body: RecordBody, signer: Signer, swarm: RecordId | 'founding'): SignedRecord {
  const author = keyOfPeerId(body.author)
  if (author === undefined || body.author !== signer.peerId) {
    throw new SwarmError('INVALID_INPUT', `A record of ${body.author} cannot be signed by ${signer.peerId}.`)
  }
  const reason = !isCborMap(body.value) ? 'bad-value' : checkFields(body)
  const bytes = reason === undefined ? encodeCbor({ ...body, author }) : new Uint8Array(0)
  const problem = reason ?? checkSizes(body, bytes)
  if (problem !== undefined) {
    throw new SwarmError('INVALID_INPUT', `The record "${body.key}" in ${body.bucket} cannot be signed: ${problem}.`, {
      detail: { reason: problem, bucket: body.bucket },
    })
  }
  const id = recordIdOf(bytes)
  const message = recordMessage(id, swarm === 'founding' ? id : swarm)
  return { id, body, bytes, signature: signer.sign(message), attestations: [] }
}

/** Whether the author's signature and every attestation on the record verify, in this swarm. Costs one verification each. */
export function verifyRecord(record: SignedRecord, swarm: RecordId): boolean {
  return (
    verifySignature(record.body.author, recordMessage(record.id, swarm), record.signature) &&
    record.attestations.every((attestation) => verifyAttestation(record.id, attestation, swarm))
  )
}

/** Decodes a body strictly; says nothing about its time or signature. Never throws. */
export function decodeBody(bytes: Uint8Array): { readonly kind: 'ok'; readonly body: RecordBody } | Rejected {
  if (bytes.length > maxBodyBytes) return rejected('oversize')
  const decoded = decodeCbor(bytes)
  if (decoded.kind !== 'ok') return rejected(decoded.kind)
  const map = decoded.value
  if (!isMapValue(map)) return rejected('malformed')
  if (typeof map['v'] !== 'number') return rejected('malformed')
  if (map['v'] !== 1) return rejected('unknown-version')
  const { key, value, author, bucket, seq, validFrom, validUntil } = map
  if (Object.keys(map).length !== bodyFields.length) return rejected('malformed')
  if (!isBucketName(bucket)) return rejected(typeof bucket === 'string' ? 'unknown-bucket' : 'malformed')
  if (!(author instanceof Uint8Array) || author.length !== publicKeyBytes) return rejected('bad-author')
  if (typeof key !== 'string') return rejected('bad-key')
  if (!isMapValue(value)) return rejected('bad-value')
  if (typeof seq !== 'number') return rejected('malformed')
  if (typeof validFrom !== 'number' || typeof validUntil !== 'number') return rejected('bad-validity')
  const body: RecordBody = { v: 1, bucket, key, value, author: peerIdOfKey(author), seq, validFrom, validUntil }
  const reason = checkFields(body) ?? checkSizes(body, bytes)
  return reason === undefined ? { kind: 'ok', body } : rejected(reason)
}

function checkFields(body: RecordBody): RejectReason | undefined {
  if (body.key.length === 0 || body.key.length > maxKeyLength || !isPlain(body.key)) return 'bad-key'
  if (!isCount(body.seq)) return 'malformed'
  if (!isCount(body.validFrom) || !isCount(body.validUntil)) return 'bad-validity'
  return undefined
}

function checkSizes(body: RecordBody, bytes: Uint8Array): RejectReason | undefined {
  if (bytes.length > maxBodyBytes) return 'oversize'
  const { maxValueBytes } = buckets[body.bucket]
  // The value lies within the body: only a body larger than the value's limit needs a second look.
  if (bytes.length > maxValueBytes && encodeCbor(body.value).length > maxValueBytes) return 'oversize'
  return undefined
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

/** Keys are shown and logged: no control characters, no broken surrogates. */
function isPlain(text: string): boolean {
  return text.isWellFormed() && !/\p{Cc}/u.test(text)
}
