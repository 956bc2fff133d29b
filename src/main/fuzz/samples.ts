import type { PeerId, RecordId } from '../../shared/ids.ts'
import { signAttestation } from '../model/attestation.ts'
import type { BucketName } from '../model/bucket.ts'
import type { CborMap } from '../model/cbor.ts'
import { encodeBatch, encodeSigned } from '../model/record-codec.ts'
import { recordIdOf } from '../model/record-id.ts'
import { signRecord, type SignedRecord } from '../model/record.ts'
import { identityOfSeed } from '../store/identity-store.ts'

/** Valid things of every kind, the same in each run. */
export const nowMs = 1_790_000_000_000
export const identities = [1, 2, 3].map((n) => identityOfSeed(new Uint8Array(32).fill(n)))
export const [self, other] = identities as [(typeof identities)[0], (typeof identities)[0]]
export const peers: readonly PeerId[] = identities.map(({ peerId }) => peerId)
export const swarm: RecordId = recordIdOf(Buffer.from('a swarm'))

export function record(
  n: number,
  bucket: BucketName = 'files',
  value: CborMap = { n, name: `log-${n}` },
): SignedRecord {
  const validFrom = nowMs + n
  const body = { v: 1 as const, bucket, key: `log-${n}`, value, author: self.peerId, seq: n + 1 }
  return signRecord({ ...body, validFrom, validUntil: validFrom + 3_600_000 }, self, swarm)
}

export const endorsed = (one: SignedRecord): SignedRecord => ({
  ...one,
  attestations: [
    signAttestation({ id: one.id, swarm }, 'endorse', nowMs, self),
    signAttestation({ id: one.id, swarm }, 'dismiss', nowMs + 1, other),
  ],
})

export const records: readonly SignedRecord[] = [
  record(0),
  endorsed(record(1)),
  record(2, 'files', { long: 'words '.repeat(100), list: [1, -2, 3.5, true, null], bytes: new Uint8Array(40) }),
]
export const batch = encodeBatch(records)
export const signed = records.map(encodeSigned)
export const text = (words: string): Uint8Array => Uint8Array.from(Buffer.from(words))
