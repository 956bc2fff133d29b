import { setImmediate } from 'node:timers/promises'
import type { PeerId, RecordId } from '../../shared/ids.ts'
import type { Clock } from '../base/clock.ts'
import type { Attestation } from '../model/attestation.ts'
import { buckets, type BucketName } from '../model/bucket.ts'
import { recordState, type StateVerdict } from '../model/state.ts'
import type { TrustState } from '../model/trust.ts'
import type { Database } from './database.ts'
import type { IdEntry, RecordStore } from './record-store.ts'
import type { StoredRecord } from './stored-record.ts'

export interface ReaderComponents {
  readonly database: Database
  readonly clock: Clock
  readonly store: RecordStore
  readonly trust: () => TrustState
}

/** What can be asked of the records that a peer holds; nothing here changes them. */
export class RecordReader {
  readonly #reads: ReaderComponents

  constructor(components: ReaderComponents) {
    this.#reads = components
  }

  /** Accepted records of a bucket that are valid now, oldest arrival first. */
  live(bucket: BucketName, filter: { readonly author?: PeerId; readonly key?: string } = {}): readonly StoredRecord[] {
    const { author, key } = filter
    const by = author !== undefined ? { author, key } : key !== undefined ? { key } : undefined
    if (by === undefined) return [...this.livePages(bucket)].flat()
    const { clock, database, store } = this.#reads
    return this.#accepted(database.read(() => store.query({ bucket, by, endsAfterMs: clock.now() })))
  }

  /**
   * What `live` gives, page by page, each read when it is asked for, so that nothing holds up the process for longer
   * than a page takes; pages may be empty. What is merged meanwhile comes with the events, perhaps here too.
   */
  *livePages(bucket: BucketName, pageRecords = 256): Generator<readonly StoredRecord[], undefined> {
    for (const page of this.#pages(bucket, pageRecords)) yield this.#accepted(page)
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
    await this.#each(this.livePages(bucket), visit, signal)
  }

  /** As `eachLive`, but everything unexpired, whatever it counts for: what strangers say too, and what was dismissed. */
  async eachHeld(
    bucket: BucketName,
    visit: (stored: StoredRecord) => void,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    await this.#each(this.#pages(bucket, 256), visit, signal)
  }

  /** The accepted record of an author under a key; in a set bucket the newest such. */
  latest(bucket: BucketName, author: PeerId, key: string): StoredRecord | undefined {
    return this.live(bucket, { author, key }).at(-1)
  }

  get(id: RecordId): StoredRecord | undefined {
    const { database, store } = this.#reads
    return database.read(() => store.get(id))
  }

  has(bucket: BucketName, id: RecordId): boolean {
    const { database, store } = this.#reads
    return database.read(() => store.has(bucket, id))
  }

  /** Those of `ids` that are held, in the order asked for. */
  getMany(ids: readonly RecordId[]): readonly StoredRecord[] {
    const { database, store } = this.#reads
    return database.read(() => ids.flatMap((id) => store.get(id) ?? []))
  }

  /**
   * Ids of a bucket's unexpired records (of `trust` also the roots on the way), dismissed ones too, in id order, after `after` (exclusive). The end is
   * reached when fewer than `limit` come. @param author default: of all
   */
  idsPage(bucket: BucketName, after: RecordId | null, limit: number, author?: PeerId): readonly RecordId[] {
    const { database, store } = this.#reads
    return database.read(() => store.idsPage({ bucket, author, after, limit, endsAfterMs: this.#endsAfterMs(bucket) }))
  }

  /** As `idsPage`, each id with a mark that differs when its attestations do. */
  entriesPage(bucket: BucketName, after: RecordId | null, limit: number): readonly IdEntry[] {
    const { database, store } = this.#reads
    return database.read(() => store.entriesPage({ bucket, after, limit, endsAfterMs: this.#endsAfterMs(bucket) }))
  }

  /**
   * What is signed about a record that is held, or of which only the mark is left since it was dismissed; undefined
   * for one that is not known. A peer that still has it live is to be sent these.
   */
  attestations(id: RecordId): readonly Attestation[] | undefined {
    const { database, store } = this.#reads
    return database.read(() => store.get(id)?.record.attestations ?? store.buried.get(id)?.attestations)
  }

  /** The attestations of a record that was dismissed and buried; undefined for any other. */
  buried(id: RecordId): readonly Attestation[] | undefined {
    const { database, store } = this.#reads
    return database.read(() => store.buried.get(id)?.attestations)
  }

  /** What the record counts for now, and by which rule. */
  state({ record }: StoredRecord): StateVerdict {
    const { clock, trust } = this.#reads
    return recordState({ record, trust: trust(), policy: buckets[record.body.bucket], now: clock.now() })
  }

  /** Roots that led to the newest one are held when they have ended, for those who must climb. */
  #endsAfterMs(bucket: BucketName): number {
    return bucket === 'trust' ? -1 : this.#reads.clock.now()
  }

  *#pages(bucket: BucketName, pageRecords: number): Generator<readonly StoredRecord[], undefined> {
    const { clock, database, store } = this.#reads
    const listed: number[] = []
    for (let after: Uint8Array | undefined = new Uint8Array(0); after !== undefined;) {
      const from: Uint8Array = after
      const step = database.read(() => store.rows(bucket, from))
      for (const row of step.rows) listed.push(row)
      after = step.last
      if (after !== undefined) yield []
    }
    const rows = Float64Array.from(listed).sort()
    for (let from = 0; from < rows.length; from += pageRecords) {
      const page = rows.subarray(from, from + pageRecords)
      yield database.read(() => store.ofRows(page, clock.now()))
    }
  }

  async #each(
    pages: Iterable<readonly StoredRecord[]>,
    visit: (stored: StoredRecord) => void,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    for (const page of pages) {
      for (const stored of page) visit(stored)
      await setImmediate(undefined, signal === undefined ? {} : { signal })
    }
  }

  #accepted(records: readonly StoredRecord[]): readonly StoredRecord[] {
    return records.filter((stored) => this.state(stored).state === 'accepted')
  }
}
