import { randomBytes } from 'node:crypto'
import type { PeerId, RecordId } from '../../../shared/ids.ts'
import type { Signer } from '../../model/attestation.ts'
import { peerIdOfKey } from '../../model/peer-key.ts'
import { signRecord, type SignedRecord } from '../../model/record.ts'
import type { RecordBook } from '../../store/record-book.ts'

/** Somebody whose signatures are noise: a book that is told that they were checked cannot tell. */
export function unverifiedSigner(): Signer {
  return { peerId: peerIdOfKey(randomBytes(32)), sign: () => new Uint8Array(randomBytes(64)) }
}

/**
 * Records of files of about 300 bytes, one in 50 ms, the last just now.
 * @param signers take turns
 * @param own.swarm that their signatures name; default: none that is, for books that are told that they were checked
 */
export function manyRecords(
  count: number,
  signers: readonly Signer[],
  { key = 'log', swarm = 'founding' }: { readonly key?: string; readonly swarm?: RecordId | 'founding' } = {},
): SignedRecord[] {
  const startMs = Date.now() - count * 50
  return Array.from({ length: count }, (_, i) => {
    const signer = signers[i % signers.length]
    if (signer === undefined) throw new Error('nobody signs')
    const validFrom = startMs + i * 50
    const value = { name: `${key}${i}.bag`, size: i, note: 'about as long as a real one', cid: `bafy${key}${i}` }
    return signRecord(
      {
        v: 1,
        bucket: 'files',
        key: `${key}${i}`,
        value,
        author: signer.peerId,
        seq: i + 1,
        validFrom,
        validUntil: validFrom + 30 * 24 * 3_600_000,
      },
      signer,
      swarm,
    )
  })
}

/** Puts records into a book as if their signatures had been checked. */
export function fill(book: RecordBook, records: readonly SignedRecord[], from: PeerId | null = null): void {
  for (let at = 0; at < records.length; at += 2_000) {
    const arrival = { via: 'caught-up', from, channel: null, receivedAtMs: Date.now(), hops: 1 } as const
    const { refused } = book.merge(records.slice(at, at + 2_000), arrival)
    if (refused[0] !== undefined) throw new Error(`a record was refused: ${refused[0].reason}`)
  }
}
