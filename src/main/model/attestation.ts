import { hash } from 'node:crypto'
import type { PeerId, RecordId } from '../../shared/ids.ts'
import { SwarmError } from '../../shared/errors.ts'
import { compareBytes, equalBytes } from './cbor.ts'
import { keyOfPeerId, verifySignature } from './peer-key.ts'
import { recordIdBytes } from './record-id.ts'

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

/** What is signed: the domain, one byte of verdict, the id's 36 bytes, `at` as a big-endian 64 bit integer. */
export function attestationMessage(id: RecordId, verdict: Verdict, at: number): Uint8Array {
  const idBytes = recordIdBytes(id)
  if (idBytes === undefined) {
    throw new SwarmError('INVALID_INPUT', `"${id}" is not a record id, so nothing can be attested about it.`)
  }
  const message = new Uint8Array(domain.length + 1 + idBytes.length + 8)
  message.set(domain)
  message[domain.length] = verdicts.indexOf(verdict) + 1
  message.set(idBytes, domain.length + 1)
  new DataView(message.buffer).setBigUint64(message.length - 8, BigInt(at))
  return message
}

export function signAttestation(id: RecordId, verdict: Verdict, at: number, signer: Signer): Attestation {
  return { author: signer.peerId, verdict, at, signature: signer.sign(attestationMessage(id, verdict, at)) }
}

export function verifyAttestation(id: RecordId, attestation: Attestation): boolean {
  const message = attestationMessage(id, attestation.verdict, attestation.at)
  return verifySignature(attestation.author, message, attestation.signature)
}

/**
 * Joins what two peers know: one attestation an author (the latest; at the same time `dismiss` before `endorse`,
 * then by signature bytes), at most `maxAttestations` authors. Which authors stay is fixed by the record, not by
 * arrival: the record's own author first, then by a hash that mixes author and record, so that nobody can make
 * one key that crowds others out everywhere. Hence any order, grouping and repetition gives the same list, sorted.
 */
export function joinAttestations(
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
