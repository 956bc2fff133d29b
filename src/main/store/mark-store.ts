import type { PeerId } from '../../shared/ids.ts'
import { buckets, maxMarksPerBucket, type BucketName } from '../model/bucket.ts'
import type { Version } from '../model/merge.ts'
import type { Statements } from './statements.ts'
import { authorKey, bucketCode, digestOf } from './stored-record.ts'
import { versionOfRow } from './version-row.ts'

/**
 * Marks: what is remembered of keyed records that have ended but still outdate older ones.
 *
 * They are bounded an author (as its records are) and a bucket (`maxMarksPerBucket`). Over the bound those go whose
 * horizon comes first, of equals the smaller id: which marks stay depends on which there were, not on the order
 * in which they came. A mark that goes early costs this: an older record of the same author and key that has not
 * ended, when somebody brings it again, counts here until it ends. Ours never have such a one: what outdates a
 * record ends no earlier, see `authorOwn`.
 */
export class MarkStore {
  readonly #sql: Statements

  constructor(statements: Statements) {
    this.#sql = statements
  }

  get(bucket: BucketName, author: PeerId, key: string): Version | undefined {
    const row = this.#sql
      .get('SELECT id, seq, valid_from, valid_until FROM marks WHERE bucket = ? AND author = ? AND key = ?')
      .get(bucketCode(bucket), authorKey(author), key)
    return row === undefined ? undefined : versionOfRow(row)
  }

  set(bucket: BucketName, author: PeerId, key: string, version: Version, horizonMs: number): void {
    this.#sql
      .get('INSERT OR REPLACE INTO marks VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
      .run(
        bucketCode(bucket),
        authorKey(author),
        key,
        digestOf(version.id),
        version.seq,
        version.validFrom,
        version.validUntil,
        horizonMs,
      )
  }

  delete(bucket: BucketName, author: PeerId, key: string): void {
    this.#sql
      .get('DELETE FROM marks WHERE bucket = ? AND author = ? AND key = ?')
      .run(bucketCode(bucket), authorKey(author), key)
  }

  /** Forgets marks whose horizon has passed; says how many. */
  sweep(nowMs: number): number {
    return Number(this.#sql.get('DELETE FROM marks WHERE horizon <= ?').run(nowMs).changes)
  }

  /** Brings the marks of a bucket back within both bounds, for the authors that have new ones. Says how many went. */
  trim(bucket: BucketName, authors: Iterable<PeerId>): number {
    const code = bucketCode(bucket)
    let gone = 0
    for (const author of authors) {
      const own = [code, authorKey(author)] as const
      const held = count(this.#sql.get('SELECT count(*) AS n FROM marks WHERE bucket = ? AND author = ?').get(...own))
      const excess = held - buckets[bucket].maxRecordsPerAuthor
      if (excess <= 0) continue
      this.#sql.get(dropFirst('bucket = ? AND author = ?')).run(...own, excess)
      gone += excess
    }
    const excess =
      count(this.#sql.get('SELECT count(*) AS n FROM marks WHERE bucket = ?').get(code)) - maxMarksPerBucket
    if (excess <= 0) return gone
    this.#sql.get(dropFirst('bucket = ?')).run(code, excess)
    return gone + excess
  }
}

function dropFirst(where: string): string {
  return `DELETE FROM marks WHERE (bucket, author, key) IN
    (SELECT bucket, author, key FROM marks WHERE ${where} ORDER BY horizon, id LIMIT ?)`
}

function count(row: Record<string, unknown> | undefined): number {
  return Number(row?.['n'] ?? 0)
}
