import { CID } from 'multiformats/cid'
import { isBucketName, type BucketName } from './bucket.ts'
import { isMapValue, type CborMap, type CborValue } from './cbor.ts'
import { maxCheckpointBytes, maxCheckpointRecords, maxChunks } from './checkpoint.ts'

/** The key of a peer's announcement in the bucket `checkpoints`: only its newest counts. */
export const announcementKey = 'latest'

/** What a peer says of the checkpoint it has made. */
export interface Announcement {
  readonly root: CID
  /** The moment of which the checkpoint speaks, ms since the epoch. */
  readonly at: number
  readonly records: number
  /** Of all its blocks. */
  readonly bytes: number
  readonly chunks: number
  readonly buckets: ReadonlyMap<BucketName, BucketSum>
}

export interface BucketSum {
  readonly count: number
  readonly chunks: number
  /** 32 bytes, see SetSum. */
  readonly fingerprint: Uint8Array
}

/**
 * Buckets whose records stay for long, so that peers in touch hold the same of them. What machines say of themselves
 * every few seconds is in a checkpoint too, but no two peers ever agree about it: agreement is over these alone.
 */
export const lastingBuckets: readonly BucketName[] = ['trust', 'files', 'releases', 'rollouts', 'rollout-control']

/** Whether two speak of the same state, as far as it lasts. */
export function agrees(a: ReadonlyMap<BucketName, BucketSum>, b: ReadonlyMap<BucketName, BucketSum>): boolean {
  return lastingBuckets.every((bucket) => {
    const [one, other] = [a.get(bucket), b.get(bucket)]
    if (one === undefined || other === undefined) return (one?.count ?? 0) === (other?.count ?? 0)
    return one.count === other.count && Buffer.compare(one.fingerprint, other.fingerprint) === 0
  })
}

export function encodeAnnouncement({ root, at, records, bytes, chunks, buckets }: Announcement): CborMap {
  const sums = [...buckets].map(([name, sum]) => [name, [sum.count, sum.chunks, sum.fingerprint]] as const)
  return { v: 1, root, at, records, bytes, chunks, buckets: Object.fromEntries(sums) }
}

/** Undefined for what is none, or claims more than a checkpoint may hold. Never throws. */
export function decodeAnnouncement(value: CborMap): Announcement | undefined {
  const { v, at, records, bytes, chunks, buckets } = value
  const root = value['root'] instanceof Object ? CID.asCID(value['root']) : null
  if (v !== 1 || root === null || root.code !== 0x71 || root.multihash.code !== 0x12) return undefined
  if (!isUpTo(at, Number.MAX_SAFE_INTEGER) || !isUpTo(records, maxCheckpointRecords)) return undefined
  if (!isUpTo(bytes, 2 * maxCheckpointBytes) || !isUpTo(chunks, maxChunks) || !isMapValue(buckets)) return undefined
  const sums = new Map<BucketName, BucketSum>()
  for (const [name, sum] of Object.entries(buckets)) {
    // A bucket of a later release is none of ours.
    if (!isBucketName(name)) continue
    const read = readSum(sum)
    if (read === undefined) return undefined
    sums.set(name, read)
  }
  return { root, at, records, bytes, chunks, buckets: sums }
}

function readSum(value: CborValue): BucketSum | undefined {
  if (!Array.isArray(value) || value.length !== 3) return undefined
  const [count, chunks, fingerprint] = value as readonly CborValue[]
  if (!isUpTo(count, maxCheckpointRecords) || !isUpTo(chunks, maxChunks)) return undefined
  return fingerprint instanceof Uint8Array && fingerprint.length === 32 ? { count, chunks, fingerprint } : undefined
}

function isUpTo(value: CborValue | undefined, most: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= most
}
