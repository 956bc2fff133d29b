import { createHash } from 'node:crypto'
import type { RecordId } from '../../shared/ids.ts'
import { isRecordId } from '../../shared/ids.ts'
import type { BucketName } from '../model/bucket.ts'
import { compareBytes } from '../model/cbor.ts'
import { recordDigest } from '../model/record-id.ts'
import type { RecordBook } from '../store/record-book.ts'
import { pageSize, type PageEntry } from './catch-up-frames.ts'

/** The parts of the book that catching up needs. */
export type CatchUpBook = Pick<RecordBook, 'entriesPage' | 'getMany' | 'has'>

export interface Page {
  readonly entries: readonly PageEntry[]
  readonly hash: Uint8Array
  /** No ids follow. */
  readonly end: boolean
}

/** What this peer holds of a bucket after an id (null: from the first). */
export function ownPage(book: CatchUpBook, bucket: BucketName, after: RecordId | null): Page {
  const entries = book.entriesPage(bucket, after, pageSize).map(({ id, mark }): PageEntry => [id, mark])
  const hash = createHash('sha256')
  for (const [id, mark] of entries) {
    hash.update(id)
    // Marks have one length or none, so a byte keeps lists apart that would else read the same.
    hash.update(Uint8Array.of(mark.length))
    hash.update(mark)
  }
  return { entries, hash: hash.digest(), end: entries.length < pageSize }
}

/** Whether a stranger's page is one: ids only, rising, all after the cursor. Else one could be kept busy for ever. */
export function isRising(entries: readonly PageEntry[], after: RecordId | null): boolean {
  let last = after === null ? new Uint8Array(0) : (recordDigest(after) ?? new Uint8Array(0))
  for (const [id] of entries) {
    const digest = recordDigest(id)
    if (digest === undefined || compareBytes(digest, last) <= 0) return false
    last = digest
  }
  return true
}

/** Of their page, what we do not have, or have with other attestations. */
export function lacking(
  book: CatchUpBook,
  bucket: BucketName,
  theirs: readonly PageEntry[],
  ours: readonly PageEntry[],
): RecordId[] {
  const own = new Map(ours)
  return theirs.flatMap(([id, mark]) => {
    if (!isRecordId(id)) return []
    const ownMark = own.get(id)
    if (ownMark !== undefined) return compareBytes(ownMark, mark) === 0 ? [] : [id]
    // Not on our page of the same cursor: it may still lie further on.
    return book.has(bucket, id) ? [] : [id]
  })
}
