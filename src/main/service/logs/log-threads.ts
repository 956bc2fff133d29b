import { Worker } from 'node:worker_threads'
import type { TransferListItem } from 'node:worker_threads'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import { entryUrl } from '../../base/entry.ts'
import type { Log } from '../../base/log.ts'
import type { LogAnswers, LogJob, LogOrder, LogOutcome } from './log-job.ts'

export interface LogThreadsDeps {
  readonly clock: Clock
  readonly counters: Counters
  readonly log: Log
}

export interface LogThreadsInit {
  readonly threads: number
  /** Jobs that wait for a thread; more are turned away. */
  readonly maxWaiting: number
  /** A job that takes longer is given up, its thread ended. */
  readonly deadlineMs: number
  /** Threads without a job are ended after this. Default 30 s. */
  readonly idleMs?: number
  /**
   * JavaScript's own memory of a thread: an index of some 100,000 topics needs a quarter of the default, 256 MiB. Bytes lie
   * outside of it and are bounded where they are read.
   */
  readonly heapMiB?: number
  /** Tests give a program that misbehaves. */
  readonly workerUrl?: URL
}

/** Why a job has no answer. failed: the thread says why; died: it broke down, for want of memory mostly. */
export type LogFailureReason = 'busy' | 'late' | 'died' | 'failed' | 'stopped'

export class LogFailure extends Error {
  override readonly name = 'LogFailure'
  readonly reason: LogFailureReason

  constructor(reason: LogFailureReason, message: string) {
    super(message)
    this.reason = reason
  }
}

interface Job {
  readonly job: LogJob
  readonly transfer: readonly TransferListItem[]
  readonly resolve: (answer: LogAnswers[LogJob['kind']]) => void
  readonly reject: (error: unknown) => void
  readonly signal: AbortSignal | undefined
}

interface Thread {
  readonly worker: Worker
  job: Job | null
  jobId: number
  /** Stops the timer that runs: the deadline of its job, or of its idleness. */
  timer: AbortController
}

const defaultHeapMiB = 256
const defaultIdleMs = 30_000
/** What a job that was called off may still take. */
const graceMs = 1_000

/** Threads that look into files of strangers. One that hangs, or takes too much, is ended with its job, and no other suffers. */
export class LogThreads {
  readonly #deps: LogThreadsDeps
  readonly #init: LogThreadsInit
  readonly #url: URL
  readonly #threads = new Set<Thread>()
  readonly #waiting: Job[] = []
  readonly #ending = new Set<Promise<unknown>>()
  #running = false
  #lastId = 0

  constructor(deps: LogThreadsDeps, init: LogThreadsInit) {
    this.#deps = deps
    this.#init = init
    this.#url = init.workerUrl ?? entryUrl('service/logs/log-worker.ts')
  }

  /** How many threads run now. */
  get threads(): number {
    return this.#threads.size
  }

  start(): void {
    this.#running = true
  }

  async stop(): Promise<void> {
    this.#running = false
    for (const job of this.#waiting.splice(0)) job.reject(new LogFailure('stopped', 'the peer is stopping'))
    for (const thread of this.#threads) this.#end(thread, new LogFailure('stopped', 'the peer is stopping'))
    await Promise.all(this.#ending)
  }

  /** @throws LogFailure; the reason of the signal when that is raised */
  run<Kind extends LogJob['kind']>(
    job: Extract<LogJob, { kind: Kind }>,
    options: { readonly signal?: AbortSignal; readonly transfer?: readonly TransferListItem[] } = {},
  ): Promise<LogAnswers[Kind]> {
    const { signal, transfer = [] } = options
    const { promise, resolve, reject } = Promise.withResolvers<LogAnswers[LogJob['kind']]>()
    if (signal?.aborted === true) reject(signal.reason)
    else if (!this.#running) reject(new LogFailure('stopped', 'the peer is stopping'))
    else if (this.#waiting.length >= this.#init.maxWaiting) {
      this.#deps.counters.add('logs.refused:busy')
      reject(new LogFailure('busy', 'too many files wait to be looked into'))
    } else {
      const one: Job = { job, transfer, resolve, reject, signal }
      this.#waiting.push(one)
      const onAbort = (): void => this.#abort(one)
      signal?.addEventListener('abort', onAbort, { once: true })
      void promise.then(
        () => signal?.removeEventListener('abort', onAbort),
        () => signal?.removeEventListener('abort', onAbort),
      )
      this.#assign()
    }
    // A thread answers a job by its kind.
    return promise as Promise<LogAnswers[Kind]>
  }

  #abort(job: Job): void {
    const at = this.#waiting.indexOf(job)
    if (at >= 0) this.#waiting.splice(at, 1)
    job.reject(job.signal?.reason)
    // What it reads ends now, so it is soon free for who waits. One that is not is ended: a thread costs more to start.
    for (const thread of this.#threads) {
      if (thread.job !== job) continue
      this.#time(thread, graceMs, () => {
        this.#end(thread, job.signal?.reason)
        this.#assign()
      })
    }
    this.#assign()
  }

  #assign(): void {
    while (this.#running && this.#waiting.length > 0) {
      const thread = this.#idle()
      const job = thread === null ? undefined : this.#waiting.shift()
      if (thread === null || job === undefined) return
      thread.job = job
      thread.jobId = this.#lastId += 1
      thread.worker.ref()
      this.#time(thread, this.#init.deadlineMs, () => {
        this.#deps.counters.add('logs.refused:late')
        this.#end(thread, new LogFailure('late', `it took longer than ${Math.round(this.#init.deadlineMs / 1_000)} s`))
        this.#assign()
      })
      const order: LogOrder = { id: thread.jobId, job: job.job }
      thread.worker.postMessage(order, job.transfer)
    }
  }

  #idle(): Thread | null {
    for (const thread of this.#threads) if (thread.job === null) return thread
    return this.#threads.size < this.#init.threads ? this.#open() : null
  }

  #open(): Thread {
    const resourceLimits = {
      maxOldGenerationSizeMb: this.#init.heapMiB ?? defaultHeapMiB,
      maxYoungGenerationSizeMb: 32,
      stackSizeMb: 4,
    }
    const worker = new Worker(this.#url, { name: 'dt-swarm logs', resourceLimits, stdout: true, stderr: true })
    // Nobody reads what a library may say there.
    worker.stdout.resume()
    worker.stderr.resume()
    const thread: Thread = { worker, job: null, jobId: 0, timer: new AbortController() }
    this.#threads.add(thread)
    worker.on('message', (outcome: LogOutcome) => this.#answered(thread, outcome))
    worker.on('error', (error) => this.#died(thread, error))
    worker.on('exit', () => this.#died(thread, new Error('the thread ended')))
    return thread
  }

  #answered(thread: Thread, outcome: LogOutcome): void {
    const { job } = thread
    if (job === null || outcome.id !== thread.jobId) return
    thread.job = null
    // An idle thread must not keep the process alive.
    thread.worker.unref()
    this.#time(thread, this.#init.idleMs ?? defaultIdleMs, () => this.#end(thread, null))
    if ('answer' in outcome) job.resolve(outcome.answer)
    else job.reject(new LogFailure('failed', outcome.failed))
    this.#assign()
  }

  #died(thread: Thread, cause: Error): void {
    if (!this.#threads.has(thread)) return
    this.#deps.counters.add('logs.refused:died')
    this.#deps.log.warn({ err: cause }, 'a thread that looked into a file broke down; it is replaced')
    this.#end(thread, new LogFailure('died', 'looking into it took more memory than it may'))
    this.#assign()
  }

  #end(thread: Thread, why: unknown): void {
    this.#threads.delete(thread)
    thread.timer.abort()
    thread.job?.reject(why)
    thread.job = null
    const ended = thread.worker.terminate().catch(() => {})
    this.#ending.add(ended)
    void ended.then(() => this.#ending.delete(ended))
  }

  #time(thread: Thread, ms: number, over: () => void): void {
    thread.timer.abort()
    thread.timer = new AbortController()
    this.#deps.clock.sleep(ms, { signal: thread.timer.signal }).then(over, () => {})
  }
}
