import type { RecordId } from '../../shared/ids.ts'
import { joinFor, sameAttestations } from '../model/attestation.ts'
import { buckets } from '../model/bucket.ts'
import { decideMerge, versionOf } from '../model/merge.ts'
import type { SignedRecord } from '../model/record.ts'
import { rejected, type Rejected } from '../model/reject.ts'
import { dismissalOf } from '../model/state.ts'
import { checkValidity } from '../model/validity.ts'
import type { BuriedRecord } from './buried-store.ts'
import type { BucketTally } from './bucket-tally.ts'
import { badAttestationTime, gated, hasRoom, judgedAtMs, refusedSigners, type DoorView } from './record-door.ts'
import type { RecordStore } from './record-store.ts'

export type CheckResult =
  | Rejected
  | { readonly kind: 'known'; readonly id: RecordId }
  /** Without the attestations that would not be kept. */
  | { readonly kind: 'check-signature'; readonly record: SignedRecord }

/** Whether a decoded record is worth the verification of its signature, given who, when, and what is held. */
export function checkRecord(
  { store, tally }: { readonly store: RecordStore; readonly tally: BucketTally },
  view: DoorView,
  whole: SignedRecord,
): CheckResult {
  const { bucket, author, key } = whole.body
  const policy = buckets[bucket]
  const now = judgedAtMs(view, whole)
  const invalid = checkValidity(whole.body, policy, now)
  // One that has ended may still outdate another; that needs its signature, and is worth it only then.
  if (invalid !== undefined && (invalid !== 'expired' || policy.kind === 'set')) return rejected(invalid)
  const untimely = badAttestationTime(view, whole)
  if (untimely !== undefined) return rejected(untimely)
  const record = gated(view, whole)
  // What is held is only added to: what its author may do by now is no reason to hold less of it than others do.
  if (store.has(bucket, record.id)) return checkKnown(store, record)
  const refused = refusedSigners(view, whole)
  if (refused !== undefined) return rejected(refused)
  const grave = store.buried.get(record.id, bucket)
  if (grave !== undefined && isDismissed(grave, view, record)) {
    // A signature that the grave lacks is worth a verification, so that all graves come to say the same.
    const joined = joinFor(record, grave.attestations, record.attestations)
    return sameAttestations(joined, grave.attestations) ? rejected('dismissed') : { kind: 'check-signature', record }
  }
  if (policy.kind === 'set') {
    return hasRoom(view, record, tally) ? { kind: 'check-signature', record } : rejected('quota')
  }
  const slot = store.slot(bucket, author, key)
  const outcome = decideMerge(slot?.version, versionOf(record), policy, now)
  switch (outcome) {
    case 'added':
    case 'replaced':
      if ((slot === undefined || slot.marked) && !hasRoom(view, record, tally)) return rejected('quota')
      return { kind: 'check-signature', record }
    case 'marked':
      return { kind: 'check-signature', record }
    case 'known':
      // Only the mark of it is left.
      return { kind: 'check-signature', record }
    case 'expired':
    case 'superseded':
    case 'future':
    case 'bad-validity':
      return rejected(outcome)
  }
}

/** Whether nothing that is signed on a buried record now, or was decided since, changes that it is dismissed. */
export function isDismissed(grave: BuriedRecord, { trust }: DoorView, record: SignedRecord): boolean {
  const { author, bucket } = record.body
  return (
    dismissalOf({ author, bucket, attestations: joinFor(record, grave.attestations, record.attestations) }, trust) !==
    undefined
  )
}

/** Known, unless it is new or brings attestations that are. */
function checkKnown(store: RecordStore, record: SignedRecord): CheckResult {
  const { id, attestations } = record
  const known = { kind: 'known', id } as const
  const unknown = { kind: 'check-signature', record } as const
  if (attestations.length === 0) return known
  const held = store.get(id)
  if (held === undefined) return unknown
  const joined = joinFor(record, held.record.attestations, attestations)
  return sameAttestations(held.record.attestations, joined) ? known : unknown
}
