import type { PeerId } from '../../shared/ids.ts'
import type { BucketName } from '../model/bucket.ts'
import { peerIdOfKey } from '../model/peer-key.ts'
import type { Statements } from './statements.ts'
import { authorKey, bucketCode, bucketOfCode } from './stored-record.ts'

/** What an author has in a bucket. */
export interface AuthorCount {
  readonly bucket: BucketName
  readonly author: PeerId
  readonly records: number
  readonly bytes: number
}

/** Numbers that are kept beside the records and change in the same transactions. */
export class CountStore {
  readonly #sql: Statements

  constructor(statements: Statements) {
    this.#sql = statements
  }

  /** Records and bytes by bucket and author: one row an author, so a start does not read the records. */
  tallies(): AuthorCount[] {
    const rows = this.#sql.get('SELECT bucket, author, records, bytes FROM tallies').all()
    return rows.flatMap((row) => {
      const bucket = bucketOfCode(Number(row['bucket']))
      if (bucket === undefined) return []
      const author = peerIdOfKey(row['author'] as Uint8Array)
      return [{ bucket, author, records: Number(row['records']), bytes: Number(row['bytes']) }]
    })
  }

  /** Adds to a tally; the numbers may be below zero. */
  addTally({ bucket, author, records, bytes }: AuthorCount): void {
    const at = [bucketCode(bucket), authorKey(author)] as const
    this.#sql
      .get(
        `INSERT INTO tallies VALUES (?, ?, ?, ?) ON CONFLICT (bucket, author)
         DO UPDATE SET records = records + excluded.records, bytes = bytes + excluded.bytes`,
      )
      .run(...at, records, bytes)
    if (records < 0) {
      this.#sql.get('DELETE FROM tallies WHERE bucket = ? AND author = ? AND records <= 0').run(...at)
    }
  }

  /** The highest seq this peer has used in a bucket; 0 before the first. */
  ownSeq(bucket: BucketName): number {
    return Number(this.#sql.get('SELECT seq FROM own_seq WHERE bucket = ?').get(bucketCode(bucket))?.['seq'] ?? 0)
  }

  /** Never goes down. */
  raiseOwnSeq(bucket: BucketName, seq: number): void {
    this.#sql
      .get(
        `INSERT INTO own_seq VALUES (?, ?)
         ON CONFLICT (bucket) DO UPDATE SET seq = excluded.seq WHERE excluded.seq > own_seq.seq`,
      )
      .run(bucketCode(bucket), seq)
  }
}
