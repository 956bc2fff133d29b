import { decode } from '@ipld/dag-pb'
import { CID } from 'multiformats/cid'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { SwarmError } from '../../../shared/errors.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import { entryUrl } from '../../base/entry.ts'
import type { Startable } from '../../base/lifecycle.ts'
import { chunkBytes } from './dag-build.ts'
import { diskError } from './disk-error.ts'
import type { FromHasher, ToHasher } from './hash-messages.ts'
import type { ShareBytes } from './share-bytes.ts'

export interface HashPoolInit {
  /** Threads. Default: one, two where there are more than two cores. */
  readonly workers?: number
  /** Where the thread's program lies; tests give one that fails. */
  readonly workerUrl?: URL
}

export interface HashOptions {
  /** Stores a block; it must not keep the bytes, which are written over once it has resolved. */
  readonly put: (cid: CID, bytes: Uint8Array) => Promise<void>
  /** Holds, at any moment, the roots of all that was put; the file's root alone at the end. */
  readonly open: Set<CID>
  readonly onBytes?: (bytes: number) => void
  readonly signal: AbortSignal
}

export interface Hashed {
  readonly cid: CID
  readonly sizeBytes: number
}

interface Job extends HashOptions {
  readonly source: ShareBytes
  readonly result: PromiseWithResolvers<Hashed>
  /** Of `open`, by text: what comes back in a parent is another object. */
  readonly roots: Map<string, CID>
  /** Resolved when the thread used up a piece. */
  took: PromiseWithResolvers<void>
  /** Pieces handed over and not yet used up. */
  pieces: number
  readonly storing: Set<Promise<void>>
}

interface Thread {
  readonly worker: Worker
  readonly jobs: Map<number, Job>
  idle: AbortController | null
}

/** Pieces of an upload that wait for the thread; a browser sends 64 KiB a piece. */
const maxPieces = 16
/** A thread without work costs some 10 MB of memory: it ends after this. */
const idleMs = 30_000
const dagPb = 0x70

/** Cuts files into blocks and hashes them on threads of its own; storing the blocks is left to the caller. */
export class HashPool implements Startable {
  readonly #deps: { readonly clock: Clock; readonly counters: Counters }
  readonly #workers: number
  readonly #workerUrl: URL
  readonly #threads = new Set<Thread>()
  #lastJob = 0
  #stopped = false

  constructor(deps: { readonly clock: Clock; readonly counters: Counters }, init: HashPoolInit = {}) {
    this.#deps = deps
    this.#workers = init.workers ?? (availableParallelism() > 2 ? 2 : 1)
    this.#workerUrl = init.workerUrl ?? entryUrl('service/files/hash-worker.ts')
  }

  async start(): Promise<void> {
    this.#stopped = false
  }

  async stop(): Promise<void> {
    this.#stopped = true
    const threads = [...this.#threads]
    this.#threads.clear()
    for (const thread of threads) failAll(thread, 'the peer is stopping')
    await Promise.all(threads.map(({ worker }) => worker.terminate()))
  }

  get threads(): number {
    return this.#threads.size
  }

  /** Builds the tree of a file as `buildFile` does, and leaves its SHA-1 with the bytes. @throws SwarmError */
  async build(source: ShareBytes, options: HashOptions): Promise<Hashed> {
    options.signal.throwIfAborted()
    if (this.#stopped) throw failure('the peer is stopping')
    const thread = this.#thread()
    const id = (this.#lastJob += 1)
    const job: Job = {
      ...options,
      source,
      result: Promise.withResolvers(),
      roots: new Map(),
      took: Promise.withResolvers(),
      pieces: 0,
      storing: new Set(),
    }
    thread.jobs.set(id, job)
    thread.worker.ref()
    const path = 'path' in source.from ? source.from.path : null
    tell(thread, { kind: 'begin', job: id, path, copyTo: path === null ? null : (source.part?.path ?? null) })
    const onAbort = (): void => job.result.reject(options.signal.reason as Error)
    options.signal.addEventListener('abort', onAbort, { once: true })
    if (path === null) this.#feed(thread, id, job).catch((error: unknown) => job.result.reject(error))
    try {
      return await job.result.promise
    } catch (error) {
      tell(thread, { kind: 'stop', job: id })
      throw error
    } finally {
      options.signal.removeEventListener('abort', onAbort)
      thread.jobs.delete(id)
      job.took.resolve()
      // After that nothing is written any more.
      await Promise.all(job.storing)
      if (thread.jobs.size === 0) this.#rest(thread)
    }
  }

  async #feed(thread: Thread, id: number, job: Job): Promise<void> {
    for await (const piece of job.source.pieces()) {
      while (job.pieces >= maxPieces && thread.jobs.has(id)) await job.took.promise
      if (!thread.jobs.has(id)) return
      job.pieces += 1
      // Copied: what comes from a socket is part of a buffer that others use too.
      const bytes = new Uint8Array(piece)
      tell(thread, { kind: 'piece', job: id, bytes }, [bytes.buffer])
    }
    tell(thread, { kind: 'end', job: id })
  }

  #thread(): Thread {
    const least = [...this.#threads].toSorted((a, b) => a.jobs.size - b.jobs.size)[0]
    const thread =
      least === undefined || (least.jobs.size > 0 && this.#threads.size < this.#workers) ? this.#startThread() : least
    thread.idle?.abort()
    thread.idle = null
    return thread
  }

  #startThread(): Thread {
    const worker = new Worker(this.#workerUrl, { name: 'dt-swarm hash' })
    const thread: Thread = { worker, jobs: new Map(), idle: null }
    this.#threads.add(thread)
    worker.on('message', (message: FromHasher) => this.#hear(thread, message))
    const gone = (why: string): void => {
      this.#threads.delete(thread)
      if (thread.jobs.size > 0) this.#deps.counters.add('files.hash-thread:died')
      failAll(thread, why)
    }
    worker.on('error', (error) => gone(error instanceof Error ? error.message : String(error)))
    worker.on('exit', () => gone('its thread ended'))
    return thread
  }

  #hear(thread: Thread, message: FromHasher): void {
    const job = thread.jobs.get(message.job)
    if (job === undefined) return
    if (message.kind === 'block') {
      const storing: Promise<void> = this.#store(thread, job, message).finally(() => job.storing.delete(storing))
      job.storing.add(storing)
    } else if (message.kind === 'took') {
      job.pieces -= 1
      job.took.resolve()
      job.took = Promise.withResolvers()
    } else if (message.kind === 'done') {
      job.source.sha1 = message.sha1
      job.result.resolve({ cid: CID.decode(message.cid), sizeBytes: message.sizeBytes })
    } else {
      const { code, doing } = message
      const cause = Object.assign(new Error(message.message), code === null ? {} : { code })
      job.result.reject(diskError(cause, doing))
    }
  }

  /** Never rejects. */
  async #store(
    thread: Thread,
    job: Job,
    { job: id, cid: name, bytes }: Extract<FromHasher, { kind: 'block' }>,
  ): Promise<void> {
    const cid = CID.decode(name)
    const { length, buffer } = bytes
    try {
      // Of what comes in from outside, the pieces are held back.
      if ('path' in job.source.from) await job.source.going()
      if (!thread.jobs.has(id)) return
      opened(job, cid)
      await job.put(cid, bytes)
      closed(job, cid, bytes)
    } catch (error) {
      job.result.reject(error)
      return
    }
    if (cid.code !== dagPb) job.onBytes?.(length)
    const back = buffer.byteLength === chunkBytes ? buffer : null
    tell(thread, { kind: 'stored', job: id, buffer: back }, back === null ? [] : [back])
  }

  #rest(thread: Thread): void {
    // Jobs that end together all come here; a thread that is gone needs no rest.
    thread.idle?.abort()
    if (!this.#threads.has(thread)) return
    thread.worker.unref()
    const idle = new AbortController()
    thread.idle = idle
    this.#deps.clock.sleep(idleMs, { signal: idle.signal }).then(
      () => {
        if (idle.signal.aborted || thread.jobs.size > 0) return
        this.#threads.delete(thread)
        return thread.worker.terminate()
      },
      () => {},
    )
  }
}

const tell = (thread: Thread, message: ToHasher, transfer: ArrayBuffer[] = []): void =>
  thread.worker.postMessage(message, transfer)

function opened({ open, roots }: Job, cid: CID): void {
  const key = cid.toString()
  // Equal blocks are one.
  if (roots.has(key)) return
  roots.set(key, cid)
  open.add(cid)
}

/** Only a node that is stored leads to its children. */
function closed({ open, roots }: Job, cid: CID, bytes: Uint8Array): void {
  if (cid.code !== dagPb) return
  for (const { Hash: child } of decode(bytes).Links) {
    const key = child.toString()
    const root = roots.get(key)
    if (root === undefined) continue
    roots.delete(key)
    open.delete(root)
  }
}

function failAll({ jobs, idle }: Thread, why: string): void {
  idle?.abort()
  for (const job of jobs.values()) job.result.reject(failure(why))
}

function failure(why: string): SwarmError {
  return new SwarmError('INTERNAL', `A file could not be hashed: ${why}. It is tried again later.`)
}
