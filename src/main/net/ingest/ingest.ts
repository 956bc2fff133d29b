import type { PeerId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { Log } from '../../base/log.ts'
import { decodeBatch, decodeSigned } from '../../model/record-codec.ts'
import type { RejectReason } from '../../model/reject.ts'
import type { RecordBook } from '../../store/record-book.ts'
import type { Arrival } from '../../store/record-store.ts'
import { IngestCharges, type Candidate } from './ingest-charges.ts'
import { newJob, refuse, verdictOf, type Job, type Source, type Verdict } from './ingest-job.ts'
import type { NeighbourClocks } from '../clock/neighbour-clocks.ts'
import { VerifyOnce, type Verification } from './verify-once.ts'
import type { VerifyPool } from './verify-pool.ts'

export type { Source, Verdict } from './ingest-job.ts'

export interface IngestInit {
  /** Bytes of batches that may wait. Default 16 MiB: about two seconds of the highest rate. */
  readonly maxWaitingBytes?: number
  /** Whether authors are held to their buckets' rates. Default true; benches of what comes after switch it off. */
  readonly limitRates?: boolean
}

/** The parts of the book that ingest needs. */
export type IngestBook = Pick<RecordBook, 'check' | 'get' | 'has' | 'merge' | 'swarm'>

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
  readonly #charges: IngestCharges

  constructor(deps: IngestDeps, init: IngestInit = {}) {
    this.#deps = deps
    this.#once = new VerifyOnce(deps.pool, deps.book.swarm)
    this.#maxWaitingBytes = init.maxWaitingBytes ?? 16 * 1024 * 1024
    const isStranger = deps.isStranger ?? (() => false)
    this.#charges = new IngestCharges({ ...deps, isStranger, limitRates: init.limitRates !== false })
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
      const job = newJob(batch, source, settle)
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

  /** The standing of these peers differs now, and with it what they may say in a minute. */
  trustChanged(peers: readonly PeerId[]): void {
    this.#charges.reset(peers)
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
      try {
        for (const bytes of batch.records) {
          const candidate = this.#read(job, bytes, now)
          if (candidate !== undefined) candidates.push(candidate)
        }
      } catch (err) {
        // Our own database failed: whoever waits is told, and the other batches go on.
        this.#failed(err)
        jobs.pop()
        job.settle(verdictOf(job, true))
      }
    }
    return { jobs, candidates }
  }

  /** A record of a batch, when it is worth a verification. */
  #read(job: Job, bytes: Uint8Array, now: number): Candidate | undefined {
    const decoded = decodeSigned(bytes)
    if (decoded.kind === 'rejected') {
      this.#refuse(job, decoded.reason)
      return undefined
    }
    const { record } = decoded
    const checked = this.#deps.book.check(record, now)
    if (checked.kind === 'rejected') {
      refuse(job, checked.reason)
      const isTime = checked.reason === 'expired' || checked.reason === 'future'
      if (isTime) this.#deps.clocks?.refused(job.source.from, record.body)
      // What was asked for may be of any time; what is said is of now.
      if (isTime && job.source.how !== 'catch-up') this.#deps.clocks?.astray(record, job.source.from)
      return undefined
    }
    if (checked.kind === 'known') {
      job.repeats.push(record)
      return undefined
    }
    const charged = this.#charges.charge(job, checked.record)
    if (typeof charged !== 'string') return charged
    this.#refuse(job, 'rate')
    if (charged === 'flood') job.garbage += 1
    return undefined
  }

  /** For what the book has not seen, and so has not counted. */
  #refuse(job: Job, reason: RejectReason): void {
    this.#deps.counters.add(`ingest.refused:${reason}`)
    refuse(job, reason)
  }

  async #finish(jobs: readonly Job[], candidates: readonly Candidate[]): Promise<void> {
    let failed = false
    try {
      this.#merge(await this.#verified(candidates))
    } catch (err) {
      // Our own disk or threads failed: no peer is to blame, and the next catch-up brings the records again.
      failed = true
      this.#failed(err)
    }
    for (const job of jobs) job.settle(verdictOf(job, failed))
  }

  #failed(err: unknown): void {
    this.#deps.counters.add('ingest.failed')
    if (this.#running) this.#deps.log.error({ err }, 'received records could not be stored')
  }

  /** The candidates whose signatures are good and that nobody else is storing just now. */
  async #verified(candidates: readonly Candidate[]): Promise<readonly Candidate[]> {
    let verifications: readonly Verification[] = []
    try {
      verifications = await this.#once.verify(candidates.map(({ record }) => record))
    } finally {
      // Of those that were not verified nothing is known, and nothing counted.
      for (const candidate of candidates.slice(verifications.length)) this.#charges.settle(candidate, false)
    }
    return candidates.filter((candidate, i) => {
      const { job, record } = candidate
      const isGood = verifications[i] === 'good'
      const hasRoom = this.#charges.settle(candidate, isGood)
      if (verifications[i] === 'twin') job.repeats.push(record)
      if (verifications[i] === 'bad') this.#refuse(job, 'bad-signature')
      if (isGood && !hasRoom) this.#refuse(job, 'rate')
      return isGood && hasRoom
    })
  }

  /** One transaction for all that arrived in the same way from the same neighbour. */
  #merge(candidates: readonly Candidate[]): void {
    const groups = new Map<string, { readonly arrival: Arrival; readonly list: Candidate[] }>()
    const receivedAtMs = this.#deps.clock.now()
    for (const candidate of candidates) {
      const { from, how, channel = 'stream', hops = 0 } = candidate.job.source
      const isAuthor = candidate.record.body.author === from
      const via = how === 'catch-up' ? 'caught-up' : isAuthor ? 'direct' : 'relayed'
      // Of a relayed record it is known that it passed at least one other peer, and one between two channels.
      const passed = isAuthor ? 1 : Math.max(2, hops + 1)
      const key = `${via} ${from} ${channel} ${passed}`
      const group = groups.get(key) ?? { arrival: { via, from, channel, receivedAtMs, hops: passed }, list: [] }
      group.list.push(candidate)
      groups.set(key, group)
    }
    for (const { arrival, list } of groups.values()) {
      const records = list.map(({ record }) => record)
      const { added, refused } = this.#deps.book.merge(records, arrival)
      const news = new Map(added.map(({ record }) => [record.id, record]))
      const reasons = new Map(refused.map(({ id, reason }) => [id, reason]))
      this.#deps.counters.add('ingest.added', news.size)
      for (const { job, record, isAgain } of list) {
        const reason = reasons.get(record.id)
        const fresh = news.get(record.id)
        if (reason !== undefined) refuse(job, reason)
        else if (fresh === undefined) job.repeats.push(record)
        else if (isAgain && job.source.how !== 'catch-up') job.repeats.push(record)
        else {
          job.added += 1
          if (!isAgain) job.news.push(fresh)
        }
      }
    }
  }
}

export interface IngestDeps {
  readonly book: IngestBook
  readonly pool: VerifyPool
  /** Told of records that were refused for their time. */
  readonly clocks?: NeighbourClocks
  /** Whether an author has no role in the swarm: its rate is smaller. Default: none is a stranger. */
  readonly isStranger?: (author: PeerId) => boolean
  readonly clock: Clock
  readonly counters: Counters
  readonly log: Log
}
