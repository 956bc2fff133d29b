import { SwarmError } from '../../shared/errors.ts'
import type { PeerId, RecordId } from '../../shared/ids.ts'
import type { Clock } from '../base/clock.ts'
import type { Counters } from '../base/counters.ts'
import { Emitter, type EventSource } from '../base/emitter.ts'
import type { Log } from '../base/log.ts'
import { joinAttestations, sameAttestations, signAttestation, type Verdict } from '../model/attestation.ts'
import { bucketNames, buckets, maxFutureMs, type BucketName } from '../model/bucket.ts'
import type { CborMap } from '../model/cbor.ts'
import { decideMerge, versionOf } from '../model/merge.ts'
import { decodeSigned } from '../model/record-codec.ts'
import { signRecord, type RecordBody, type SignedRecord } from '../model/record.ts'
import { rejected, type Rejected, type RejectReason } from '../model/reject.ts'
import { recordState, type StateVerdict } from '../model/state.ts'
import { checkValidity } from '../model/validity.ts'
import { BucketTally, type BucketCount } from './bucket-tally.ts'
import type { Database } from './database.ts'
import type { Identity } from './identity-store.ts'
import { RecordChanges } from './record-changes.ts'
import { RecordStore, type Arrival, type IdEntry, type StoredRecord } from './record-store.ts'

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

export type CheckResult =
  | Rejected
  | { readonly kind: 'known'; readonly id: RecordId }
  | { readonly kind: 'check-signature'; readonly record: SignedRecord }

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
    for (const { bucket, author, records, bytes } of components.database.read(() => this.#store.tally())) {
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
    const arrival: Arrival = { via: 'authored', from: null, receivedAtMs: now, hops: 0 }
    return this.#write(arrival, (changes) => {
      const slot = policy.kind === 'keyed' ? this.#store.slot(bucket, identity.peerId, key) : undefined
      // One stamped by a clock that was far ahead is taken by nobody: it must not outdate what is said now.
      const astray = slot !== undefined && slot.version.validFrom > now + maxFutureMs
      if (astray) changes.clear(bucket, identity.peerId, key)
      // A clock that stepped back must not make the new record older than the one before.
      const validFrom = Math.max(now, slot === undefined || astray ? 0 : slot.version.validFrom)
      const validUntil = validFrom + Math.trunc(validForMs)
      const seq = Math.max(this.#store.ownSeq(bucket), slot?.version.seq ?? 0) + 1
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
      this.#store.raiseOwnSeq(bucket, seq)
      return placed.stored
    })
  }

  /** Adds this peer's verdict to a record it holds. Throws NOT_FOUND when it holds none of that id. */
  attest(id: RecordId, verdict: Verdict): StoredRecord {
    const { clock, identity } = this.#components
    const now = Math.trunc(clock.now())
    const arrival: Arrival = { via: 'authored', from: null, receivedAtMs: now, hops: 0 }
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
    const decoded = input instanceof Uint8Array ? decodeSigned(input) : { kind: 'ok' as const, record: input }
    const result = decoded.kind === 'ok' ? this.#checkDecoded(decoded.record, now) : decoded
    if (result.kind === 'rejected') this.#components.counters.add(`ingest.refused:${result.reason}`)
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
        else if (record.body.author === this.self) this.#store.raiseOwnSeq(record.body.bucket, record.body.seq)
      }
      return changes.put
    })
    for (const { reason } of refused) counters.add(`ingest.refused:${reason}`)
    return { added, refused }
  }

  /** Accepted records of a bucket that are valid now, oldest arrival first. */
  live(bucket: BucketName, filter: { readonly author?: PeerId; readonly key?: string } = {}): readonly StoredRecord[] {
    const now = this.#components.clock.now()
    return this.#components.database
      .read(() => this.#store.query({ bucket, ...filter, endsAfterMs: now }))
      .filter((stored) => this.state(stored).state === 'accepted')
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
    return this.#components.database.read(() => this.#store.idsPage(bucket, after, limit, now))
  }

  /** As `idsPage`, each id with a mark that differs when its attestations do. */
  entriesPage(bucket: BucketName, after: RecordId | null, limit: number): readonly IdEntry[] {
    const now = this.#components.clock.now()
    return this.#components.database.read(() => this.#store.entriesPage(bucket, after, limit, now))
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
      this.#store.sweepMarks(now)
      return outdated.length
    })
    return { removed, more: removed >= this.#maxSweep }
  }

  #checkDecoded(record: SignedRecord, now: number): CheckResult {
    const { bucket, author, key } = record.body
    const policy = buckets[bucket]
    const invalid = checkValidity(record.body, policy, now)
    // One that has ended may still outdate another; that needs its signature, and is worth it only then.
    if (invalid !== undefined && invalid !== 'expired') return rejected(invalid)
    if (record.attestations.some((attestation) => attestation.at > now + maxFutureMs)) return rejected('future')
    if (policy.kind === 'set') {
      if (invalid !== undefined) return rejected(invalid)
      return this.#checkKnown(record) ?? { kind: 'check-signature', record }
    }
    const current = this.#components.database.read(() => this.#store.slot(bucket, author, key))
    const outcome = decideMerge(current?.version, versionOf(record), policy, now)
    if (outcome === 'expired' || outcome === 'superseded' || outcome === 'future' || outcome === 'bad-validity') {
      return rejected(outcome)
    }
    if (outcome === 'known') return this.#checkKnown(record) ?? { kind: 'check-signature', record }
    return { kind: 'check-signature', record }
  }

  /** Known, unless it is new or brings attestations that are. */
  #checkKnown(record: SignedRecord): CheckResult | undefined {
    const known = { kind: 'known', id: record.id } as const
    if (!this.has(record.body.bucket, record.id)) return undefined
    if (record.attestations.length === 0) return known
    const held = this.get(record.id)
    if (held === undefined) return undefined
    const { attestations } = held.record
    const joined = joinAttestations(record.id, record.body.author, attestations, record.attestations)
    return sameAttestations(attestations, joined) ? known : undefined
  }

  /** Runs `work` as one transaction, then tells what has changed, once a bucket. */
  #write<Result>(arrival: Arrival | undefined, work: (changes: RecordChanges) => Result): Result {
    const changes = new RecordChanges(this.#store, this.#tally)
    let result: Result
    try {
      result = this.#components.database.transaction(() => work(changes))
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
