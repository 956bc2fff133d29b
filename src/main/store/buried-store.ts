import type { PeerId, RecordId } from '../../shared/ids.ts'
import type { Attestation } from '../model/attestation.ts'
import { buckets, type BucketName } from '../model/bucket.ts'
import { peerIdOfKey } from '../model/peer-key.ts'
import { decodeAttestationList, encodeAttestationList } from '../model/record-codec.ts'
import type { Statements } from './statements.ts'
import { authorKey, bucketCode, bucketCodes, bucketOfCode, digestOf } from './stored-record.ts'

/** What is remembered of a dismissed record once its body has gone. */
export interface BuriedRecord {
  readonly bucket: BucketName
  readonly id: RecordId
  readonly author: PeerId
  /** Until then somebody may bring it again. */
  readonly validUntilMs: number
  /** Who dismissed it, and what else was signed about it. */
  readonly attestations: readonly Attestation[]
}

/** As many as one author's largest share of a bucket: some 12 MiB with one dismissal each. */
const maxBuriedPerBucket = 50_000

/**
 * Graves: ids of records that were dismissed, so that they do not come back from a peer that has not heard, and with
 * the dismissal, so that such a peer can be told.
 *
 * Bounded an author and a bucket as the records are. Over the bound those go that end first, of equals the smaller id:
 * which stay does not depend on the order in which they came. One that goes early costs this: its record, when a peer
 * that never heard of the dismissal brings it, counts again until somebody who remembers comes by.
 */
export class BuriedStore {
  readonly #sql: Statements
  /** None has been put there yet: then nothing need be looked up, which is a tenth of the cost of taking a record in. */
  #empty: boolean | undefined

  constructor(statements: Statements) {
    this.#sql = statements
  }

  /** Looks in one bucket, or in every one. Undefined for one that is not buried. */
  get(id: RecordId, among?: BucketName): BuriedRecord | undefined {
    this.#empty ??= this.#sql.get('SELECT 1 FROM buried LIMIT 1').get() === undefined
    if (this.#empty) return undefined
    const codes = among === undefined ? bucketCodes : bucketCode(among)
    const row = this.#sql
      .get(`SELECT bucket, author, valid_until, attestations FROM buried WHERE bucket IN (${codes}) AND id = ?`)
      .get(digestOf(id))
    if (row === undefined) return undefined
    const bucket = bucketOfCode(Number(row['bucket']))
    const attestations = decodeAttestationList(row['attestations'] as Uint8Array)
    if (bucket === undefined || attestations === undefined) return undefined
    const author = peerIdOfKey(row['author'] as Uint8Array)
    return { bucket, id, author, validUntilMs: Number(row['valid_until']), attestations }
  }

  put({ bucket, id, author, validUntilMs, attestations }: BuriedRecord): void {
    this.#empty = false
    this.#sql
      .get('INSERT OR REPLACE INTO buried VALUES (?, ?, ?, ?, ?)')
      .run(bucketCode(bucket), digestOf(id), authorKey(author), validUntilMs, encodeAttestationList(attestations))
  }

  delete(bucket: BucketName, id: RecordId): void {
    this.#sql.get('DELETE FROM buried WHERE bucket = ? AND id = ?').run(bucketCode(bucket), digestOf(id))
  }

  /** Forgets those whose record has ended by itself; says how many. */
  sweep(nowMs: number): number {
    return Number(this.#sql.get('DELETE FROM buried WHERE valid_until <= ?').run(nowMs).changes)
  }

  /** Brings a bucket back within both bounds, for the authors that have new graves. Says how many went. */
  trim(bucket: BucketName, authors: Iterable<PeerId>): number {
    let gone = 0
    for (const author of authors) {
      gone += this.#trim('bucket = ? AND author = ?', [bucketCode(bucket), authorKey(author)], maxPerAuthor(bucket))
    }
    return gone + this.#trim('bucket = ?', [bucketCode(bucket)], maxBuriedPerBucket)
  }

  #trim(where: string, at: readonly (number | Uint8Array)[], max: number): number {
    const held = this.#sql.get(`SELECT count(*) AS n FROM buried WHERE ${where}`).get(...at)
    const excess = Number(held?.['n'] ?? 0) - max
    if (excess <= 0) return 0
    this.#sql
      .get(
        `DELETE FROM buried WHERE (bucket, id) IN
         (SELECT bucket, id FROM buried WHERE ${where} ORDER BY valid_until, id LIMIT ?)`,
      )
      .run(...at, excess)
    return excess
  }
}

function maxPerAuthor(bucket: BucketName): number {
  return Math.min(maxBuriedPerBucket, buckets[bucket].maxRecordsPerAuthor)
}
