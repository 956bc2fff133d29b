import type { PeerId } from '../../shared/ids.ts'
import { bucketNames, buckets, type BucketName } from '../model/bucket.ts'

export interface BucketCount {
  readonly bucket: BucketName
  readonly kind: 'keyed' | 'set'
  readonly records: number
  readonly bytes: number
}

interface Sum {
  records: number
  bytes: number
}

interface Tally extends Sum {
  readonly authors: Map<PeerId, Sum>
  /** Undefined until somebody asks. */
  ofStrangers: Sum | undefined
}

const mib = 1_024 * 1_024
/** Real records have some 300 bytes; an author that fills its share with the largest ones gets no further than this. */
const bytesARecord = 1_024
const minAuthorBytes = 16 * mib
const minBucketBytes = 64 * mib
/** Of all strangers together in a bucket: they say a name and some readings. */
const maxStrangersBytes = 4 * mib
const maxStrangerBytes = 32 * 1_024

/** Running counts by bucket and author, so that quotas cost no query. */
export class BucketTally {
  readonly #buckets = new Map<BucketName, Tally>()
  #isStranger: (author: PeerId) => boolean = () => false

  constructor() {
    for (const bucket of bucketNames) {
      this.#buckets.set(bucket, { records: 0, bytes: 0, authors: new Map(), ofStrangers: undefined })
    }
  }

  /** Who is a stranger from now on. */
  setStrangers(isStranger: (author: PeerId) => boolean): void {
    this.#isStranger = isStranger
    for (const tally of this.#buckets.values()) tally.ofStrangers = undefined
  }

  add(bucket: BucketName, author: PeerId, records: number, bytes: number): void {
    const tally = this.#buckets.get(bucket)
    if (tally === undefined) return
    tally.records += records
    tally.bytes += bytes
    const before = tally.authors.get(author)
    const own = { records: (before?.records ?? 0) + records, bytes: (before?.bytes ?? 0) + bytes }
    if (own.records > 0) tally.authors.set(author, own)
    else tally.authors.delete(author)
    if (tally.ofStrangers !== undefined && this.#isStranger(author)) {
      tally.ofStrangers.records += records
      tally.ofStrangers.bytes += bytes
    }
  }

  /** Whether one more of a member, of so many bytes, fits the bucket's policy. */
  hasRoom(bucket: BucketName, author: PeerId, bytes: number): boolean {
    const tally = this.#buckets.get(bucket)
    if (tally === undefined) return false
    const { maxRecords, maxRecordsPerAuthor } = buckets[bucket]
    const own = tally.authors.get(author) ?? { records: 0, bytes: 0 }
    return (
      tally.records < maxRecords &&
      tally.bytes + bytes <= Math.max(minBucketBytes, maxRecords * bytesARecord) &&
      own.records < maxRecordsPerAuthor &&
      own.bytes + bytes <= Math.max(minAuthorBytes, maxRecordsPerAuthor * bytesARecord)
    )
  }

  /** Whether one more of a stranger fits what is kept of strangers. */
  hasRoomForStranger(
    bucket: BucketName,
    author: PeerId,
    bytes: number,
    most: { readonly maxRecords: number; readonly maxRecordsPerAuthor: number },
  ): boolean {
    const tally = this.#buckets.get(bucket)
    if (tally === undefined || !this.hasRoom(bucket, author, bytes)) return false
    const own = tally.authors.get(author) ?? { records: 0, bytes: 0 }
    const all = this.#sumStrangers(tally)
    return (
      all.records < most.maxRecords &&
      all.bytes + bytes <= maxStrangersBytes &&
      own.records < most.maxRecordsPerAuthor &&
      own.bytes + bytes <= maxStrangerBytes
    )
  }

  /** Records of an author in a bucket. */
  countOf(bucket: BucketName, author: PeerId): number {
    return this.#buckets.get(bucket)?.authors.get(author)?.records ?? 0
  }

  /** Everybody who has records in a bucket. */
  authors(bucket: BucketName): Iterable<PeerId> {
    return this.#buckets.get(bucket)?.authors.keys() ?? []
  }

  counts(): readonly BucketCount[] {
    return [...this.#buckets].map(([bucket, { records, bytes }]) => ({
      bucket,
      kind: buckets[bucket].kind,
      records,
      bytes: Math.max(0, bytes),
    }))
  }

  #sumStrangers(tally: Tally): Sum {
    if (tally.ofStrangers === undefined) {
      tally.ofStrangers = { records: 0, bytes: 0 }
      for (const [author, { records, bytes }] of tally.authors) {
        if (!this.#isStranger(author)) continue
        tally.ofStrangers.records += records
        tally.ofStrangers.bytes += bytes
      }
    }
    return tally.ofStrangers
  }
}
