import { SwarmError } from '../../../shared/errors.ts'
import type { Cid } from '../../../shared/ids.ts'
import type { TransferView } from '../../../shared/views.ts'
import { FetchJob, type FetchJobDeps } from './fetch-job.ts'
import { maxFetches, type FetchQueue, type FetchTarget } from './fetch-queue.ts'
import type { Holders } from './holders.ts'
import { PriorityGate } from './priority-gate.ts'
import type { ShareBook } from './share-book.ts'
import type { TransferGroup, TransferList } from './transfer-list.ts'

export interface FetcherDeps extends Omit<FetchJobDeps, 'gate' | 'poked'> {
  readonly shares: Pick<ShareBook, 'facts'>
  readonly transfers: TransferList
  readonly queue: FetchQueue
  readonly holders: FetchJobDeps['holders'] & Pick<Holders, 'linked'>
  /** Whoever waits looks again: providers that failed are asked once more. */
  readonly forgetFailures: () => void
}

export interface FetcherInit {
  /** Without a byte for so long, a fetch that finds no provider fails; one of many (of a query) waits. Default 60 s. */
  readonly patienceMs?: number
}

export interface FetchOptions {
  readonly to: FetchTarget
  readonly priority?: TransferView['priority']
  readonly group?: TransferGroup | null
  /** Of one of many: whether it waits for those who are said to have it, for as long as they are. Default: it does. */
  readonly patient?: boolean
}

/** Fetches that move bytes at a time; more would only make each slower. */
const atATime = 3
/** Failed fetches that wait for a holder to come back. */
const maxHoping = 1_000

/** Brings files from the swarm to a place on this machine: all that are asked for, a few at a time. */
export class Fetcher {
  readonly #deps: FetcherDeps
  readonly #patienceMs: number
  readonly #gate = new PriorityGate(atATime)
  readonly #jobs = new Map<Cid, FetchJob>()
  #poked = Promise.withResolvers<void>()

  constructor(deps: FetcherDeps, init: FetcherInit = {}) {
    this.#deps = deps
    this.#patienceMs = init.patienceMs ?? 60_000
  }

  /**
   * Begins; a CID that is being fetched already is not fetched twice, and one that is held goes on.
   * @throws SwarmError LIMIT_REACHED
   */
  fetch(cid: Cid, options: FetchOptions): TransferView {
    const { transfers, shares, queue } = this.#deps
    const known = this.#jobs.get(cid)
    if (known !== undefined && (known.isActive || transfers.get(known.transfer.id) !== undefined)) {
      if (options.priority !== undefined) known.transfer.setPriority(options.priority)
      known.writeOut(options.to)
      if (options.patient !== false) this.claim(cid)
      known.resume()
      return known.transfer.view
    }
    this.#mayQueue(cid)
    const { to, priority = 'normal', group = null, patient = true } = options
    const facts = shares.facts(cid)
    const transfer = transfers.add('fetch', facts?.name ?? cid, {
      cid,
      sizeBytes: facts?.sizeBytes ?? null,
      priority,
      group,
    })
    queue.set(cid, { to, priority, group, paused: false, patient })
    const job = new FetchJob(
      {
        ...this.#deps,
        gate: this.#gate,
        poked: () => this.#poked.promise,
        over: () => this.#over(cid, job),
        again: () => this.#again(cid, job),
      },
      { patienceMs: this.#patienceMs, isPatient: group !== null && patient, cid, to },
      transfer,
    )
    this.#jobs.set(cid, job)
    return transfer.view
  }

  /** Goes on with what was under way when the peer stopped; what was held stays so. */
  resume(): void {
    for (const { cid, paused, ...options } of this.#deps.queue.all()) {
      this.fetch(cid, options)
      if (paused) this.#jobs.get(cid)?.pause()
    }
  }

  /** A link came up or a record came in: whoever waits looks again. */
  look(): void {
    const { forgetFailures, holders } = this.#deps
    forgetFailures()
    this.#poked.resolve()
    this.#poked = Promise.withResolvers<void>()
    for (const job of this.#hoping()) if (holders.linked(job.cid).length > 0) job.resume()
  }

  /** Files on their way, held ones, and those that failed for want of a provider and are tried again. */
  wanted(): readonly Cid[] {
    return [...new Set([...this.#deps.queue.cids(), ...this.#jobs.keys()])]
  }

  /** One that was for the background is wanted by somebody: it waits as others do, and is not called off with it. */
  claim(cid: Cid): void {
    const { queue } = this.#deps
    const entry = queue.get(cid)
    if (entry === undefined || entry.patient) return
    queue.set(cid, { to: entry.to, patient: true })
    this.#jobs.get(cid)?.bePatient()
  }

  /** Ends what is for the background alone. False: somebody wants it meanwhile, or holds it, and it stays as it is. */
  callOff(cid: Cid): boolean {
    const entry = this.#deps.queue.get(cid)
    if (entry === undefined || entry.patient || entry.paused) return false
    if (entry.to !== 'store' || entry.priority !== 'low' || this.active(cid) === undefined) return false
    this.#jobs.get(cid)?.transfer.cancel()
    return true
  }

  /** One that waits, runs or is held; not one that has failed, or is being called off. */
  active(cid: Cid): TransferView | undefined {
    const job = this.#jobs.get(cid)
    return job?.isActive === true && !job.transfer.signal.aborted ? job.transfer.view : undefined
  }

  /** Where one goes that waits, runs or is held, or is being called off. */
  goesTo(cid: Cid): FetchTarget | undefined {
    return this.#jobs.get(cid)?.transfer.over === false ? this.#deps.queue.get(cid)?.to : undefined
  }

  /** Resolves once nothing runs any more; the signal must have been aborted. */
  async stopped(): Promise<void> {
    await Promise.all([...this.#jobs.values()].map((job) => job.stopped()))
    this.#jobs.clear()
    this.#deps.queue.save()
  }

  /** One that had failed goes on: it is one of those that run again. */
  #again(cid: Cid, job: FetchJob): void {
    const other = this.#jobs.get(cid)
    if (other !== undefined && other !== job && other.isActive) {
      throw new SwarmError(
        'UNSUPPORTED',
        `"${job.transfer.view.name}" is being fetched already: it was asked for anew.`,
      )
    }
    this.#mayQueue(cid)
    this.#jobs.delete(cid)
    this.#jobs.set(cid, job)
  }

  #mayQueue(cid: Cid): void {
    const { queue } = this.#deps
    if (!queue.full || queue.has(cid)) return
    throw new SwarmError(
      'LIMIT_REACHED',
      `${maxFetches} files are waiting to be fetched already. Wait until some are here, or cancel some.`,
    )
  }

  /** A job has ended for now. Those that may be tried again are remembered, so many of them. */
  #over(cid: Cid, job: FetchJob): void {
    if (job.mayHope) {
      const oldest = this.#hoping()
      for (const old of oldest.slice(0, Math.max(0, oldest.length - maxHoping))) this.#forget(old.cid, old)
      return
    }
    this.#forget(cid, job)
  }

  /** Failed for want of a provider, and not taken off the list by a person. */
  #hoping(): readonly FetchJob[] {
    const { transfers } = this.#deps
    const hoping = [...this.#jobs.values()].filter((job) => job.mayHope)
    for (const job of hoping) if (transfers.get(job.transfer.id) === undefined) this.#forget(job.cid, job)
    return hoping.filter((job) => this.#jobs.get(job.cid) === job)
  }

  #forget(cid: Cid, job: FetchJob): void {
    // Another may have taken its place.
    if (this.#jobs.get(cid) !== job) return
    this.#jobs.delete(cid)
    this.#deps.queue.delete(cid)
  }
}
