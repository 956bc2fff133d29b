import { hash } from 'node:crypto'
import type { PeerId, RecordId } from '../../shared/ids.ts'
import { compareBytes, equalBytes } from './cbor.ts'
import { keyOfPeerId, verifySignature } from './peer-key.ts'
import { recordIdBytes } from './record-id.ts'
import { signedMessage } from './signed-message.ts'
import { trustKindOf } from './trust-records.ts'

export const verdicts = ['endorse', 'dismiss'] as const
export type Verdict = (typeof verdicts)[number]

/** A peer's signed word about a record. Authoring itself is the proposal and needs none. */
export interface Attestation {
  readonly author: PeerId
  readonly verdict: Verdict
  /** When it was said, ms since the epoch, by its author's clock. */
  readonly at: number
  readonly signature: Uint8Array
}

/** What can sign: an identity, without its key leaving it. */
export interface Signer {
  readonly peerId: PeerId
  sign(message: Uint8Array): Uint8Array
}

/** More signers than any approval needs; 32 of about 115 bytes leave the record its room in 64 KiB. */
export const maxAttestations = 32

const domain = new TextEncoder().encode('dt-swarm/attestation/1')

/** What an attestation is about. */
export interface Attested {
  readonly id: RecordId
  /** The id of the swarm's first root record. */
  readonly swarm: RecordId
}

/**
 * What is signed: the domain, one byte of verdict, the 36 bytes of the swarm's id, the 36 of the record's, `at` as a
 * big-endian 64 bit integer.
 */
export function attestationMessage({ id, swarm }: Attested, verdict: Verdict, at: number): Uint8Array {
  const atBytes = new Uint8Array(8)
  new DataView(atBytes.buffer).setBigUint64(0, BigInt(at))
  return signedMessage(domain, [Uint8Array.of(verdicts.indexOf(verdict) + 1), swarm, id, atBytes])
}

export function signAttestation(about: Attested, verdict: Verdict, at: number, signer: Signer): Attestation {
  return { author: signer.peerId, verdict, at, signature: signer.sign(attestationMessage(about, verdict, at)) }
}

export function verifyAttestation(id: RecordId, attestation: Attestation, swarm: RecordId): boolean {
  const message = attestationMessage({ id, swarm }, attestation.verdict, attestation.at)
  return verifySignature(attestation.author, message, attestation.signature)
}

/**
 * Joins what two peers know: one attestation an author (the latest; at the same time `dismiss` before `endorse`,
 * then by signature bytes), at most `maxAttestations` authors. Which authors stay is fixed by the record, not by
 * arrival: the record's own author first, then by a hash that mixes author and record, so that nobody can make
 * one key that crowds others out everywhere. Hence any order, grouping and repetition gives the same list, sorted.
 */
function joinAttestations(
  id: RecordId,
  recordAuthor: PeerId,
  ...lists: readonly (readonly Attestation[])[]
): readonly Attestation[] {
  const latest = new Map<PeerId, Attestation>()
  for (const attestation of lists.flat()) {
    const other = latest.get(attestation.author)
    if (other === undefined || compareAttestations(attestation, other) > 0) latest.set(attestation.author, attestation)
  }
  if (latest.size < 2) return [...latest.values()]
  const ranked = [...latest.values()].map((attestation) => ({
    attestation,
    rank: attestation.author === recordAuthor ? new Uint8Array(0) : rankOf(id, attestation.author),
  }))
  ranked.sort((a, b) => compareBytes(a.rank, b.rank))
  return ranked.slice(0, maxAttestations).map(({ attestation }) => attestation)
}

/**
 * As `joinAttestations`, by the record's own kind: under root and role records an `endorse` outdates any `dismiss` of the
 * same key. Whole chains of belief, and revocations, hang on those signatures, so they cannot be taken back: else one key
 * that went over to somebody else could undo them for all who were away.
 */
export function joinFor(
  record: {
    readonly id: RecordId
    readonly body: { readonly author: PeerId; readonly bucket: string; readonly key: string }
  },
  ...lists: readonly (readonly Attestation[])[]
): readonly Attestation[] {
  const { id, body } = record
  const kind = body.bucket === 'trust' ? trustKindOf(body.key) : undefined
  if (kind !== 'root' && kind !== 'role') return joinAttestations(id, body.author, ...lists)
  const endorsers = new Set<PeerId>()
  for (const { author, verdict } of lists.flat()) if (verdict === 'endorse') endorsers.add(author)
  const kept = lists.flat().filter(({ author, verdict }) => verdict === 'endorse' || !endorsers.has(author))
  return joinAttestations(id, body.author, kept)
}

export function sameAttestations(a: readonly Attestation[], b: readonly Attestation[]): boolean {
  return a.length === b.length && a.every((one, i) => sameAttestation(one, b[i]))
}

function sameAttestation(a: Attestation, b: Attestation | undefined): boolean {
  return (
    b !== undefined &&
    a.author === b.author &&
    a.at === b.at &&
    a.verdict === b.verdict &&
    equalBytes(a.signature, b.signature)
  )
}

function compareAttestations(a: Attestation, b: Attestation): number {
  return (
    a.at - b.at || verdicts.indexOf(a.verdict) - verdicts.indexOf(b.verdict) || compareBytes(a.signature, b.signature)
  )
}

function rankOf(id: RecordId, author: PeerId): Uint8Array {
  const key = keyOfPeerId(author) ?? new Uint8Array(0)
  return hash('sha256', Buffer.concat([recordIdBytes(id) ?? new Uint8Array(0), key]), 'buffer')
}
