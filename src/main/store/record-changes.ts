import type { PeerId, RecordId } from '../../shared/ids.ts'
import { joinFor, sameAttestations, type Attestation } from '../model/attestation.ts'
import { buckets, type BucketName } from '../model/bucket.ts'
import { decideMerge, decideSweep, versionOf, type Version } from '../model/merge.ts'
import type { SignedRecord } from '../model/record.ts'
import { rejected, type Rejected } from '../model/reject.ts'
import { isDismissed } from './record-check.ts'
import { gate, gated, hasRoom, judgedAtMs, refusedSigners, type DoorView } from './record-door.ts'
import { trustKindOf } from '../model/trust-records.ts'
import { horizonMs } from '../model/validity.ts'
import type { BucketTally } from './bucket-tally.ts'
import type { AuthorCount } from './count-store.ts'
import type { IndexChange } from './range-index.ts'
import type { RecordStore } from './record-store.ts'
import { storedOf, type Arrival, type StoredRecord } from './stored-record.ts'

export type Placed = { readonly kind: 'stored' | 'known'; readonly stored: StoredRecord } | Rejected

/**
 * What one transaction changes: the rows, the running counts, and, to be told afterwards, what came and what went.
 * A record that comes and is outdated within the same transaction was never there.
 */
export class RecordChanges {
  readonly #store: RecordStore
  readonly #tally: BucketTally
  readonly #view: DoorView
  readonly #put = new Map<RecordId, StoredRecord>()
  readonly #versions: IndexChange[] = []
  readonly #trimmed = new Map<RecordId, StoredRecord>()
  readonly #gone = new Map<RecordId, StoredRecord>()
  readonly #counted = new Map<string, AuthorCount>()
  /** Authors with new marks, and with new graves. */
  readonly #marked = new Map<BucketName, Set<PeerId>>()
  readonly #buried = new Map<BucketName, Set<PeerId>>()

  constructor(store: RecordStore, tally: BucketTally, view: DoorView) {
    this.#store = store
    this.#tally = tally
    this.#view = view
  }

  /** New, or newly attested. */
  get put(): readonly StoredRecord[] {
    return [...this.#put.values()]
  }

  get gone(): readonly StoredRecord[] {
    return [...this.#gone.values()]
  }

  /** Every version of a record that came or went, in order: for the index. */
  get versions(): readonly IndexChange[] {
    return this.#versions
  }

  /** Held as before, but for attestations that were taken off. */
  get trimmed(): readonly StoredRecord[] {
    return [...this.#trimmed.values()]
  }

  /** Gives a record whose signatures are good its place, as the door and `decideMerge` say. */
  place(whole: SignedRecord, arrival: Arrival): Placed {
    const { bucket, author, key } = whole.body
    const policy = buckets[bucket]
    const record = gated(this.#view, whole)
    const held = this.#store.has(bucket, record.id) ? this.#store.get(record.id) : undefined
    // Looked at again: what is known of its author may have changed while its signature was checked.
    const refused = held === undefined ? refusedSigners(this.#view, whole) : undefined
    if (refused !== undefined) return rejected(refused)
    const grave = held === undefined ? this.#store.buried.get(record.id, bucket) : undefined
    if (grave !== undefined && isDismissed(grave, this.#view, record)) {
      const attestations = joinFor(record, grave.attestations, record.attestations)
      if (!sameAttestations(attestations, grave.attestations)) this.#store.buried.put({ ...grave, attestations })
      return rejected('dismissed')
    }
    const slot = policy.kind === 'set' ? held?.record : this.#store.slot(bucket, author, key)
    const current = slot === undefined ? undefined : 'version' in slot ? slot.version : versionOf(slot)
    const outcome = decideMerge(current, versionOf(record), policy, judgedAtMs(this.#view, record))
    switch (outcome) {
      case 'added':
      case 'replaced': {
        const takesRow = slot === undefined || ('marked' in slot && slot.marked)
        if (takesRow && !hasRoom(this.#view, record, this.#tally)) return rejected('quota')
        this.#makeRoom(record)
        if (current !== undefined) this.clear(bucket, author, key)
        if (grave !== undefined) this.#store.buried.delete(bucket, record.id)
        return this.#insert(record, grave?.attestations ?? [], arrival)
      }
      case 'marked':
        this.clear(bucket, author, key)
        this.#mark(record, versionOf(record))
        return rejected('expired')
      case 'known': {
        const known = held ?? this.#store.get(record.id)
        // Of a keyed record only the mark is left, though it counts again.
        if (known === undefined) return this.#unbury(record, arrival)
        const attested = this.attest(known, record.attestations)
        return attested === undefined ? { kind: 'known', stored: known } : { kind: 'stored', stored: attested }
      }
      case 'superseded':
      case 'expired':
      case 'future':
      case 'bad-validity':
        return rejected(outcome)
    }
  }

  /** Adds attestations to a record that is held; undefined when all were known. */
  attest(held: StoredRecord, added: readonly Attestation[]): StoredRecord | undefined {
    const { attestations } = held.record
    const joined = joinFor(held.record, attestations, gate(this.#view, held.record, added))
    if (sameAttestations(attestations, joined)) return undefined
    const stored = this.#setAttestations(held, joined)
    this.#came(stored)
    return stored
  }

  /** Whether an attestation on a record that is held would be let in. */
  wouldKeep(held: StoredRecord, attestation: Attestation): boolean {
    return gate(this.#view, held.record, [attestation]).length > 0
  }

  /** Takes off the attestations that would not be let in now. Who knows nobody throws nothing away. */
  trim(held: StoredRecord): void {
    if (this.#view.trust.root === null) return
    const record = gated(this.#view, held.record)
    if (record === held.record) return
    const stored = this.#setAttestations(held, record.attestations)
    this.#count(stored, 1)
    this.#trimmed.set(record.id, stored)
  }

  /** Takes away a dismissed record of a set bucket, and remembers who dismissed it. */
  bury(stored: StoredRecord): void {
    const { id, body, attestations } = stored.record
    const { bucket, author, validUntil } = body
    this.#went(stored)
    this.#store.buried.put({ bucket, id, author, validUntilMs: validUntil, attestations })
    note(this.#buried, bucket, author)
  }

  /** Takes away a record and remembers nothing. */
  drop(stored: StoredRecord): void {
    this.#went(stored)
  }

  /** Takes away what a keyed slot holds, record or mark. */
  clear(bucket: BucketName, author: PeerId, key: string): void {
    for (const stored of this.#store.query({ bucket, by: { author, key } })) this.#went(stored)
    this.#store.marks.delete(bucket, author, key)
  }

  /** Takes away a record that has ended, and remembers what it still outdates. */
  sweep(stored: StoredRecord, nowMs: number): void {
    const version = versionOf(stored.record)
    this.#went(stored)
    if (decideSweep(version, buckets[stored.record.body.bucket], nowMs) === 'mark') this.#mark(stored.record, version)
  }

  /** The last step inside the transaction: saves the counts and brings the marks back within their bounds. */
  finish(): void {
    for (const count of this.#counted.values()) {
      if (count.records !== 0 || count.bytes !== 0) this.#store.counts.addTally(count)
    }
    for (const [bucket, authors] of this.#marked) this.#store.marks.trim(bucket, authors)
    for (const [bucket, authors] of this.#buried) this.#store.buried.trim(bucket, authors)
  }

  /** Takes the counts back, when the transaction was. */
  undoTally(): void {
    for (const { bucket, author, records, bytes } of this.#counted.values()) {
      this.#tally.add(bucket, author, -records, -bytes)
    }
    this.#view.room.reset()
    this.#counted.clear()
  }

  #mark({ body: { bucket, author, key } }: SignedRecord, version: Version): void {
    this.#store.marks.set(bucket, author, key, version, horizonMs(version, buckets[bucket]))
    note(this.#marked, bucket, author)
  }

  #unbury(record: SignedRecord, arrival: Arrival): Placed {
    const { bucket, author, key } = record.body
    const mark = this.#store.marks.get(bucket, author, key)
    if (mark?.id !== record.id) return rejected('malformed')
    if (!hasRoom(this.#view, record, this.#tally)) return rejected('quota')
    const grave = this.#store.buried.get(record.id)
    this.#store.marks.delete(bucket, author, key)
    this.#store.buried.delete(bucket, record.id)
    return this.#insert(record, grave?.attestations ?? [], arrival)
  }

  /** @param buried what is remembered of it: who signed that may count for nothing by now */
  #insert(record: SignedRecord, buried: readonly Attestation[], arrival: Arrival): Placed {
    const attestations = joinFor(record, gate(this.#view, record, buried), record.attestations)
    const stored = storedOf({ ...record, attestations }, arrival)
    this.#store.insert(stored.record, arrival)
    this.#came(stored)
    return { kind: 'stored', stored }
  }

  /** Of a crowd of strangers who ask to be let in, the one that asked first makes room. */
  #makeRoom(record: SignedRecord): void {
    const { author, bucket, key } = record.body
    if (bucket !== 'trust' || trustKindOf(key) !== 'ask' || author === this.#view.self) return
    const place = this.#view.room.forAsk(record)
    const oldest = typeof place === 'string' ? undefined : this.#store.get(place.id)
    if (oldest !== undefined) this.drop(oldest)
  }

  #setAttestations(held: StoredRecord, attestations: readonly Attestation[]): StoredRecord {
    const stored = storedOf({ ...held.record, attestations }, held.arrival)
    this.#store.setAttestations(stored.record)
    this.#count(held, -1)
    return stored
  }

  #came(stored: StoredRecord): void {
    this.#count(stored, 1)
    this.#put.set(stored.record.id, stored)
  }

  #went(stored: StoredRecord): void {
    this.#store.delete(stored.record.body.bucket, stored.record.id)
    this.#count(stored, -1)
    if (!this.#put.delete(stored.record.id)) this.#gone.set(stored.record.id, stored)
  }

  #count({ record, sizeBytes }: StoredRecord, by: 1 | -1): void {
    const { bucket, author } = record.body
    this.#versions.push({ record, by })
    const name = `${bucket}/${author}`
    const { records, bytes } = this.#counted.get(name) ?? { records: 0, bytes: 0 }
    this.#counted.set(name, { bucket, author, records: records + by, bytes: bytes + by * sizeBytes })
    this.#tally.add(bucket, author, by, by * sizeBytes)
    if (bucket === 'trust') this.#view.room.note(record, by)
  }
}

function note(authors: Map<BucketName, Set<PeerId>>, bucket: BucketName, author: PeerId): void {
  const named = authors.get(bucket)
  if (named === undefined) authors.set(bucket, new Set([author]))
  else named.add(author)
}
