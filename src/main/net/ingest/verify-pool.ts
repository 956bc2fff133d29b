import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { SwarmError } from '../../../shared/errors.ts'
import type { Counters } from '../../base/counters.ts'
import { entryUrl } from '../../base/entry.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { Log } from '../../base/log.ts'
import { verifySignature } from '../../model/peer-key.ts'
import { packChecks, type SignatureCheck } from './verify-batch.ts'

export interface VerifyPoolInit {
  /** Threads. Default: all cores but one, at least 2 where there are 2, at most 4. */
  readonly workers?: number
  /** Where the thread's program lies; tests give one that fails. */
  readonly workerUrl?: URL
}

interface Job {
  readonly checks: readonly SignatureCheck[]
  readonly resolve: (good: Uint8Array) => void
  readonly reject: (error: Error) => void
  retried: boolean
}

interface Thread {
  readonly worker: Worker
  job: Job | null
  jobId: number
}

/** Fewer checks than this are done at once on the calling thread: a hand-over costs as much. */
const inlineBelow = 16
/** Checks a thread is given at a time at most: a stop, or a thread's death, costs no more than these. */
const maxJobSize = 500
/** Smaller jobs are not worth a hand-over, even to a thread that is idle. */
const minJobSize = 50

/** Verifies Ed25519 signatures on threads that start when there is enough to do. A thread that dies is replaced. */
export class VerifyPool implements Startable {
  readonly #deps: { readonly counters: Counters; readonly log: Log }
  readonly #workers: number
  readonly #workerUrl: URL
  readonly #threads = new Set<Thread>()
  readonly #waiting: Job[] = []
  #running = false
  #lastId = 0

  constructor(deps: { readonly counters: Counters; readonly log: Log }, init: VerifyPoolInit = {}) {
    const cores = availableParallelism()
    this.#deps = deps
    this.#workers = init.workers ?? Math.max(Math.min(2, cores), Math.min(4, cores - 1))
    this.#workerUrl = init.workerUrl ?? entryUrl('net/ingest/verify-worker.ts')
  }

  async start(): Promise<void> {
    this.#running = true
  }

  async stop(): Promise<void> {
    this.#running = false
    const error = new SwarmError('INTERNAL', 'Signatures were not verified: the peer is stopping.')
    for (const job of this.#waiting.splice(0)) job.reject(error)
    const threads = [...this.#threads]
    this.#threads.clear()
    for (const { job } of threads) job?.reject(error)
    await Promise.all(threads.map(({ worker }) => worker.terminate()))
  }

  /** How many threads run now. */
  get threads(): number {
    return this.#threads.size
  }

  /**
   * One byte a check, in order: 1 for a good signature, 0 for a bad one.
   * @throws SwarmError INTERNAL when the pool is stopped meanwhile, or a batch killed two threads
   */
  async verify(checks: readonly SignatureCheck[]): Promise<Uint8Array> {
    this.#deps.counters.add('verify.checks', checks.length)
    if (checks.length < inlineBelow || !this.#running) return verifyInline(checks)
    const jobs: Promise<Uint8Array>[] = []
    const jobSize = Math.min(maxJobSize, Math.max(minJobSize, Math.ceil(checks.length / this.#workers)))
    for (let at = 0; at < checks.length; at += jobSize) jobs.push(this.#queue(checks.slice(at, at + jobSize)))
    if (jobs.length === 1) return jobs[0] ?? new Uint8Array(0)
    return Uint8Array.from((await Promise.all(jobs)).flatMap((good) => [...good]))
  }

  #queue(checks: readonly SignatureCheck[]): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ checks, resolve, reject, retried: false })
      this.#assign()
    })
  }

  #assign(): void {
    while (this.#running && this.#waiting.length > 0) {
      const thread = this.#idleThread()
      if (thread === null) return
      const job = this.#waiting.shift()
      if (job === undefined) return
      const packed = packChecks(job.checks)
      thread.job = job
      thread.jobId = this.#lastId += 1
      thread.worker.ref()
      thread.worker.postMessage({ id: thread.jobId, packed }, [packed.buffer])
    }
  }

  #idleThread(): Thread | null {
    for (const thread of this.#threads) if (thread.job === null) return thread
    return this.#threads.size < this.#workers ? this.#startThread() : null
  }

  #startThread(): Thread {
    const worker = new Worker(this.#workerUrl, { name: 'dt-swarm verify' })
    const thread: Thread = { worker, job: null, jobId: 0 }
    this.#threads.add(thread)
    worker.on('message', ({ id, good }: { readonly id: number; readonly good: Uint8Array }) => {
      if (thread.job === null || id !== thread.jobId) return
      const { resolve } = thread.job
      thread.job = null
      // An idle thread must not keep the process alive.
      worker.unref()
      resolve(good)
      this.#assign()
    })
    worker.on('error', (error) => this.#lost(thread, error))
    worker.on('exit', () => this.#lost(thread, new Error('the thread ended')))
    return thread
  }

  /** A thread died: its batch is tried once more elsewhere, so that one crash loses nothing. */
  #lost(thread: Thread, cause: Error): void {
    if (!this.#threads.delete(thread)) return
    this.#deps.counters.add('verify.thread-lost')
    this.#deps.log.warn({ err: cause }, 'a verification thread ended; it is replaced')
    void thread.worker.terminate()
    const { job } = thread
    if (job?.retried === true) {
      job.reject(new SwarmError('INTERNAL', 'Signatures could not be verified: two threads failed on them.', { cause }))
    } else if (job !== null) {
      job.retried = true
      this.#waiting.unshift(job)
    }
    this.#assign()
  }
}

function verifyInline(checks: readonly SignatureCheck[]): Uint8Array {
  return Uint8Array.from(checks, ({ peer, message, signature }) => (verifySignature(peer, message, signature) ? 1 : 0))
}
