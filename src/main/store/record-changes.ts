import type { PeerId, RecordId } from '../../shared/ids.ts'
import { joinAttestations, sameAttestations, type Attestation } from '../model/attestation.ts'
import { buckets, type BucketName } from '../model/bucket.ts'
import { decideMerge, decideSweep, versionOf, type Version } from '../model/merge.ts'
import type { SignedRecord } from '../model/record.ts'
import { rejected, type Rejected } from '../model/reject.ts'
import { horizonMs } from '../model/validity.ts'
import type { BucketTally } from './bucket-tally.ts'
import type { AuthorCount } from './count-store.ts'
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
  readonly #put = new Map<RecordId, StoredRecord>()
  readonly #gone = new Map<RecordId, StoredRecord>()
  readonly #counted = new Map<string, AuthorCount>()
  /** Authors with new marks. */
  readonly #marked = new Map<BucketName, Set<PeerId>>()

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
  }

  /** Takes the counts back, when the transaction was. */
  undoTally(): void {
    for (const { bucket, author, records, bytes } of this.#counted.values()) {
      this.#tally.add(bucket, author, -records, -bytes)
    }
    this.#counted.clear()
  }

  #mark({ body: { bucket, author, key } }: SignedRecord, version: Version): void {
    this.#store.marks.set(bucket, author, key, version, horizonMs(version, buckets[bucket]))
    const authors = this.#marked.get(bucket)
    if (authors === undefined) this.#marked.set(bucket, new Set([author]))
    else authors.add(author)
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

  #count({ record: { body }, sizeBytes }: StoredRecord, by: 1 | -1): void {
    const { bucket, author } = body
    const name = `${bucket}/${author}`
    const { records, bytes } = this.#counted.get(name) ?? { records: 0, bytes: 0 }
    this.#counted.set(name, { bucket, author, records: records + by, bytes: bytes + by * sizeBytes })
    this.#tally.add(bucket, author, by, by * sizeBytes)
  }
}
