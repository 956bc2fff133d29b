import { joinFor, sameAttestations } from '../attestation.ts'
import type { BucketPolicy } from '../bucket.ts'
import { decideMerge, decideSweep, versionOf, type MergeOutcome, type Version } from '../merge.ts'
import type { SignedRecord } from '../record.ts'

/** What a slot holds: a version, and the record unless only the mark of it is left. */
interface Slot {
  readonly version: Version
  readonly record: SignedRecord | undefined
}

/** One bucket, as a value: what the rules of merging are tried on. The store keeps the same in tables. */
export type BucketState = ReadonlyMap<string, Slot>

export const emptyBucket: BucketState = new Map()

function slotOf(record: SignedRecord, policy: BucketPolicy): string {
  return policy.kind === 'set' ? record.id : `${record.body.author}/${record.body.key}`
}

export function mergeRecord(
  state: BucketState,
  record: SignedRecord,
  policy: BucketPolicy,
  now: number,
): { readonly state: BucketState; readonly outcome: MergeOutcome | 'attested' } {
  const name = slotOf(record, policy)
  const slot = state.get(name)
  const version = versionOf(record)
  const outcome = decideMerge(slot?.version, version, policy, now)
  switch (outcome) {
    case 'added':
    case 'replaced': {
      const attestations = joinFor(record, record.attestations)
      return { state: new Map(state).set(name, { version, record: { ...record, attestations } }), outcome }
    }
    case 'marked':
      return { state: new Map(state).set(name, { version, record: undefined }), outcome }
    case 'known': {
      if (slot?.record === undefined) return { state, outcome }
      const known = slot.record.attestations
      const attestations = joinFor(record, known, record.attestations)
      if (sameAttestations(known, attestations)) return { state, outcome }
      const joined = { version, record: { ...slot.record, attestations } }
      return { state: new Map(state).set(name, joined), outcome: 'attested' }
    }
    case 'superseded':
    case 'expired':
    case 'future':
    case 'bad-validity':
      return { state, outcome }
  }
}

/** Drops what has ended. Sweeping early, late or often changes nothing that anybody can see. */
export function sweepBucket(state: BucketState, policy: BucketPolicy, now: number): BucketState {
  const next = new Map<string, Slot>()
  for (const [name, slot] of state) {
    const decision = decideSweep(slot.version, policy, now)
    if (decision === 'keep') next.set(name, slot)
    if (decision === 'mark') next.set(name, { version: slot.version, record: undefined })
  }
  return next
}
