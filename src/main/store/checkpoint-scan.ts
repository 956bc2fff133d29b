import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { BucketName } from '../model/bucket.ts'
import type { Columns } from '../model/checkpoint-leaves.ts'
import { itemHash, joinSigned, wireSize } from '../model/checkpoint-record.ts'
import { askKey } from '../model/trust-records.ts'
import { bucketCode, bucketOfCode } from './stored-record.ts'

const digestBytes = 32
/** Room at first; it doubles as needed. */
const leastRoom = 1_024

/** The live records of one bucket, as columns that grow; what is needed to cut and compare them, not their bytes. */
export class BucketColumns implements Columns {
  validFrom = new Float64Array(leastRoom)
  digests = new Uint8Array(leastRoom * digestBytes)
  sizeBytes = new Uint32Array(leastRoom)
  rows = new Float64Array(leastRoom)
  count = 0
  /** What is compared of the few that have attestations; of all others it is the digest. */
  readonly #attested = new Map<number, Uint8Array>()

  add(row: number, digest: Uint8Array, validFrom: number, bodyBytes: number, attestations: Uint8Array | null): void {
    if (this.count === this.rows.length) this.#grow()
    const at = this.count
    this.validFrom[at] = validFrom
    this.digests.set(digest, at * digestBytes)
    this.sizeBytes[at] = wireSize(bodyBytes, attestations?.length ?? 1)
    this.rows[at] = row
    if (attestations !== null) this.#attested.set(at, itemHash(digest, attestations))
    this.count += 1
  }

  item(at: number): Uint8Array {
    return this.#attested.get(at) ?? this.digests.subarray(at * digestBytes, (at + 1) * digestBytes)
  }

  #grow(): void {
    const { validFrom, digests, sizeBytes, rows } = this
    this.validFrom = new Float64Array(validFrom.length * 2)
    this.digests = new Uint8Array(digests.length * 2)
    this.sizeBytes = new Uint32Array(sizeBytes.length * 2)
    this.rows = new Float64Array(rows.length * 2)
    this.validFrom.set(validFrom)
    this.digests.set(digests)
    this.sizeBytes.set(sizeBytes)
    this.rows.set(rows)
  }
}

/**
 * A reader of its own on the database of a running peer: it sees one moment of it, whatever the peer writes meanwhile
 * (WAL). For threads other than the peer's.
 */
export class CheckpointScan {
  readonly #connection: DatabaseSync
  readonly #record: StatementSync

  /** @throws when the file cannot be read */
  constructor(path: string) {
    this.#connection = new DatabaseSync(path, { readOnly: true, timeout: 5_000 })
    // The moment begins with the first read and ends with `close`.
    this.#connection.exec('BEGIN')
    this.#record = this.#connection.prepare('SELECT bytes, signature, attestations FROM records WHERE row = ?')
    this.#record.setReturnArrays(true)
  }

  close(): void {
    this.#connection.close()
  }

  /**
   * Records that have not ended, by bucket. Of `trust` all but asks, whoever made them: what makes a root or a role
   * count may be signed by a key that has since lost its own.
   * @param isWanted whether an author has a place in the swarm; keys are 32 bytes in upper case hex
   */
  read(
    buckets: readonly BucketName[],
    { nowMs, isWanted }: { readonly nowMs: number; readonly isWanted: (authorHex: string) => boolean },
  ): ReadonlyMap<BucketName, BucketColumns> {
    const found = new Map(buckets.map((bucket) => [bucket, new BucketColumns()]))
    const codes = buckets.map(bucketCode).join(', ')
    // The whole table in its own order: reading it by any index would touch each page many times.
    const statement = this.#connection.prepare(
      `SELECT row, bucket, id, hex(author), valid_from, length(bytes), attestations, key <> ? FROM records
       WHERE valid_until > ? AND +bucket IN (${codes})`,
    )
    statement.setReturnArrays(true)
    const rows = statement.iterate(askKey, nowMs) as unknown as Iterable<ScanRow>
    for (const [row, code, id, author, validFrom, bodyBytes, list, isNoAsk] of rows) {
      const bucket = bucketOfCode(code)
      if (bucket === undefined || !(bucket === 'trust' ? isNoAsk === 1 : isWanted(author))) continue
      found.get(bucket)?.add(row, id, validFrom, bodyBytes, list)
    }
    return found
  }

  /** A record's bytes on the wire. */
  signed(row: number): Uint8Array {
    const [bytes, signature, attestations] = this.#record.get(row) as unknown as RecordBytes
    return joinSigned(bytes, signature, attestations)
  }
}

type ScanRow = readonly [
  row: number,
  bucket: number,
  id: Uint8Array,
  author: string,
  validFrom: number,
  bodyBytes: number,
  attestations: Uint8Array | null,
  isNoAsk: number,
]
type RecordBytes = readonly [bytes: Uint8Array, signature: Uint8Array, attestations: Uint8Array | null]
