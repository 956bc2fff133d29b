import { SwarmError } from '../../shared/errors.ts'
import type { RecordId } from '../../shared/ids.ts'
import { signAttestation, type Verdict } from '../model/attestation.ts'
import { buckets, maxFutureMs } from '../model/bucket.ts'
import { signRecord, type RecordBody } from '../model/record.ts'
import type { Identity } from './identity-store.ts'
import type { RecordDraft } from './record-book-init.ts'
import type { RecordChanges } from './record-changes.ts'
import type { RecordStore } from './record-store.ts'
import type { Arrival, StoredRecord } from './stored-record.ts'

/** Who signs, and in which swarm. */
export interface OwnSigner {
  readonly identity: Identity
  readonly swarm: RecordId
}

/**
 * Signs a draft with the next seq and gives it its place. It lives as long as the one that it outdates, at least.
 * Throws INVALID_INPUT, LIMIT_REACHED.
 */
export function authorOwn(
  draft: RecordDraft,
  { identity, swarm }: OwnSigner,
  store: RecordStore,
  changes: RecordChanges,
  arrival: Arrival,
): StoredRecord {
  const { bucket, key, value, validForMs } = draft
  const policy = buckets[bucket]
  if (!(validForMs > 0 && validForMs <= policy.maxValidityMs)) {
    throw new SwarmError(
      'INVALID_INPUT',
      `A record in ${bucket} lives up to ${policy.maxValidityMs} ms, not ${validForMs}.`,
    )
  }
  const now = arrival.receivedAtMs
  const slot = policy.kind === 'keyed' ? store.slot(bucket, identity.peerId, key) : undefined
  // One stamped by a clock that was far ahead is taken by nobody: it must not outdate what is said now.
  const astray = slot !== undefined && slot.version.validFrom > now + maxFutureMs
  if (astray) changes.clear(bucket, identity.peerId, key)
  // A clock that stepped back must not make the new record older than the one before.
  const validFrom = Math.max(now, slot === undefined || astray ? 0 : slot.version.validFrom)
  // Nor may it end before the one that it outdates: who was away would go by that one again, and nobody could show them
  // what outdated it.
  const endsAtMs = slot === undefined || astray ? 0 : slot.version.validUntil
  const validUntil = Math.max(validFrom + Math.trunc(validForMs), endsAtMs)
  const seq = Math.max(store.counts.ownSeq(bucket), slot?.version.seq ?? 0) + 1
  const body: RecordBody = { v: 1, bucket, key, value, author: identity.peerId, seq, validFrom, validUntil }
  const placed = changes.place(signRecord(body, identity, swarm), arrival)
  if (placed.kind === 'rejected') {
    // What has a key stays until it ends, whoever dismisses it.
    const remedy =
      policy.kind === 'set' ? 'take back what is old' : 'say it under a key that it has, or wait until one ends'
    throw new SwarmError('LIMIT_REACHED', `This peer may keep no more in the bucket ${bucket}: ${remedy}.`, {
      detail: { bucket, reason: placed.reason },
    })
  }
  store.counts.raiseOwnSeq(bucket, seq)
  return placed.stored
}

/** Adds this peer's verdict to a record that is held. Throws NOT_FOUND, NOT_TRUSTED. */
export function attestOwn(
  { id, verdict }: { readonly id: RecordId; readonly verdict: Verdict },
  { identity, swarm }: OwnSigner,
  store: RecordStore,
  changes: RecordChanges,
  arrival: Arrival,
): StoredRecord {
  const held = store.get(id)
  if (held === undefined) throw new SwarmError('NOT_FOUND', `This peer holds no record ${id}.`, { detail: { id } })
  const own = held.record.attestations.find((attestation) => attestation.author === identity.peerId)
  const at = Math.max(arrival.receivedAtMs, (own?.at ?? -1) + 1)
  const attestation = signAttestation({ id, swarm }, verdict, at, identity)
  if (!changes.wouldKeep(held, attestation)) {
    throw new SwarmError(
      'NOT_TRUSTED',
      `This peer has no role in the swarm whose signature counts under ${id}, so nobody would keep it.`,
      { detail: { id } },
    )
  }
  return changes.attest(held, [attestation]) ?? held
}
