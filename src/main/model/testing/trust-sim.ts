import { hash } from 'node:crypto'
import type { RecordId } from '../../../shared/ids.ts'
import { joinFor, sameAttestations, type Attestation, type Signer } from '../attestation.ts'
import { buckets } from '../bucket.ts'
import { peerIdOfKey } from '../peer-key.ts'
import type { SignedRecord } from '../record.ts'
import { dismissalOf, mayEnter, recordState, type StateVerdict } from '../state.ts'
import { evaluateTrust } from '../trust-evaluate.ts'
import { isOnTheWay, withWeighingAttestations } from '../trust-weight.ts'
import type { TrustAnchor, TrustState } from '../trust.ts'
import { checkValidity } from '../validity.ts'

/** A key whose signatures are hashes: nothing in the model verifies them, and thousands of them cost nothing. */
export function mockSigner(seed: number): Signer {
  const key = hash('sha256', `peer ${seed}`, 'buffer')
  return { peerId: peerIdOfKey(key), sign: (message) => hash('sha512', Buffer.concat([key, message]), 'buffer') }
}

/**
 * A peer as a value: what it holds, the marks of what it has buried, and the newest root it has believed. It does what
 * the store does - doors, joins, sweeps, burials - and nothing of how.
 */
export class SimPeer {
  readonly signer: Signer
  readonly held = new Map<RecordId, SignedRecord>()
  readonly marks = new Map<RecordId, SignedRecord>()
  anchor: TrustAnchor
  /** The record of `anchor.root`, which is kept beside the database. */
  #root: SignedRecord | null = null
  #trust: TrustState | null = null

  constructor(signer: Signer, anchor: TrustAnchor) {
    this.signer = signer
    this.anchor = anchor
  }

  trust(now: number): TrustState {
    if (this.#trust !== null) return this.#trust
    const records = this.known().filter(({ body }) => body.bucket === 'trust')
    const trust = evaluateTrust({ anchor: this.anchor, records, now })
    this.#trust = trust
    const newest = trust.root ?? trust.expiredRoot
    if (newest !== null && newest.version >= this.anchor.rootVersion) {
      this.#root = newest.record
      this.anchor = { swarm: this.anchor.swarm, root: newest.record.id, rootVersion: newest.version }
    }
    if (trust.root !== null) {
      for (const [id, record] of this.held) this.held.set(id, withWeighingAttestations(record, trust))
    }
    return trust
  }

  /** What it holds, and the root that it keeps beside that. */
  known(): readonly SignedRecord[] {
    const held = [...this.held.values()]
    return this.#root === null || this.held.has(this.#root.id) ? held : [...held, this.#root]
  }

  /** Time has passed, or what was in memory is gone. */
  forget(): void {
    this.#trust = null
  }

  /** @returns whether anything is different now */
  receive(record: SignedRecord, now: number): boolean {
    const { id, body } = record
    const policy = buckets[body.bucket]
    const invalid = checkValidity(body, policy, now)
    if (invalid !== undefined && (invalid !== 'expired' || !isOnTheWay(this.trust(now), record))) return false
    // What is known already is only added to: what its author may do by now is no reason to hold less of it than others.
    const mark = this.marks.get(id)
    if (this.held.has(id)) return this.attest(id, record.attestations, now)
    const trust = this.trust(now)
    if (mark !== undefined) {
      const changed = this.attest(id, record.attestations, now)
      // Whoever dismissed it may count for nothing by now.
      const kept = this.marks.get(id)
      if (kept !== undefined && this.#holds(kept, trust)) return changed
      this.marks.delete(id)
    }
    if (mayEnter(record, trust) !== undefined) return false
    const gated = withWeighingAttestations(record, trust)
    this.held.set(id, { ...record, attestations: joinFor(record, gated.attestations, mark?.attestations ?? []) })
    if (body.bucket === 'trust') this.forget()
    return true
  }

  /** What is known about a record that is here, or was buried. */
  attest(id: RecordId, more: readonly Attestation[], now: number): boolean {
    const trust = this.trust(now)
    const here = this.held.get(id) ?? this.marks.get(id)
    if (here === undefined) return false
    const gated = withWeighingAttestations({ ...here, attestations: more }, trust)
    const attestations = joinFor(here, here.attestations, gated.attestations)
    if (sameAttestations(here.attestations, attestations)) return false
    const joined = { ...here, attestations }
    if (this.held.has(id)) this.held.set(id, joined)
    else if (this.#holds(joined, trust)) this.marks.set(id, joined)
    else this.marks.delete(id)
    if (here.body.bucket === 'trust') this.forget()
    return true
  }

  /** Sweeps what has ended and buries what was dismissed long enough ago; lifts marks that hold no more. */
  settle(now: number): void {
    this.forget()
    const trust = this.trust(now)
    for (const [id, record] of this.held) {
      const { state, burial } = this.stateOf(record, now)
      if (state === 'expired' && !isOnTheWay(trust, record)) this.held.delete(id)
      if (burial === undefined) continue
      this.held.delete(id)
      if (burial === 'mark') this.marks.set(id, record)
    }
    for (const [id, mark] of this.marks) {
      if (mark.body.validUntil <= now || !this.#holds(mark, trust)) this.marks.delete(id)
    }
    this.forget()
  }

  stateOf(record: SignedRecord, now: number): StateVerdict {
    return recordState({ record, trust: this.trust(now), policy: buckets[record.body.bucket], now })
  }

  #holds(mark: SignedRecord, trust: TrustState): boolean {
    const { author, bucket } = mark.body
    return dismissalOf({ author, bucket, attestations: mark.attestations }, trust) !== undefined
  }
}

/** Both hand each other what they have, trust first, until neither has anything for the other. */
export function exchange(a: SimPeer, b: SimPeer, now: number): boolean {
  let changed = false
  for (const inTrust of [true, false]) {
    while (give(a, b, inTrust, now) || give(b, a, inTrust, now)) changed = true
  }
  return changed
}

function give(from: SimPeer, to: SimPeer, inTrust: boolean, now: number): boolean {
  let changed = false
  from.trust(now)
  for (const record of Array.from(from.held.values())) {
    if ((record.body.bucket === 'trust') === inTrust) changed = to.receive(record, now) || changed
  }
  if (!inTrust) for (const [id, mark] of from.marks) changed = to.attest(id, mark.attestations, now) || changed
  return changed
}
