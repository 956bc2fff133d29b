import { setImmediate } from 'node:timers/promises'
import { SwarmError } from '../../shared/errors.ts'
import type { PeerId, RecordId } from '../../shared/ids.ts'
import type { Clock } from '../base/clock.ts'
import type { Counters } from '../base/counters.ts'
import { Emitter, type EventSource } from '../base/emitter.ts'
import type { Log } from '../base/log.ts'
import { signAttestation, type Verdict } from '../model/attestation.ts'
import { bucketNames, buckets, maxFutureMs, type BucketName } from '../model/bucket.ts'
import type { CborMap } from '../model/cbor.ts'
import { decodeSigned } from '../model/record-codec.ts'
import { signRecord, type RecordBody, type SignedRecord } from '../model/record.ts'
import type { RejectReason } from '../model/reject.ts'
import { recordState, type StateVerdict } from '../model/state.ts'
import { BucketTally, type BucketCount } from './bucket-tally.ts'
import type { Database } from './database.ts'
import type { Identity } from './identity-store.ts'
import { RecordChanges } from './record-changes.ts'
import { checkRecord, type CheckResult } from './record-check.ts'
import { RecordStore, type IdEntry } from './record-store.ts'
import type { Arrival, StoredRecord } from './stored-record.ts'

export interface RecordBookComponents {
  readonly database: Database
  readonly identity: Identity
  readonly clock: Clock
  readonly log: Log
  readonly counters: Counters
}

export interface RecordBookInit {
  /** Most records one `sweep` takes away, so that it never blocks for long. Default 5,000: about 100 ms. */
  readonly maxSweep?: number
}

export interface RecordBookEvents {
  /** Records that are new here, or have new attestations; sent once they are committed. */
  'bucket:merged': { readonly bucket: BucketName; readonly records: readonly StoredRecord[]; readonly arrival: Arrival }
  /** Records that are gone: ended, or outdated by a newer one of the same author and key. */
  'bucket:swept': { readonly bucket: BucketName; readonly ids: readonly RecordId[] }
}

export interface RecordDraft {
  readonly bucket: BucketName
  readonly key: string
  readonly value: CborMap
  readonly validForMs: number
}

export interface Merged {
  /** New here, or with attestations that were not known. */
  readonly added: readonly StoredRecord[]
  readonly refused: readonly { readonly id: RecordId; readonly reason: RejectReason }[]
}

/** All records that this peer holds, and the one way in for each: its own by `author`, others' by `check`, then `merge`. */
export class RecordBook {
  readonly #components: RecordBookComponents
  readonly #store: RecordStore
  readonly #tally = new BucketTally()
  readonly #maxSweep: number
  readonly #events: Emitter<RecordBookEvents>

  constructor(components: RecordBookComponents, init: RecordBookInit = {}) {
    this.#components = components
    this.#store = new RecordStore(components)
    this.#maxSweep = init.maxSweep ?? 5_000
    this.#events = new Emitter((error, name) => components.log.error({ err: error, name }, 'A listener failed'))
    for (const { bucket, author, records, bytes } of components.database.read(() => this.#store.counts.tallies())) {
      this.#tally.add(bucket, author, records, bytes)
    }
  }

  get events(): EventSource<RecordBookEvents> {
    return this.#events
  }

  /** Whose records `author` makes. */
  get self(): PeerId {
    return this.#components.identity.peerId
  }

  /**
   * Signs and stores a record of this peer; it is committed when this returns, its seq never given out again.
   * Throws INVALID_INPUT for a draft no peer would take, LIMIT_REACHED when this peer has its full share of the
   * bucket, DISK_FULL when it cannot be kept.
   */
  author(draft: RecordDraft): StoredRecord {
    const { clock, identity } = this.#components
    const { bucket, key, value, validForMs } = draft
    const policy = buckets[bucket]
    if (!(validForMs > 0 && validForMs <= policy.maxValidityMs)) {
      throw new SwarmError(
        'INVALID_INPUT',
        `A record in ${bucket} lives up to ${policy.maxValidityMs} ms, not ${validForMs}.`,
      )
    }
    const now = Math.trunc(clock.now())
    const arrival: Arrival = { via: 'authored', from: null, channel: null, receivedAtMs: now, hops: 0 }
    return this.#write(arrival, (changes) => {
      const slot = policy.kind === 'keyed' ? this.#store.slot(bucket, identity.peerId, key) : undefined
      // One stamped by a clock that was far ahead is taken by nobody: it must not outdate what is said now.
      const astray = slot !== undefined && slot.version.validFrom > now + maxFutureMs
      if (astray) changes.clear(bucket, identity.peerId, key)
      // A clock that stepped back must not make the new record older than the one before.
      const validFrom = Math.max(now, slot === undefined || astray ? 0 : slot.version.validFrom)
      const validUntil = validFrom + Math.trunc(validForMs)
      const seq = Math.max(this.#store.counts.ownSeq(bucket), slot?.version.seq ?? 0) + 1
      const body: RecordBody = { v: 1, bucket, key, value, author: identity.peerId, seq, validFrom, validUntil }
      const placed = changes.place(signRecord(body, identity), arrival, now)
      if (placed.kind === 'rejected') {
        throw new SwarmError(
          'LIMIT_REACHED',
          `This peer may keep no more in the bucket ${bucket}: take back what is old.`,
          {
            detail: { bucket, reason: placed.reason },
          },
        )
      }
      this.#store.counts.raiseOwnSeq(bucket, seq)
      return placed.stored
    })
  }

  /** Adds this peer's verdict to a record it holds. Throws NOT_FOUND when it holds none of that id. */
  attest(id: RecordId, verdict: Verdict): StoredRecord {
    const { clock, identity } = this.#components
    const now = Math.trunc(clock.now())
    const arrival: Arrival = { via: 'authored', from: null, channel: null, receivedAtMs: now, hops: 0 }
    return this.#write(arrival, (changes) => {
      const held = this.#store.get(id)
      if (held === undefined) throw new SwarmError('NOT_FOUND', `This peer holds no record ${id}.`, { detail: { id } })
      const own = held.record.attestations.find((attestation) => attestation.author === identity.peerId)
      const at = Math.max(now, (own?.at ?? -1) + 1)
      return changes.attest(held, [signAttestation(id, verdict, at, identity)]) ?? held
    })
  }

  /**
   * The cheap checks, in this order: size, shape, validity, known. Only a record that passes all is worth a
   * verification. Counts refusals as `ingest.refused:REASON`.
   */
  check(input: Uint8Array | SignedRecord, now: number = this.#components.clock.now()): CheckResult {
    const { counters, database } = this.#components
    const decoded = input instanceof Uint8Array ? decodeSigned(input) : { kind: 'ok' as const, record: input }
    const result = decoded.kind === 'ok' ? database.read(() => checkRecord(this.#store, decoded.record, now)) : decoded
    if (result.kind === 'rejected') counters.add(`ingest.refused:${result.reason}`)
    return result
  }

  /**
   * Takes records whose signatures have been verified, in one transaction, then tells once a bucket. Refusals are
   * counted. Throws DISK_FULL when they cannot be kept; then none of them is.
   */
  merge(records: readonly SignedRecord[], arrival: Arrival): Merged {
    const { clock, counters } = this.#components
    const now = clock.now()
    const refused: { id: RecordId; reason: RejectReason }[] = []
    const added = this.#write(arrival, (changes) => {
      for (const record of records) {
        const placed = changes.place(record, arrival, now)
        if (placed.kind === 'rejected') refused.push({ id: record.id, reason: placed.reason })
        else if (record.body.author === this.self) this.#store.counts.raiseOwnSeq(record.body.bucket, record.body.seq)
      }
      return changes.put
    })
    for (const { reason } of refused) counters.add(`ingest.refused:${reason}`)
    return { added, refused }
  }

  /** Accepted records of a bucket that are valid now, oldest arrival first. */
  live(bucket: BucketName, filter: { readonly author?: PeerId; readonly key?: string } = {}): readonly StoredRecord[] {
    const { author, key } = filter
    const by = author !== undefined ? { author, key } : key !== undefined ? { key } : undefined
    if (by === undefined) return [...this.livePages(bucket)].flat()
    const { clock, database } = this.#components
    return this.#accepted(database.read(() => this.#store.query({ bucket, by, endsAfterMs: clock.now() })))
  }

  /**
   * What `live` gives, page by page, each read when it is asked for, so that nothing holds up the process for longer
   * than a page takes; pages may be empty. What is merged meanwhile comes with the events, perhaps here too.
   */
  *livePages(bucket: BucketName, pageRecords = 256): Generator<readonly StoredRecord[], undefined> {
    const { clock, database } = this.#components
    const listed: number[] = []
    for (let after: Uint8Array | undefined = new Uint8Array(0); after !== undefined;) {
      const from: Uint8Array = after
      const step = database.read(() => this.#store.rows(bucket, from))
      for (const row of step.rows) listed.push(row)
      after = step.last
      if (after !== undefined) yield []
    }
    const rows = Float64Array.from(listed).sort()
    for (let from = 0; from < rows.length; from += pageRecords) {
      const page = rows.subarray(from, from + pageRecords)
      yield this.#accepted(database.read(() => this.#store.ofRows(page, clock.now())))
    }
  }

  /**
   * Visits what is live, with a turn of the event loop after each page. A record is still the newest when it is visited:
   * nothing comes between the reading of a page and its visits. Rejects with the signal's reason when aborted.
   */
  async eachLive(
    bucket: BucketName,
    visit: (stored: StoredRecord) => void,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    for (const page of this.livePages(bucket)) {
      for (const stored of page) visit(stored)
      await setImmediate(undefined, signal === undefined ? {} : { signal })
    }
  }

  /** The accepted record of an author under a key; in a set bucket the newest such. */
  latest(bucket: BucketName, author: PeerId, key: string): StoredRecord | undefined {
    return this.live(bucket, { author, key }).at(-1)
  }

  get(id: RecordId): StoredRecord | undefined {
    return this.#components.database.read(() => this.#store.get(id))
  }

  has(bucket: BucketName, id: RecordId): boolean {
    return this.#components.database.read(() => this.#store.has(bucket, id))
  }

  /** Those of `ids` that are held, in the order asked for. */
  getMany(ids: readonly RecordId[]): readonly StoredRecord[] {
    return this.#components.database.read(() => ids.flatMap((id) => this.#store.get(id) ?? []))
  }

  /**
   * Ids of a bucket's unexpired records, dismissed ones too, in id order, after `after` (exclusive). The end is
   * reached when fewer than `limit` come.
   */
  idsPage(bucket: BucketName, after: RecordId | null, limit: number): readonly RecordId[] {
    const now = this.#components.clock.now()
    return this.#components.database.read(() => this.#store.idsPage({ bucket, after, limit, endsAfterMs: now }))
  }

  /** As `idsPage`, each id with a mark that differs when its attestations do. */
  entriesPage(bucket: BucketName, after: RecordId | null, limit: number): readonly IdEntry[] {
    const now = this.#components.clock.now()
    return this.#components.database.read(() => this.#store.entriesPage({ bucket, after, limit, endsAfterMs: now }))
  }

  /** What the record counts for now, and by which rule. */
  state({ record }: StoredRecord): StateVerdict {
    return recordState(record, record.attestations, buckets[record.body.bucket], this.#components.clock.now())
  }

  /** Records and bytes held, by bucket, all buckets. */
  counts(): readonly BucketCount[] {
    return this.#tally.counts()
  }

  /** Takes away what has ended; `more` when there is some left for the next call. */
  sweep(): { readonly removed: number; readonly more: boolean } {
    const now = this.#components.clock.now()
    const removed = this.#write(undefined, (changes) => {
      const outdated = this.#store.outdated(now, now + maxFutureMs, this.#maxSweep)
      for (const stored of outdated) changes.sweep(stored, now)
      this.#store.marks.sweep(now)
      return outdated.length
    })
    return { removed, more: removed >= this.#maxSweep }
  }

  #accepted(records: readonly StoredRecord[]): readonly StoredRecord[] {
    return records.filter((stored) => this.state(stored).state === 'accepted')
  }

  /** Runs `work` as one transaction, then tells what has changed, once a bucket. */
  #write<Result>(arrival: Arrival | undefined, work: (changes: RecordChanges) => Result): Result {
    const changes = new RecordChanges(this.#store, this.#tally)
    let result: Result
    try {
      result = this.#components.database.transaction(() => {
        const done = work(changes)
        changes.finish()
        return done
      })
    } catch (error) {
      changes.undoTally()
      throw error
    }
    const { put, gone } = changes
    for (const bucket of bucketNames) {
      const ids = gone.filter(({ record }) => record.body.bucket === bucket).map(({ record }) => record.id)
      const records = put.filter(({ record }) => record.body.bucket === bucket)
      if (ids.length > 0) this.#events.emit('bucket:swept', { bucket, ids })
      if (records.length > 0 && arrival !== undefined) this.#events.emit('bucket:merged', { bucket, records, arrival })
    }
    return result
  }
}
