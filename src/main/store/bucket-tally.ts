import type { PeerId } from '../../shared/ids.ts'
import { bucketNames, buckets, type BucketName } from '../model/bucket.ts'

export interface BucketCount {
  readonly bucket: BucketName
  readonly kind: 'keyed' | 'set'
  readonly records: number
  readonly bytes: number
}

/** Running counts by bucket and author, so that quotas cost no query. */
export class BucketTally {
  readonly #buckets = new Map<BucketName, { records: number; bytes: number; readonly authors: Map<PeerId, number> }>()

  constructor() {
    for (const bucket of bucketNames) this.#buckets.set(bucket, { records: 0, bytes: 0, authors: new Map() })
  }

  add(bucket: BucketName, author: PeerId, records: number, bytes: number): void {
    const tally = this.#buckets.get(bucket)
    if (tally === undefined) return
    tally.records += records
    tally.bytes += bytes
    const own = (tally.authors.get(author) ?? 0) + records
    if (own > 0) tally.authors.set(author, own)
    else tally.authors.delete(author)
  }

  /** Whether one more of this author fits the bucket's policy. */
  hasRoom(bucket: BucketName, author: PeerId): boolean {
    const tally = this.#buckets.get(bucket)
    const policy = buckets[bucket]
    return (
      tally !== undefined &&
      tally.records < policy.maxRecords &&
      (tally.authors.get(author) ?? 0) < policy.maxRecordsPerAuthor
    )
  }

  counts(): readonly BucketCount[] {
    return [...this.#buckets].map(([bucket, { records, bytes }]) => ({
      bucket,
      kind: buckets[bucket].kind,
      records,
      bytes: Math.max(0, bytes),
    }))
  }
}
