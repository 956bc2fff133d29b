import { hash } from 'node:crypto'
import type { StatementSync } from 'node:sqlite'
import { isPeerId, type PeerId, type RecordId } from '../../shared/ids.ts'
import type { HeardHow } from '../../shared/views.ts'
import type { Counters } from '../base/counters.ts'
import { bucketNames, type BucketName } from '../model/bucket.ts'
import type { Version } from '../model/merge.ts'
import { keyOfPeerId, peerIdOfKey } from '../model/peer-key.ts'
import { assembleRecord, decodeAttestationList, encodeAttestationList, signedSizeBytes } from '../model/record-codec.ts'
import { recordDigest, recordIdOfDigest } from '../model/record-id.ts'
import type { SignedRecord } from '../model/record.ts'
import type { Database } from './database.ts'

/** How a record came here. */
export interface Arrival {
  /** `authored`: signed by this peer, just now. */
  readonly via: 'authored' | Exclude<HeardHow, 'self'>
  /** The neighbour that handed it over; null when authored here. */
  readonly from: PeerId | null
  readonly receivedAtMs: number
  /** Peers it passed on its way, as far as is known; 0 when authored here, 1 straight from its author. */
  readonly hops: number
}

export interface StoredRecord {
  readonly record: SignedRecord
  readonly arrival: Arrival
  readonly sizeBytes: number
}

/** A record's id, and a mark that differs when its attestations do: enough for two peers to find out what one lacks. */
export interface IdEntry {
  readonly id: RecordId
  readonly mark: Uint8Array
}

const noMark = new Uint8Array(0)

/** Where a listing goes on: bucket and id order are both fixed, so a page never shifts. */
export interface RecordQuery {
  readonly bucket: BucketName
  readonly author?: PeerId | undefined
  readonly key?: string | undefined
  /** Only those whose validity has not ended by then. */
  readonly endsAfterMs?: number | undefined
}

/** Stable numbers for the tables: appended to, never reordered. `bucketNames` keeps the same rule. */
const codeOf = new Map<BucketName, number>(bucketNames.map((name, index) => [name, index + 1]))

interface Row {
  readonly bytes: Uint8Array
  readonly signature: Uint8Array
  readonly attestations: Uint8Array | null
  readonly via: string
  readonly from_peer: string | null
  readonly received_at: number
  readonly hops: number
}

interface VersionRow {
  readonly id: Uint8Array
  readonly seq: number
  readonly valid_from: number
  readonly valid_until: number
}

const columns = 'bytes, signature, attestations, via, from_peer, received_at, hops'

/** The tables of records and marks: rows in, rows out. What may go in is decided by the record book. */
export class RecordStore {
  readonly #database: Database
  readonly #counters: Counters
  readonly #prepared = new Map<string, StatementSync>()

  constructor(components: { readonly database: Database; readonly counters: Counters }) {
    this.#database = components.database
    this.#counters = components.counters
  }

  insert(record: SignedRecord, arrival: Arrival): void {
    const { body } = record
    this.#sql(
      `INSERT INTO records (bucket, id, author, key, seq, valid_from, valid_until, ${columns})
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(
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
    )
  }

  setAttestations(record: SignedRecord): void {
    this.#sql('UPDATE records SET attestations = ? WHERE bucket = ? AND id = ?').run(
      encodeAttestations(record),
      bucketCode(record.body.bucket),
      digestOf(record.id),
    )
  }

  delete(bucket: BucketName, id: RecordId): void {
    this.#sql('DELETE FROM records WHERE bucket = ? AND id = ?').run(bucketCode(bucket), digestOf(id))
  }

  has(bucket: BucketName, id: RecordId): boolean {
    return (
      this.#sql('SELECT 1 FROM records WHERE bucket = ? AND id = ?').get(bucketCode(bucket), digestOf(id)) !== undefined
    )
  }

  /** Looks in every bucket. */
  get(id: RecordId): StoredRecord | undefined {
    const digest = recordDigest(id)
    if (digest === undefined) return undefined
    const codes = [...codeOf.values()].join(', ')
    return this.#stored(this.#sql(`SELECT ${columns} FROM records WHERE bucket IN (${codes}) AND id = ?`).get(digest))
  }

  /** What a keyed slot holds: the version of its record, or of its mark. */
  slot(
    bucket: BucketName,
    author: PeerId,
    key: string,
  ): { readonly version: Version; readonly marked: boolean } | undefined {
    const at = [bucketCode(bucket), authorKey(author), key] as const
    const fields = 'id, seq, valid_from, valid_until'
    const row = this.#sql(`SELECT ${fields} FROM records WHERE bucket = ? AND author = ? AND key = ?`).get(...at)
    if (row !== undefined) return { version: versionOfRow(row), marked: false }
    const mark = this.#sql(`SELECT ${fields} FROM marks WHERE bucket = ? AND author = ? AND key = ?`).get(...at)
    return mark === undefined ? undefined : { version: versionOfRow(mark), marked: true }
  }

  setMark(bucket: BucketName, author: PeerId, key: string, version: Version, horizonMs: number): void {
    this.#sql('INSERT OR REPLACE INTO marks VALUES (?, ?, ?, ?, ?, ?, ?, ?)').run(
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

  deleteMark(bucket: BucketName, author: PeerId, key: string): void {
    this.#sql('DELETE FROM marks WHERE bucket = ? AND author = ? AND key = ?').run(
      bucketCode(bucket),
      authorKey(author),
      key,
    )
  }

  /** Forgets marks whose horizon has passed; says how many. */
  sweepMarks(nowMs: number): number {
    return Number(this.#sql('DELETE FROM marks WHERE horizon <= ?').run(nowMs).changes)
  }

  markCount(bucket: BucketName, author: PeerId): number {
    return count(
      this.#sql('SELECT count(*) AS n FROM marks WHERE bucket = ? AND author = ?').get(
        bucketCode(bucket),
        authorKey(author),
      ),
    )
  }

  /** Records whose validity has ended by `nowMs`, or starts after `futureMs`; at most `limit`. */
  outdated(nowMs: number, futureMs: number, limit: number): StoredRecord[] {
    const ended = this.#sql(`SELECT ${columns} FROM records WHERE valid_until <= ? LIMIT ?`).all(nowMs, limit)
    const early = this.#sql(`SELECT ${columns} FROM records WHERE valid_until > ? AND valid_from > ? LIMIT ?`).all(
      futureMs,
      futureMs,
      limit - ended.length,
    )
    return [...ended, ...early].flatMap((row) => this.#stored(row) ?? [])
  }

  query(query: RecordQuery): StoredRecord[] {
    const { author, key, endsAfterMs = -1 } = query
    const code = bucketCode(query.bucket)
    const where = 'WHERE bucket = ? AND valid_until > ?'
    const rows =
      author === undefined
        ? key === undefined
          ? this.#sql(`SELECT ${columns} FROM records ${where} ORDER BY row`).all(code, endsAfterMs)
          : this.#sql(`SELECT ${columns} FROM records ${where} AND key = ? ORDER BY row`).all(code, endsAfterMs, key)
        : key === undefined
          ? this.#sql(`SELECT ${columns} FROM records ${where} AND author = ? ORDER BY valid_from`).all(
              code,
              endsAfterMs,
              authorKey(author),
            )
          : this.#sql(`SELECT ${columns} FROM records ${where} AND author = ? AND key = ? ORDER BY valid_from`).all(
              code,
              endsAfterMs,
              authorKey(author),
              key,
            )
    return rows.flatMap((row) => this.#stored(row) ?? [])
  }

  /** Ids of a bucket in id order, after `after` (exclusive), of records that end after `endsAfterMs`. */
  idsPage(bucket: BucketName, after: RecordId | null, limit: number, endsAfterMs: number): RecordId[] {
    const from = after === null ? new Uint8Array(0) : digestOf(after)
    return this.#sql('SELECT id FROM records WHERE bucket = ? AND id > ? AND valid_until > ? ORDER BY id LIMIT ?')
      .all(bucketCode(bucket), from, endsAfterMs, limit)
      .map((row) => recordIdOfDigest(row['id'] as Uint8Array))
  }

  /** As `idsPage`, each id with a mark of its attestations: empty without any, else 8 bytes that change with them. */
  entriesPage(bucket: BucketName, after: RecordId | null, limit: number, endsAfterMs: number): IdEntry[] {
    const from = after === null ? new Uint8Array(0) : digestOf(after)
    return this.#sql(
      'SELECT id, attestations FROM records WHERE bucket = ? AND id > ? AND valid_until > ? ORDER BY id LIMIT ?',
    )
      .all(bucketCode(bucket), from, endsAfterMs, limit)
      .map(({ id, attestations }) => ({
        id: recordIdOfDigest(id as Uint8Array),
        mark: attestations instanceof Uint8Array ? hash('sha256', attestations, 'buffer').subarray(0, 8) : noMark,
      }))
  }

  /** Records, bytes and authors' shares as stored now; reads the whole table, so it is asked once, at the start. */
  tally(): {
    readonly bucket: BucketName
    readonly author: PeerId
    readonly records: number
    readonly bytes: number
  }[] {
    const rows = this.#sql(
      `SELECT bucket, author, count(*) AS records,
         sum(length(bytes) + 84 + 128 * (coalesce(length(attestations), 0) / 110)) AS bytes
       FROM records GROUP BY bucket, author`,
    ).all()
    return rows.flatMap((row) => {
      const bucket = bucketNames[Number(row['bucket']) - 1]
      if (bucket === undefined) return []
      const author = peerIdOfKey(row['author'] as Uint8Array)
      return [{ bucket, author, records: Number(row['records']), bytes: Number(row['bytes']) }]
    })
  }

  /** The highest seq this peer has used in a bucket; 0 before the first. */
  ownSeq(bucket: BucketName): number {
    return Number(this.#sql('SELECT seq FROM own_seq WHERE bucket = ?').get(bucketCode(bucket))?.['seq'] ?? 0)
  }

  /** Never goes down. */
  raiseOwnSeq(bucket: BucketName, seq: number): void {
    this.#sql(
      'INSERT INTO own_seq VALUES (?, ?) ON CONFLICT (bucket) DO UPDATE SET seq = excluded.seq WHERE excluded.seq > own_seq.seq',
    ).run(bucketCode(bucket), seq)
  }

  #stored(row: Record<string, unknown> | undefined): StoredRecord | undefined {
    if (row === undefined) return undefined
    const { bytes, signature, attestations, via, from_peer: from, received_at, hops } = row as unknown as Row
    const list = attestations === null ? [] : decodeAttestationList(attestations)
    const decoded = list === undefined ? undefined : assembleRecord(bytes, signature, list, { trusted: true })
    if (decoded?.kind !== 'ok') {
      // A damaged row that SQLite's own check cannot see: as good as absent, but not silently.
      this.#counters.add('store.failed:row-unreadable')
      return undefined
    }
    return {
      record: decoded.record,
      arrival: {
        via: isVia(via) ? via : 'relayed',
        from: from !== null && isPeerId(from) ? from : null,
        receivedAtMs: received_at,
        hops,
      },
      sizeBytes: storedSizeBytes(decoded.record),
    }
  }

  #sql(text: string): StatementSync {
    let statement = this.#prepared.get(text)
    if (statement === undefined) this.#prepared.set(text, (statement = this.#database.connection.prepare(text)))
    return statement
  }
}

export function storedSizeBytes(record: SignedRecord): number {
  return signedSizeBytes(record)
}

function isVia(via: string): via is Arrival['via'] {
  return via === 'authored' || via === 'direct' || via === 'relayed' || via === 'caught-up'
}

function bucketCode(bucket: BucketName): number {
  return codeOf.get(bucket) ?? 0
}

function digestOf(id: RecordId): Uint8Array {
  return recordDigest(id) ?? new Uint8Array(0)
}

function authorKey(author: PeerId): Uint8Array {
  return keyOfPeerId(author) ?? new Uint8Array(0)
}

function encodeAttestations(record: SignedRecord): Uint8Array | null {
  return record.attestations.length === 0 ? null : encodeAttestationList(record.attestations)
}

function versionOfRow(row: Record<string, unknown>): Version {
  const { id, seq, valid_from, valid_until } = row as unknown as VersionRow
  return { id: recordIdOfDigest(id), seq, validFrom: valid_from, validUntil: valid_until }
}

function count(row: Record<string, unknown> | undefined): number {
  return Number(row?.['n'] ?? 0)
}
