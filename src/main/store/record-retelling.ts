import { setImmediate } from 'node:timers/promises'
import type { PeerId } from '../../shared/ids.ts'
import { bucketNames, type BucketName } from '../model/bucket.ts'
import type { TrustState } from '../model/trust.ts'
import type { Database } from './database.ts'
import type { RecordStore } from './record-store.ts'
import type { StoredRecord } from './stored-record.ts'
import type { BucketTally } from './bucket-tally.ts'
import type { TrustChange } from './trust-keeper.ts'

export interface RetellingDeps {
  readonly database: Database
  readonly store: RecordStore
  readonly tally: BucketTally
  readonly now: () => number
  /** Tells of those that count otherwise than under `before`; undefined: of all. */
  readonly tell: (records: readonly StoredRecord[], before: TrustState | undefined) => void
  /** Takes off the attestations of those whose signatures have no weight any more. */
  readonly trim: (records: readonly StoredRecord[]) => void
  readonly onFailure: (error: unknown) => void
}

/** What is still to be looked at. */
interface Work {
  before: TrustState | undefined
  readonly authors: Set<PeerId>
  readonly buckets: Set<BucketName>
  attested: boolean
  rest: boolean
}

/** Some 5 ms each: reading, judging, telling. */
const pageRecords = 256
/** Authors with a record or two each: as many queries take about as long. */
const pageQueries = 64

/**
 * After a change of trust, tells of the records that count now and did not, or the other way round: in slices, so that a
 * thousand robots that are admitted at once, or an author of 50,000 files that is revoked, hold nothing up.
 * Small changes are told at once. One record may be told twice when trust changes again meanwhile.
 */
export class RecordRetelling {
  readonly #deps: RetellingDeps
  #next: Work | undefined
  #busy = false
  #running: Promise<void> = Promise.resolve()

  constructor(deps: RetellingDeps) {
    this.#deps = deps
  }

  add(change: TrustChange): void {
    if (change.peers.length === 0 && change.buckets.length === 0) return
    const overlaps = this.#busy
    // What was told half way is not known: then all that may have changed is told again.
    this.#next ??= {
      before: overlaps ? undefined : change.before,
      authors: new Set(),
      buckets: new Set(),
      attested: false,
      rest: false,
    }
    const work = this.#next
    for (const peer of change.peers) {
      work.authors.add(peer)
      // Those of a stranger were never kept, so only who was somebody before can have changed anything by signing.
      if (change.before.of(peer).standing !== 'stranger') work.attested = true
    }
    // Whose signatures a rule counts is whose are kept.
    if (change.buckets.length > 0) work.attested = true
    for (const bucket of change.buckets) if (bucket !== 'trust') work.buckets.add(bucket)
    // Not asked by the promise: what is little is through before there is one.
    if (!this.#busy) this.#running = this.#run()
  }

  /** Resolves once everything has been told. */
  async settled(): Promise<void> {
    await this.#running
  }

  async #run(): Promise<void> {
    this.#busy = true
    try {
      for (let work = this.#take(); work !== undefined; work = this.#take()) {
        for (const records of this.#slices(work)) {
          this.#deps.tell(records, work.before)
          if (!work.rest) continue
          await setImmediate()
          if (!this.#deps.database.isOpen) return
        }
      }
    } catch (error) {
      this.#deps.onFailure(error)
    } finally {
      this.#busy = false
    }
  }

  #take(): Work | undefined {
    const work = this.#next
    this.#next = undefined
    return work
  }

  /** Each slice is read just before it is told. The first comes at once; `rest` is set when more may follow. */
  *#slices(work: Work): Generator<readonly StoredRecord[], undefined> {
    const { store } = this.#deps
    let slice: StoredRecord[] = []
    let queries = 0
    for (const author of work.authors) {
      for (const bucket of this.#bucketsOf(author)) {
        const rows = Float64Array.from(store.rowsOf(bucket, author)).sort()
        for (let from = 0; from < rows.length; from += pageRecords) {
          slice.push(...store.ofRows(rows.subarray(from, from + pageRecords), this.#deps.now()))
          if (slice.length < pageRecords && ++queries < pageQueries) continue
          work.rest = true
          yield slice
          slice = []
          queries = 0
        }
      }
    }
    yield slice
    for (const bucket of work.buckets) {
      for (let after: Uint8Array | undefined = new Uint8Array(0); after !== undefined;) {
        const step = store.rows(bucket, after, 2_000)
        after = step.last
        yield* this.#pagesOf(step.rows, work)
      }
    }
    if (!work.attested) return
    for (let after: number | undefined = 0; after !== undefined;) {
      const step = store.attested(after, pageRecords)
      after = step.last
      const page = store.ofRows(Float64Array.from(step.rows), this.#deps.now())
      this.#deps.trim(page)
      if (after !== undefined) work.rest = true
      yield page
    }
  }

  *#pagesOf(rows: readonly number[], work: Work): Generator<readonly StoredRecord[], undefined> {
    const sorted = Float64Array.from(rows).sort()
    for (let from = 0; from < sorted.length; from += pageRecords) {
      if (from + pageRecords < sorted.length) work.rest = true
      yield this.#deps.store.ofRows(sorted.subarray(from, from + pageRecords), this.#deps.now())
    }
  }

  /** Trust records are told by their verdicts, at once. */
  #bucketsOf(author: PeerId): BucketName[] {
    return bucketNames.filter((bucket) => bucket !== 'trust' && this.#deps.tally.countOf(bucket, author) > 0)
  }
}
