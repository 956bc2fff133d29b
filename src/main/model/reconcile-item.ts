import { hash } from 'node:crypto'
import type { Attestation } from './attestation.ts'
import { encodeAttestationList } from './record-codec.ts'
import { digestBytes, recordDigest } from './record-id.ts'
import type { Item } from './reconcile-chunk.ts'
import type { SignedRecord } from './record.ts'

/** Bytes of the record's digest that every item id begins with. */
export const itemPrefixBytes = 16

const domain = new TextEncoder().encode('dt-swarm/item/1')

/**
 * What two peers compare of a record: its digest. With attestations, the first half of the digest and a hash of the
 * whole and of them: then other attestations are a difference, and the record is still found by the first half.
 * @param attestations as `encodeAttestationList` writes them; null: none
 */
export function itemIdOf(digest: Uint8Array, attestations: Uint8Array | null): Uint8Array {
  if (attestations === null) return digest
  const id = hash('sha256', Buffer.concat([domain, digest, attestations]), 'buffer')
  id.set(digest.subarray(0, itemPrefixBytes))
  return id
}

/** A record as reconciliation sees it: when it began to be valid, and `itemIdOf`. */
export function itemOf({ id, body, attestations }: Pick<SignedRecord, 'id' | 'body' | 'attestations'>): Item {
  const digest = recordDigest(id) ?? new Uint8Array(digestBytes)
  return { timestampMs: body.validFrom, id: itemIdOf(digest, encodedOf(attestations)) }
}

const encodedOf = (attestations: readonly Attestation[]): Uint8Array | null =>
  attestations.length === 0 ? null : encodeAttestationList(attestations)
