import type { PeerId, RecordId } from '../src/shared/ids.ts'
import { signRecord, type SignedRecord } from '../src/main/model/record.ts'
import { identityOfSeed } from '../src/main/store/identity-store.ts'

const authors = 20

/** The same in every process of a bench, so that a receiver can trust them. */
const identities = Array.from({ length: authors }, (_, i) => identityOfSeed(new Uint8Array(32).fill(i + 1)))

/** Whoever receives the records has to trust these. */
export const authorsOfRecords: readonly PeerId[] = identities.map(({ peerId }) => peerId)

/** Signed records of some 300 bytes, of twenty authors, as a file's announcement is. */
export function makeRecords(count: number, swarm: RecordId): SignedRecord[] {
  const now = Date.now()
  return Array.from({ length: count }, (_, i) => {
    const identity = identities[i % authors]
    if (identity === undefined) throw new Error('there are authors')
    return signRecord(
      {
        v: 1,
        bucket: 'files',
        key: `duckie${i % authors}/drive-${i}.mcap`,
        value: { name: `drive-${i}.mcap`, cid: `bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55f${i}`, size: i },
        author: identity.peerId,
        seq: i + 1,
        validFrom: now - 1_000,
        validUntil: now + 3_600_000,
      },
      identity,
      swarm,
    )
  })
}
