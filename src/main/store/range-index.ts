import { setImmediate } from 'node:timers/promises'
import type { RecordId } from '../../shared/ids.ts'
import { bucketNames, type BucketName } from '../model/bucket.ts'
import { recordIdOfDigest } from '../model/record-id.ts'
import type { SignedRecord } from '../model/record.ts'
import { itemIdOf, itemOf, itemPrefixBytes } from '../model/reconcile-item.ts'
import type { Item } from '../model/reconcile-chunk.ts'
import { ItemList, type ReconcileSet } from '../model/reconcile-list.ts'
import type { Database } from './database.ts'
import { Statements } from './statements.ts'
import { bucketCode, bucketOfCode } from './stored-record.ts'

/** A version of a record (its attestations make another) that came, or went. */
export interface IndexChange {
  readonly record: Pick<SignedRecord, 'id' | 'body' | 'attestations'>
  readonly by: 1 | -1
}

/** Rows read before others get their turn: some 2 ms, on a robot's board some 10. */
const sliceRows = 1_000

/**
 * What this peer holds, by bucket, as reconciliation compares it: in memory, some 50 bytes a record, kept in step by the
 * record book: after each commit `apply` gets every version of a record that was counted, as it came or went. After a start it is read from the database, slice by slice, while records come and go.
 */
export class RangeIndex {
  readonly #sql: Statements
  readonly #database: Database
  readonly #lists: ReadonlyMap<BucketName, ItemList>
  /** Rows up to this one have been read; null once all have. */
  #readUpTo: number | null = 0

  constructor(components: { readonly database: Database }) {
    this.#database = components.database
    this.#sql = new Statements(components.database)
    this.#lists = new Map(bucketNames.map((bucket) => [bucket, new ItemList()]))
  }

  /** Whether all that the database held has been read: until then the sets are smaller than what is held. */
  get ready(): boolean {
    return this.#readUpTo === null
  }

  /** Reads what is not yet read. May be called again after an abort; rejects with the signal's reason. */
  async load({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    while (this.#readUpTo !== null) {
      signal?.throwIfAborted()
      this.#readUpTo = this.#database.read(() => this.#readSlice(this.#readUpTo ?? 0))
      await setImmediate()
    }
  }

  /** Changes that have been committed, in their order. One that is known already changes nothing. */
  apply(changes: Iterable<IndexChange>): void {
    for (const { record, by } of changes) {
      const list = this.#list(record.body.bucket)
      if (by > 0) list.add(itemOf(record))
      else list.remove(itemOf(record))
    }
  }

  /** The set of a bucket, live. */
  of(bucket: BucketName): ReconcileSet {
    return this.#list(bucket)
  }

  has(bucket: BucketName, item: Item): boolean {
    return this.#list(bucket).has(item)
  }

  /** 32 hex digits, the same for all that hold the same records with the same signatures. */
  fingerprint(bucket: BucketName): string {
    const list = this.#list(bucket)
    return Buffer.from(list.fingerprint(0, list.size)).toString('hex')
  }

  /**
   * The record behind an item id, also when its attestations have changed since: then the one whose digest begins
   * alike. Undefined when none is held.
   */
  recordId(bucket: BucketName, itemId: Uint8Array): RecordId | undefined {
    const row = this.#database.read(() => {
      const exact = this.#sql.get('SELECT id FROM records WHERE bucket = ? AND id = ?').get(bucketCode(bucket), itemId)
      if (exact !== undefined) return exact
      const prefix = itemId.subarray(0, itemPrefixBytes)
      return this.#sql
        .get('SELECT id FROM records WHERE bucket = ? AND id >= ? AND id < ? LIMIT 1')
        .get(bucketCode(bucket), prefix, following(prefix))
    })
    return row === undefined ? undefined : recordIdOfDigest(row['id'] as Uint8Array)
  }

  /** Row by row as they lie in the file. What changed since the last slice was applied, or is read here. */
  #readSlice(after: number): number | null {
    const rows = this.#sql
      .getForArrays('SELECT row, bucket, id, valid_from, attestations FROM records WHERE row > ? ORDER BY row LIMIT ?')
      .all(after, sliceRows) as unknown as readonly IndexRow[]
    for (const [, code, digest, timestampMs, attestations] of rows) {
      const bucket = bucketOfCode(code)
      if (bucket !== undefined) this.#list(bucket).add({ timestampMs, id: itemIdOf(digest, attestations) })
    }
    return rows.length < sliceRows ? null : (rows.at(-1)?.[0] ?? null)
  }

  #list(bucket: BucketName): ItemList {
    return this.#lists.get(bucket) ?? new ItemList()
  }
}

type IndexRow = readonly [
  row: number,
  bucket: number,
  id: Uint8Array,
  validFrom: number,
  attestations: Uint8Array | null,
]

/** The first bytes that no longer begin with these; for all ones, more than any id. */
function following(prefix: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from(prefix)
  for (let i = bytes.length - 1; i >= 0; i -= 1) {
    bytes[i] = ((bytes[i] ?? 0) + 1) & 255
    if (bytes[i] !== 0) return bytes
  }
  return new Uint8Array(64).fill(255)
}
