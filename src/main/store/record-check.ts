import type { RecordId } from '../../shared/ids.ts'
import { joinAttestations, sameAttestations } from '../model/attestation.ts'
import { buckets, maxFutureMs } from '../model/bucket.ts'
import { decideMerge, versionOf } from '../model/merge.ts'
import type { SignedRecord } from '../model/record.ts'
import { rejected, type Rejected } from '../model/reject.ts'
import { checkValidity } from '../model/validity.ts'
import type { RecordStore } from './record-store.ts'

export type CheckResult =
  | Rejected
  | { readonly kind: 'known'; readonly id: RecordId }
  | { readonly kind: 'check-signature'; readonly record: SignedRecord }

/** Whether a decoded record is worth the verification of its signature, given the time and what is held. */
export function checkRecord(store: RecordStore, record: SignedRecord, now: number): CheckResult {
  const { bucket, author, key } = record.body
  const policy = buckets[bucket]
  const invalid = checkValidity(record.body, policy, now)
  // One that has ended may still outdate another; that needs its signature, and is worth it only then.
  if (invalid !== undefined && invalid !== 'expired') return rejected(invalid)
  if (record.attestations.some((attestation) => attestation.at > now + maxFutureMs)) return rejected('future')
  if (policy.kind === 'set') return invalid === undefined ? checkKnown(store, record) : rejected(invalid)
  const outcome = decideMerge(store.slot(bucket, author, key)?.version, versionOf(record), policy, now)
  switch (outcome) {
    case 'added':
    case 'replaced':
    case 'marked':
      return { kind: 'check-signature', record }
    case 'known':
      return checkKnown(store, record)
    case 'expired':
    case 'superseded':
    case 'future':
    case 'bad-validity':
      return rejected(outcome)
  }
}

/** Known, unless it is new or brings attestations that are. */
function checkKnown(store: RecordStore, record: SignedRecord): CheckResult {
  const { id, body, attestations } = record
  const known = { kind: 'known', id } as const
  const unknown = { kind: 'check-signature', record } as const
  if (!store.has(body.bucket, id)) return unknown
  if (attestations.length === 0) return known
  const held = store.get(id)
  if (held === undefined) return unknown
  const joined = joinAttestations(id, body.author, held.record.attestations, attestations)
  return sameAttestations(held.record.attestations, joined) ? known : unknown
}
