import type { PeerId, RecordId } from '../../shared/ids.ts'
import type { EventSource } from '../base/emitter.ts'
import type { Verdict } from '../model/attestation.ts'
import type { BucketName } from '../model/bucket.ts'
import { decodeSigned } from '../model/record-codec.ts'
import type { SignedRecord } from '../model/record.ts'
import type { RejectReason } from '../model/reject.ts'
import type { TrustState } from '../model/trust.ts'
import { BookTrust } from './book-trust.ts'
import { BucketGrowth, type GrowthPoint } from './bucket-growth.ts'
import { BucketTally, type BucketCount } from './bucket-tally.ts'
import { attestOwn, authorOwn, type OwnSigner } from './own-record.ts'
import { RangeIndex } from './range-index.ts'
import type { Merged, RecordBookComponents, RecordBookEvents, RecordBookInit, RecordDraft } from './record-book-init.ts'
import { RecordChanges } from './record-changes.ts'
import { checkRecord, type CheckResult } from './record-check.ts'
import type { DoorView } from './record-door.ts'
import { RecordReader } from './record-reader.ts'
import { RecordRetelling } from './record-retelling.ts'
import { RecordStore } from './record-store.ts'
import { RecordSweep } from './record-sweep.ts'
import { RecordTeller } from './record-teller.ts'
import type { Arrival, StoredRecord } from './stored-record.ts'
import { heldTrust, type TrustChange } from './trust-keeper.ts'

/**
 * All records that this peer holds, and the one way in for each: its own by `author`, others' by `check`, then `merge`.
 * What each counts for is decided by the trust records among them.
 */
export class RecordBook extends RecordReader {
  /** What is held, as reconciliation compares it. Whoever starts the book's exchange loads it. */
  readonly index: RangeIndex
  readonly #components: RecordBookComponents
  readonly #store: RecordStore
  readonly #tally = new BucketTally()
  readonly #growth = new BucketGrowth()
  readonly #trust: BookTrust
  readonly #sweeping: RecordSweep
  readonly #retelling: RecordRetelling
  readonly #maxSweep: number
  readonly #teller: RecordTeller

  constructor(components: RecordBookComponents, init: RecordBookInit = {}) {
    const { clock, counters, database, log } = components
    const store = new RecordStore(components)
    super({ database, clock, store, trust: () => this.#trust.state })
    this.#components = components
    this.#store = store
    this.index = new RangeIndex(components)
    this.#maxSweep = init.maxSweep ?? 500
    this.#teller = new RecordTeller({ clock, log, trust: () => this.#trust.state })
    for (const { bucket, author, records, bytes } of database.read(() => store.counts.tallies())) {
      this.#tally.add(bucket, author, records, bytes)
    }
    const held = database.read(() => [...heldTrust(store)])
    this.#trust = new BookTrust({ ...components, self: this.self, tally: this.#tally }, held, init)
    this.#sweeping = new RecordSweep(store, this.#tally)
    this.#retelling = new RecordRetelling({
      database,
      store,
      tally: this.#tally,
      now: () => clock.now(),
      tell: (records, before) => this.#teller.retell(records, before),
      trim: (records) => {
        this.#write(undefined, (changes) => records.forEach((stored) => changes.trim(stored)))
      },
      onFailure: (err) => {
        counters.add('store.failed:retelling')
        log.error({ err }, 'what counts since the trust changed could not all be told')
      },
    })
    this.#growth.note(clock.now(), this.counts())
    this.#restoreRoot()
  }

  get events(): EventSource<RecordBookEvents> {
    return this.#teller.events
  }

  /** Whose records `author` makes. */
  get self(): PeerId {
    return this.#components.identity.peerId
  }

  /** The swarm that its records belong to, and that their signatures name. */
  get swarm(): RecordId {
    return this.#components.swarm.get().anchor.swarm
  }

  /** Who may say what, now. */
  trust(): TrustState {
    return this.#trust.state
  }

  /**
   * Signs and stores a record of this peer; it is committed when this returns, its seq never given out again.
   * Throws INVALID_INPUT for a draft no peer would take, LIMIT_REACHED when this peer has its full share of the
   * bucket, DISK_FULL when it cannot be kept.
   */
  author(draft: RecordDraft): StoredRecord {
    const now = Math.trunc(this.#components.clock.now())
    const arrival = ownArrival(now)
    return this.#write(arrival, (changes) => authorOwn(draft, this.#own(), this.#store, changes, arrival))
  }

  /** Signs and stores many in one transaction: all or, where one cannot be, none. */
  authorAll(drafts: readonly RecordDraft[]): readonly StoredRecord[] {
    const arrival = ownArrival(Math.trunc(this.#components.clock.now()))
    return this.#write(arrival, (changes) =>
      drafts.map((draft) => authorOwn(draft, this.#own(), this.#store, changes, arrival)),
    )
  }

  /**
   * Adds this peer's verdict to a record it holds. Throws NOT_FOUND when it holds none of that id, NOT_TRUSTED when
   * this peer's signature would have no weight, so that nobody would keep it.
   */
  attest(id: RecordId, verdict: Verdict): StoredRecord {
    const arrival = ownArrival(Math.trunc(this.#components.clock.now()))
    return this.#write(arrival, (changes) => attestOwn({ id, verdict }, this.#own(), this.#store, changes, arrival))
  }

  /** As `attest`, many in one transaction: all of them or, when it throws, none. */
  attestAll(ids: readonly RecordId[], verdict: Verdict): void {
    if (ids.length === 0) return
    const arrival = ownArrival(Math.trunc(this.#components.clock.now()))
    this.#write(arrival, (changes) => {
      for (const id of ids) attestOwn({ id, verdict }, this.#own(), this.#store, changes, arrival)
    })
  }

  #own(): OwnSigner {
    return { identity: this.#components.identity, swarm: this.swarm }
  }

  /**
   * The cheap checks, in this order: size, shape, validity, author, known. Only a record that passes all is worth a
   * verification, and it comes back without the attestations that would not be kept. Counts refusals as
   * `ingest.refused:REASON`.
   */
  check(input: Uint8Array | SignedRecord, now: number = this.#components.clock.now()): CheckResult {
    const { counters, database } = this.#components
    this.#refreshTrust()
    const decoded = input instanceof Uint8Array ? decodeSigned(input) : { kind: 'ok' as const, record: input }
    const held = { store: this.#store, tally: this.#tally }
    const result =
      decoded.kind === 'ok' ? database.read(() => checkRecord(held, this.#trust.view(now), decoded.record)) : decoded
    if (result.kind === 'rejected') counters.add(`ingest.refused:${result.reason}`)
    return result
  }

  /**
   * Takes records whose signatures have been verified, in one transaction, then tells once a bucket. Refusals are
   * counted. Throws DISK_FULL when they cannot be kept; then none of them is.
   */
  merge(records: readonly SignedRecord[], arrival: Arrival): Merged {
    const refused: { id: RecordId; reason: RejectReason }[] = []
    const added = this.#write(arrival, (changes) => {
      for (const record of records) {
        const placed = changes.place(record, arrival)
        if (placed.kind === 'rejected') refused.push({ id: record.id, reason: placed.reason })
        else if (record.body.author === this.self) this.#store.counts.raiseOwnSeq(record.body.bucket, record.body.seq)
      }
      return changes.put
    })
    for (const { reason } of refused) this.#components.counters.add(`ingest.refused:${reason}`)
    return { added, refused }
  }

  /** Records and bytes held, by bucket, all buckets. */
  counts(): readonly BucketCount[] {
    return this.#tally.counts()
  }

  /** How the number of records in a bucket went, oldest first, what is now last. */
  growth(bucket: BucketName): readonly GrowthPoint[] {
    const records = this.counts().find((count) => count.bucket === bucket)?.records ?? 0
    return this.#growth.of(bucket, { atMs: Math.trunc(this.#components.clock.now()), records })
  }

  /** Whether neighbours bear out the time, or this machine's own clock has run evenly for so long. */
  isTimeEven(forMs: number): boolean {
    return this.#trust.isTimeEven(forMs)
  }

  /** The clock goes another way now: what counts is looked at anew. */
  timeChanged(): void {
    this.#refreshTrust()
  }

  /** Takes away what is over and brings the trust up to date; `more` when there is some left for the next call. */
  sweep(): { readonly removed: number; readonly more: boolean } {
    this.#refreshTrust()
    const removed = this.#write(undefined, (changes, view) =>
      this.#sweeping.run(changes, view, this.#trust.records, this.#maxSweep),
    )
    this.#growth.note(Math.trunc(this.#components.clock.now()), this.counts())
    return { removed, more: removed >= this.#maxSweep }
  }

  /** Resolves once all that a change of trust made count, or not count, has been told. */
  settled(): Promise<void> {
    return this.#retelling.settled()
  }

  /** The root that was kept beside the database goes back into it, for others to have. */
  #restoreRoot(): void {
    const kept = this.#components.swarm.get().rootRecord
    if (kept === null || this.has('trust', kept.id)) return
    const { clock, log } = this.#components
    const now = clock.now()
    try {
      this.merge([kept], ownArrival(now))
    } catch (err) {
      // It is believed all the same; only others do not get it from here until there is room again.
      log.warn({ err }, 'the root record of the swarm could not be put back into the database')
    }
  }

  /** Runs `work` as one transaction, then tells what has changed, once a bucket. */
  #write<Result>(arrival: Arrival | undefined, work: (changes: RecordChanges, view: DoorView) => Result): Result {
    const view = this.#trust.view(this.#components.clock.now())
    const changes = new RecordChanges(this.#store, this.#tally, view)
    let result: Result
    try {
      result = this.#components.database.transaction(() => {
        const done = work(changes, view)
        changes.finish()
        return done
      })
    } catch (error) {
      changes.undoTally()
      throw error
    }
    const { put, gone, trimmed, versions } = changes
    this.index.apply(versions)
    this.#trust.noted(
      [...put, ...trimmed].map(({ record }) => record),
      gone.map(({ record }) => record),
    )
    const change = this.#trust.refresh()
    this.#teller.changed(put, gone, arrival)
    if (change !== undefined) this.#tellTrust(change)
    return result
  }

  #refreshTrust(): void {
    const change = this.#trust.refresh()
    if (change !== undefined) this.#tellTrust(change)
  }

  #tellTrust(change: TrustChange): void {
    this.#teller.trustChanged(change, this.getMany(change.verdicts))
    this.#retelling.add(change)
  }
}

function ownArrival(receivedAtMs: number): Arrival {
  return { via: 'authored', from: null, channel: null, receivedAtMs, hops: 0 }
}
