import type { PeerId } from '../../shared/ids.ts'
import type { Clock } from '../base/clock.ts'
import type { Counters } from '../base/counters.ts'
import type { Startable } from '../base/lifecycle.ts'
import type { Log } from '../base/log.ts'
import { decodeBatch, decodeSigned } from '../model/record-codec.ts'
import type { SignedRecord } from '../model/record.ts'
import type { RejectReason } from '../model/reject.ts'
import type { RecordBook } from '../store/record-book.ts'
import type { Arrival } from '../store/record-store.ts'
import type { NeighbourClocks } from './neighbour-clocks.ts'
import { VerifyOnce } from './verify-once.ts'
import type { VerifyPool } from './verify-pool.ts'

/** Where a batch came from. */
export interface Source {
  readonly from: PeerId
  readonly how: 'gossip' | 'catch-up'
}

/** What became of a batch. */
export interface Verdict {
  readonly added: number
  readonly known: number
  readonly refused: number
  /** Of the refused, those that no honest peer passes on. */
  readonly garbage: number
  /** The queue was full: nothing was looked at. */
  readonly dropped: boolean
}

export interface IngestInit {
  /** Bytes of batches that may wait. Default 16 MiB: about two seconds of the highest rate. */
  readonly maxWaitingBytes?: number
}

/** The parts of the book that ingest needs. */
export type IngestBook = Pick<RecordBook, 'check' | 'merge'>

/** A batch that waits, and what is known of it so far. */
interface Job {
  readonly batch: Uint8Array
  readonly source: Source
  readonly settle: (verdict: Verdict) => void
  added: number
  known: number
  refused: number
  garbage: number
}

interface Candidate {
  readonly job: Job
  readonly record: SignedRecord
}

/** Honest peers may differ in these: by their clock, their version, or what they already hold. */
const honestReasons: ReadonlySet<RejectReason> = new Set<RejectReason>([
  'expired',
  'future',
  'unknown-version',
  'unknown-bucket',
  'superseded',
  'quota',
])

/** Records looked at before others get their turn: a full batch, some 8 ms. */
const sliceRecords = 200
/** Slices whose signatures are being checked at the same time: enough that no thread waits for work. */
const maxSlices = 6

/**
 * The one door for records from others. Checks, cheapest first: size, shape, validity, known, signature; then merges.
 * A record that comes several times at once is verified once. What is refused is counted by reason.
 */
export class Ingest implements Startable {
  readonly #deps: IngestDeps
  readonly #maxWaitingBytes: number
  readonly #jobs: Job[] = []
  #waitingBytes = 0
  #running = false
  #loop: Promise<void> | null = null
  readonly #slices = new Set<Promise<void>>()
  readonly #once: VerifyOnce

  constructor(deps: IngestDeps, init: IngestInit = {}) {
    this.#deps = deps
    this.#once = new VerifyOnce(deps.pool)
    this.#maxWaitingBytes = init.maxWaitingBytes ?? 16 * 1024 * 1024
  }

  async start(): Promise<void> {
    this.#running = true
  }

  /** What waits is dropped: neighbours catch up again at the next start. */
  async stop(): Promise<void> {
    this.#running = false
    for (const job of this.#jobs.splice(0)) job.settle(verdictOf(job, true))
    this.#waitingBytes = 0
    await this.#loop
    await Promise.all(this.#slices)
  }

  /** Takes a batch as `encodeBatch` made it. Resolves once its records are stored or refused. Never rejects. */
  receive(batch: Uint8Array, source: Source): Promise<Verdict> {
    return new Promise((settle) => {
      const job: Job = { batch, source, settle, added: 0, known: 0, refused: 0, garbage: 0 }
      if (!this.#running || this.#waitingBytes + batch.length > this.#maxWaitingBytes) {
        this.#deps.counters.add('ingest.dropped:overflow')
        settle(verdictOf(job, true))
        return
      }
      this.#jobs.push(job)
      this.#waitingBytes += batch.length
      this.#kick()
    })
  }

  /** Bytes that wait. */
  get waitingBytes(): number {
    return this.#waitingBytes
  }

  #kick(): void {
    if (this.#loop !== null || this.#jobs.length === 0) return
    this.#loop = this.#drain().finally(() => {
      this.#loop = null
      // Something may have come between the last look and here.
      this.#kick()
    })
  }

  async #drain(): Promise<void> {
    while (this.#jobs.length > 0) {
      const { jobs, candidates } = this.#readSlice()
      const slice = this.#finish(jobs, candidates)
      this.#slices.add(slice)
      void slice.then(() => this.#slices.delete(slice))
      if (this.#slices.size >= maxSlices) await Promise.race(this.#slices)
      else if (this.#jobs.length > 0) await new Promise((resolve) => setImmediate(resolve))
    }
  }

  /** Reads batches until there is a slice's worth of records; everything but signatures is checked here. */
  #readSlice(): { jobs: Job[]; candidates: Candidate[] } {
    const jobs: Job[] = []
    const candidates: Candidate[] = []
    const now = this.#deps.clock.now()
    for (let seen = 0; seen < sliceRecords;) {
      const job = this.#jobs.shift()
      if (job === undefined) break
      this.#waitingBytes -= job.batch.length
      jobs.push(job)
      const batch = decodeBatch(job.batch)
      if (batch.kind === 'rejected') {
        this.#deps.counters.add(`ingest.refused:${batch.reason}`)
        refuse(job, batch.reason)
        continue
      }
      seen += batch.records.length
      for (const bytes of batch.records) {
        const checked = this.#deps.book.check(bytes, now)
        if (checked.kind === 'rejected') {
          refuse(job, checked.reason)
          if (checked.reason === 'expired' || checked.reason === 'future') this.#noteClock(bytes, job.source.from)
        }
        if (checked.kind === 'known') job.known += 1
        if (checked.kind === 'check-signature') candidates.push({ job, record: checked.record })
      }
    }
    return { jobs, candidates }
  }

  #noteClock(bytes: Uint8Array, from: PeerId): void {
    const decoded = decodeSigned(bytes)
    if (decoded.kind === 'ok') this.#deps.clocks?.refused(from, decoded.record.body)
  }

  async #finish(jobs: readonly Job[], candidates: readonly Candidate[]): Promise<void> {
    let failed = false
    try {
      this.#merge(await this.#verified(candidates))
    } catch (err) {
      // Our own disk or threads failed: no peer is to blame, and the next catch-up brings the records again.
      failed = true
      this.#deps.counters.add('ingest.failed')
      if (this.#running) this.#deps.log.error({ err }, 'received records could not be stored')
    }
    for (const job of jobs) job.settle(verdictOf(job, failed))
  }

  /** The candidates whose signatures are good and that nobody else is storing just now. */
  async #verified(candidates: readonly Candidate[]): Promise<readonly Candidate[]> {
    const verifications = await this.#once.verify(candidates.map(({ record }) => record))
    return candidates.filter(({ job }, i) => {
      if (verifications[i] === 'twin') job.known += 1
      if (verifications[i] === 'bad') {
        this.#deps.counters.add('ingest.refused:bad-signature')
        refuse(job, 'bad-signature')
      }
      return verifications[i] === 'good'
    })
  }

  /** One transaction for all that arrived in the same way from the same neighbour. */
  #merge(candidates: readonly Candidate[]): void {
    const groups = new Map<string, { readonly arrival: Arrival; readonly list: Candidate[] }>()
    const receivedAtMs = this.#deps.clock.now()
    for (const candidate of candidates) {
      const { from, how } = candidate.job.source
      const isAuthor = candidate.record.body.author === from
      const via = how === 'catch-up' ? 'caught-up' : isAuthor ? 'direct' : 'relayed'
      const key = `${via} ${from} ${isAuthor}`
      // Of a relayed record only that it passed at least one other is known.
      const group = groups.get(key) ?? { arrival: { via, from, channel: null, receivedAtMs, hops: isAuthor ? 1 : 2 }, list: [] }
      group.list.push(candidate)
      groups.set(key, group)
    }
    for (const { arrival, list } of groups.values()) {
      const records = list.map(({ record }) => record)
      const { added, refused } = this.#deps.book.merge(records, arrival)
      const news = new Set(added.map(({ record }) => record.id))
      const reasons = new Map(refused.map(({ id, reason }) => [id, reason]))
      this.#deps.counters.add('ingest.added', news.size)
      for (const { job, record } of list) {
        const reason = reasons.get(record.id)
        if (reason !== undefined) refuse(job, reason)
        else if (news.has(record.id)) job.added += 1
        else job.known += 1
      }
    }
  }
}

export interface IngestDeps {
  readonly book: IngestBook
  readonly pool: VerifyPool
  /** Told of records that were refused for their time. */
  readonly clocks?: NeighbourClocks
  readonly clock: Clock
  readonly counters: Counters
  readonly log: Log
}

/** Whoever refuses counts; here it is noted who sent it. */
function refuse(job: Job, reason: RejectReason): void {
  job.refused += 1
  if (!honestReasons.has(reason)) job.garbage += 1
}

function verdictOf({ added, known, refused, garbage }: Job, dropped: boolean): Verdict {
  return { added, known, refused, garbage, dropped }
}
