import type { PeerId, RecordId } from '../../shared/ids.ts'
import { joinAttestations, sameAttestations, type Attestation } from '../model/attestation.ts'
import { buckets, type BucketName } from '../model/bucket.ts'
import { decideMerge, decideSweep, versionOf, type Version } from '../model/merge.ts'
import type { SignedRecord } from '../model/record.ts'
import { rejected, type Rejected } from '../model/reject.ts'
import { horizonMs } from '../model/validity.ts'
import type { BucketTally } from './bucket-tally.ts'
import { storedSizeBytes, type Arrival, type RecordStore, type StoredRecord } from './record-store.ts'

export type Placed = { readonly kind: 'stored' | 'known'; readonly stored: StoredRecord } | Rejected

/**
 * What one transaction changes: the rows, the running counts, and, to be told afterwards, what came and what went.
 * A record that comes and is outdated within the same transaction was never there.
 */
export class RecordChanges {
  readonly #store: RecordStore
  readonly #tally: BucketTally
  readonly #put = new Map<RecordId, StoredRecord>()
  readonly #gone = new Map<RecordId, StoredRecord>()
  readonly #counted: (readonly [stored: StoredRecord, by: 1 | -1])[] = []

  constructor(store: RecordStore, tally: BucketTally) {
    this.#store = store
    this.#tally = tally
  }

  /** New, or newly attested. */
  get put(): readonly StoredRecord[] {
    return [...this.#put.values()]
  }

  get gone(): readonly StoredRecord[] {
    return [...this.#gone.values()]
  }

  /** Gives a record its place, as `decideMerge` says. */
  place(record: SignedRecord, arrival: Arrival, nowMs: number): Placed {
    const { bucket, author, key } = record.body
    const policy = buckets[bucket]
    const isHeld = policy.kind === 'set' && this.#store.has(bucket, record.id)
    const held = isHeld ? this.#store.get(record.id) : undefined
    const slot = policy.kind === 'set' ? held?.record : this.#store.slot(bucket, author, key)
    const current = slot === undefined ? undefined : 'version' in slot ? slot.version : versionOf(slot)
    const outcome = decideMerge(current, versionOf(record), policy, nowMs)
    switch (outcome) {
      case 'added':
      case 'replaced': {
        const takesRow = slot === undefined || ('marked' in slot && slot.marked)
        if (takesRow && !this.#tally.hasRoom(bucket, author)) return rejected('quota')
        if (current !== undefined) this.clear(bucket, author, key)
        const attestations = joinAttestations(record.id, author, record.attestations)
        const stored = storedOf({ ...record, attestations }, arrival)
        this.#store.insert(stored.record, arrival)
        this.#came(stored)
        return { kind: 'stored', stored }
      }
      case 'marked':
        this.clear(bucket, author, key)
        this.#mark(record, versionOf(record))
        return rejected('expired')
      case 'known': {
        const known = held ?? this.#store.get(record.id)
        if (known === undefined) return rejected('malformed')
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
    const { id, body, attestations } = held.record
    const joined = joinAttestations(id, body.author, attestations, added)
    if (sameAttestations(attestations, joined)) return undefined
    const stored = storedOf({ ...held.record, attestations: joined }, held.arrival)
    this.#store.setAttestations(stored.record)
    this.#count(held, -1)
    this.#came(stored)
    return stored
  }

  /** Takes away what a keyed slot holds, record or mark. */
  clear(bucket: BucketName, author: PeerId, key: string): void {
    for (const stored of this.#store.query({ bucket, author, key })) this.#went(stored)
    this.#store.deleteMark(bucket, author, key)
  }

  /** Takes away a record that has ended, and remembers what it still outdates. */
  sweep(stored: StoredRecord, nowMs: number): void {
    const version = versionOf(stored.record)
    this.#went(stored)
    if (decideSweep(version, buckets[stored.record.body.bucket], nowMs) === 'mark') this.#mark(stored.record, version)
  }

  /** Takes the counts back, when the transaction was. */
  undoTally(): void {
    for (const [stored, by] of this.#counted.splice(0)) this.#add(stored, by === 1 ? -1 : 1)
  }

  /** Marks are bounded as records are; without one, an older record that comes again may count until it ends. */
  #mark({ body: { bucket, author, key } }: SignedRecord, version: Version): void {
    const policy = buckets[bucket]
    if (this.#store.markCount(bucket, author) >= policy.maxRecordsPerAuthor) return
    this.#store.setMark(bucket, author, key, version, horizonMs(version, policy))
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

  #count(stored: StoredRecord, by: 1 | -1): void {
    this.#counted.push([stored, by])
    this.#add(stored, by)
  }

  #add({ record, sizeBytes }: StoredRecord, by: 1 | -1): void {
    this.#tally.add(record.body.bucket, record.body.author, by, by * sizeBytes)
  }
}

function storedOf(record: SignedRecord, arrival: Arrival): StoredRecord {
  return { record, arrival, sizeBytes: storedSizeBytes(record) }
}
