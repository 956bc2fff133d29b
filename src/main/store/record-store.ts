import { hash } from 'node:crypto'
import type { PeerId, RecordId } from '../../shared/ids.ts'
import type { Counters } from '../base/counters.ts'
import type { BucketName } from '../model/bucket.ts'
import type { Version } from '../model/merge.ts'
import { encodeAttestationList } from '../model/record-codec.ts'
import { recordDigest, recordIdOfDigest } from '../model/record-id.ts'
import type { SignedRecord } from '../model/record.ts'
import { BuriedStore } from './buried-store.ts'
import { CountStore } from './count-store.ts'
import type { Database } from './database.ts'
import { MarkStore } from './mark-store.ts'
import { Statements } from './statements.ts'
import {
  authorKey,
  bucketCode,
  bucketCodes,
  digestOf,
  pageColumns,
  recordColumns,
  rowsOfPage,
  storedOfRow,
  type Arrival,
  type PageRow,
  type RecordRow,
  type StoredRecord,
} from './stored-record.ts'
import { versionOfRow } from './version-row.ts'

export type { Arrival, StoredRecord } from './stored-record.ts'

/** A record's id, and a mark that differs when its attestations do: enough for two peers to find out what one lacks. */
export interface IdEntry {
  readonly id: RecordId
  readonly mark: Uint8Array
}

const noMark = new Uint8Array(0)

export interface RecordQuery {
  readonly bucket: BucketName
  /** One of author and key at least; for a whole bucket there are `rows` and `ofRows`. */
  readonly by:
    | { readonly author: PeerId; readonly key?: string | undefined }
    | { readonly author?: undefined; readonly key: string }
  /** Only those whose validity has not ended by then. */
  readonly endsAfterMs?: number | undefined
}

/** Where a listing goes on: bucket and id order are both fixed, so a page never shifts. */
export interface PageQuery {
  readonly bucket: BucketName
  /** Default: of all. */
  readonly author?: PeerId | undefined
  /** Exclusive; null for the first page. */
  readonly after: RecordId | null
  readonly limit: number
  readonly endsAfterMs: number
}

/** The table of records, with what is kept beside it: rows in, rows out. What may go in, the record book decides. */
export class RecordStore {
  readonly marks: MarkStore
  readonly counts: CountStore
  readonly buried: BuriedStore
  readonly #counters: Counters
  readonly #sql: Statements

  constructor(components: { readonly database: Database; readonly counters: Counters }) {
    this.#counters = components.counters
    this.#sql = new Statements(components.database)
    this.marks = new MarkStore(this.#sql)
    this.counts = new CountStore(this.#sql)
    this.buried = new BuriedStore(this.#sql)
  }

  insert(record: SignedRecord, arrival: Arrival): void {
    const { body } = record
    this.#sql
      .get(
        `INSERT INTO records (bucket, id, author, key, seq, valid_from, valid_until, bytes, signature, attestations,
           via, from_peer, received_at, hops, channel) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        bucketCode(body.bucket),
        digestOf(record.id),
        authorKey(body.author),
        body.key,
        body.seq,
        body.validFrom,
        body.validUntil,
        record.bytes,
        record.signature,
        encodeAttestations(record),
        arrival.via,
        arrival.from,
        arrival.receivedAtMs,
        arrival.hops,
        arrival.channel,
      )
  }

  setAttestations(record: SignedRecord): void {
    this.#sql
      .get('UPDATE records SET attestations = ? WHERE bucket = ? AND id = ?')
      .run(encodeAttestations(record), bucketCode(record.body.bucket), digestOf(record.id))
  }

  delete(bucket: BucketName, id: RecordId): void {
    this.#sql.get('DELETE FROM records WHERE bucket = ? AND id = ?').run(bucketCode(bucket), digestOf(id))
  }

  has(bucket: BucketName, id: RecordId): boolean {
    const row = this.#sql.get('SELECT 1 FROM records WHERE bucket = ? AND id = ?').get(bucketCode(bucket), digestOf(id))
    return row !== undefined
  }

  /** Looks in every bucket. */
  get(id: RecordId): StoredRecord | undefined {
    const digest = recordDigest(id)
    if (digest === undefined) return undefined
    return this.#all(`WHERE bucket IN (${bucketCodes}) AND id = ?`, digest)[0]
  }

  /** What a keyed slot holds: the version of its record, or of its mark. */
  slot(
    bucket: BucketName,
    author: PeerId,
    key: string,
  ): { readonly version: Version; readonly marked: boolean } | undefined {
    const row = this.#sql
      .get('SELECT id, seq, valid_from, valid_until FROM records WHERE bucket = ? AND author = ? AND key = ?')
      .get(bucketCode(bucket), authorKey(author), key)
    if (row !== undefined) return { version: versionOfRow(row), marked: false }
    const version = this.marks.get(bucket, author, key)
    return version === undefined ? undefined : { version, marked: true }
  }

  /** The numbers of an author's rows in a bucket, from an index alone. 50,000 take some 10 ms. */
  rowsOf(bucket: BucketName, author: PeerId): number[] {
    const [list] = this.#sql
      .getForArrays('SELECT json_group_array(row) FROM records WHERE bucket = ? AND author = ?')
      .all(bucketCode(bucket), authorKey(author)) as unknown as readonly (readonly [string])[]
    return JSON.parse(list?.[0] ?? '[]') as number[]
  }

  /** Records of all buckets that have attestations, after a row number; in row order, at most `limit`. */
  attested(afterRow: number, limit: number): { readonly rows: number[]; readonly last?: number } {
    const [list] = this.#sql
      .getForArrays(`SELECT json_group_array(row) FROM
      (SELECT row FROM records WHERE attestations IS NOT NULL AND row > ? ORDER BY row LIMIT ?)`)
      .all(afterRow, limit) as unknown as readonly (readonly [string])[]
    const rows = JSON.parse(list?.[0] ?? '[]') as number[]
    const last = rows.at(-1)
    return last === undefined || rows.length < limit ? { rows } : { rows, last }
  }

  /** An author's records in a bucket, at most `limit`. */
  some(bucket: BucketName, author: PeerId, limit: number): StoredRecord[] {
    return this.#all('WHERE bucket = ? AND author = ? LIMIT ?', bucketCode(bucket), authorKey(author), limit)
  }

  /** Records whose validity has ended by `overMs`; at most `limit`. */
  ended(overMs: number, limit: number): StoredRecord[] {
    return this.#all('WHERE valid_until <= ? LIMIT ?', overMs, limit)
  }

  /** Of others than `self` and outside of `trust`: what has ended by `overMs`; at most `limit`. */
  othersEnded(overMs: number, self: PeerId, limit: number): StoredRecord[] {
    const where = 'WHERE valid_until <= ? AND bucket <> ? AND author <> ? LIMIT ?'
    return this.#all(where, overMs, bucketCode('trust'), authorKey(self), limit)
  }

  /** Of the same: what starts after `futureMs`. */
  othersAhead(futureMs: number, self: PeerId, limit: number): StoredRecord[] {
    const where = 'WHERE valid_until > ? AND valid_from > ? AND bucket <> ? AND author <> ? LIMIT ?'
    return this.#all(where, futureMs, futureMs, bucketCode('trust'), authorKey(self), limit)
  }

  /** Oldest arrival first; of one author, oldest validity first. */
  query({ bucket, by: { author, key }, endsAfterMs = -1 }: RecordQuery): StoredRecord[] {
    const code = bucketCode(bucket)
    if (author === undefined) {
      // Rows by number, from an index that holds the numbers: sorting whole rows would cost more than reading them.
      const where =
        'WHERE row IN (SELECT row FROM records WHERE bucket = ?) AND valid_until > ? AND key = ? ORDER BY row'
      return this.#all(where, code, endsAfterMs, key)
    }
    const where = 'WHERE bucket = ? AND author = ? AND valid_until > ?'
    const at = [code, authorKey(author), endsAfterMs] as const
    if (key === undefined) return this.#all(`${where} ORDER BY valid_from`, ...at)
    return this.#all(`${where} AND key = ? ORDER BY valid_from`, ...at, key)
  }

  /**
   * The numbers of a bucket's rows, from an index alone, in steps by id: `last` is where the next begins.
   * @param limit default 20,000: some 5 ms
   */
  rows(bucket: BucketName, after: Uint8Array, limit = 20_000): { readonly rows: number[]; readonly last?: Uint8Array } {
    const [list] = this.#sql
      .getForArrays(`SELECT json_group_array(row), max(id) FROM
      (SELECT row, id FROM records WHERE bucket = ? AND id > ? ORDER BY id LIMIT ?)`)
      .all(bucketCode(bucket), after, limit) as unknown as readonly (readonly [string, Uint8Array | null])[]
    const [text = '[]', last = null] = list ?? []
    const rows = JSON.parse(text) as number[]
    return last === null || rows.length < limit ? { rows } : { rows, last }
  }

  /** Those of these rows that are still there. In row order they lie together in the file; in id order, scattered. */
  ofRows(rows: Float64Array, endsAfterMs: number): StoredRecord[] {
    const [page] = this.#sql
      .getForArrays(`SELECT ${pageColumns} FROM
      (SELECT * FROM records WHERE row IN (SELECT value FROM json_each(?)) AND valid_until > ? ORDER BY row)`)
      .all(`[${rows.join()}]`, endsAfterMs) as unknown as readonly PageRow[]
    return page === undefined ? [] : rowsOfPage(page).flatMap((row) => this.#stored(row) ?? [])
  }

  /** Ids of a bucket in id order. */
  idsPage({ bucket, author, after, limit, endsAfterMs }: PageQuery): RecordId[] {
    if (author !== undefined) return this.#idsOfAuthor({ bucket, author, after, limit, endsAfterMs })
    return this.#sql
      .get('SELECT id FROM records WHERE bucket = ? AND id > ? AND valid_until > ? ORDER BY id LIMIT ?')
      .all(bucketCode(bucket), startOf(after), endsAfterMs, limit)
      .map((row) => recordIdOfDigest(row['id'] as Uint8Array))
  }

  /** By the index of authors: what others have in the bucket costs nothing. */
  #idsOfAuthor({ bucket, author, after, limit, endsAfterMs }: PageQuery & { readonly author: PeerId }): RecordId[] {
    return this.#sql
      .get(
        `SELECT id FROM records INDEXED BY records_by_slot
         WHERE bucket = ? AND author = ? AND id > ? AND valid_until > ? ORDER BY id LIMIT ?`,
      )
      .all(bucketCode(bucket), authorKey(author), startOf(after), endsAfterMs, limit)
      .map((row) => recordIdOfDigest(row['id'] as Uint8Array))
  }

  /** As `idsPage`, each id with a mark of its attestations: empty without any, else 8 bytes that change with them. */
  entriesPage({ bucket, after, limit, endsAfterMs }: PageQuery): IdEntry[] {
    return this.#sql
      .get('SELECT id, attestations FROM records WHERE bucket = ? AND id > ? AND valid_until > ? ORDER BY id LIMIT ?')
      .all(bucketCode(bucket), startOf(after), endsAfterMs, limit)
      .map(({ id, attestations }) => ({
        id: recordIdOfDigest(id as Uint8Array),
        mark: attestations instanceof Uint8Array ? hash('sha256', attestations, 'buffer').subarray(0, 8) : noMark,
      }))
  }

  #all(where: string, ...values: readonly (number | string | Uint8Array)[]): StoredRecord[] {
    const records: StoredRecord[] = []
    for (const row of this.#rows(where, ...values)) {
      const stored = this.#stored(row)
      if (stored !== undefined) records.push(stored)
    }
    return records
  }

  /** One row at a time: the rows and the records of a large bucket need not be in memory at once. */
  #rows(where: string, ...values: readonly (number | string | Uint8Array)[]): Iterable<RecordRow> {
    const statement = this.#sql.getForArrays(`SELECT ${recordColumns} FROM records ${where}`)
    return statement.iterate(...values) as unknown as Iterable<RecordRow>
  }

  #stored(row: RecordRow): StoredRecord | undefined {
    const stored = storedOfRow(row)
    // As good as absent, but not silently.
    if (stored === undefined) this.#counters.add('store.failed:row-unreadable')
    return stored
  }
}

function startOf(after: RecordId | null): Uint8Array {
  return after === null ? new Uint8Array(0) : digestOf(after)
}

function encodeAttestations(record: SignedRecord): Uint8Array | null {
  return record.attestations.length === 0 ? null : encodeAttestationList(record.attestations)
}
