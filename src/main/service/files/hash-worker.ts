import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import { giveWay } from '../../base/give-way.ts'
import { buildFile, buildTree, chunkBytes } from './dag-build.ts'
import { systemCode } from './disk-error.ts'
import type { FromHasher, ToHasher } from './hash-messages.ts'

/** Buffers kept to be filled again, of 256 KiB: as many as two files have under way. */
const maxSpare = 32

/** One file that is being cut into blocks and hashed. */
interface Job {
  readonly pieces: Uint8Array[]
  ended: boolean
  stopped: boolean
  /** Resolved when a piece, the end or a stop comes. */
  news: PromiseWithResolvers<void>
  /** Resolved in order, one for each block that was handed over. */
  readonly storing: PromiseWithResolvers<void>[]
  doing: string
}

const jobs = new Map<number, Job>()
const spare: ArrayBuffer[] = []

const send = (message: FromHasher, transfer: ArrayBuffer[] = []): void => parentPort?.postMessage(message, transfer)

class Stopped extends Error {
  override readonly name = 'Stopped'
}

// A large file takes a core for a minute; what a person or a robot does meanwhile comes first.
giveWay()

/** A thread that reads files, cuts them into blocks and hashes them; the peer stores the blocks. */
parentPort?.on('message', (message: ToHasher) => {
  if (message.kind === 'begin') {
    const { job: id, path, copyTo } = message
    const job: Job = {
      pieces: [],
      ended: false,
      stopped: false,
      news: Promise.withResolvers(),
      storing: [],
      doing: 'reading what comes in',
    }
    jobs.set(id, job)
    void work(id, job, path, copyTo).finally(() => jobs.delete(id))
    return
  }
  const job = jobs.get(message.job)
  if (message.kind === 'stored') {
    if (message.buffer !== null && spare.length < maxSpare) spare.push(message.buffer)
    job?.storing.shift()?.resolve()
    return
  }
  if (job === undefined) return
  if (message.kind === 'piece') job.pieces.push(message.bytes)
  else if (message.kind === 'end') job.ended = true
  else {
    job.stopped = true
    for (const one of job.storing.splice(0)) one.reject(new Stopped())
  }
  job.news.resolve()
  job.news = Promise.withResolvers()
})

async function work(id: number, job: Job, path: string | null, copyTo: string | null): Promise<void> {
  const hash = createHash('sha1')
  async function* hashed(): AsyncGenerator<Uint8Array> {
    for await (const piece of path === null ? incoming(id, job) : read(job, path, copyTo)) {
      hash.update(piece)
      yield piece
    }
  }
  try {
    const build = path === null ? buildFile : buildTree
    const { cid, sizeBytes } = await build(hashed(), (block, bytes) => {
      if (job.stopped) return Promise.reject(new Stopped())
      const own = alone(bytes)
      const stored = Promise.withResolvers<void>()
      job.storing.push(stored)
      send({ kind: 'block', job: id, cid: block.bytes, bytes: own }, [own.buffer])
      return stored.promise
    })
    send({ kind: 'done', job: id, cid: cid.bytes, sizeBytes, sha1: hash.digest('hex') })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    send({ kind: 'failed', job: id, message, code: systemCode(error) ?? null, doing: job.doing })
  }
}

/** The bytes of a file, each chunk written to the copy before it is handed on. */
function* read(job: Job, path: string, copyTo: string | null): Generator<Uint8Array> {
  job.doing = `reading ${path}`
  const from = openSync(path, 'r')
  try {
    if (copyTo !== null) job.doing = `writing ${copyTo}`
    const to = copyTo === null ? null : openSync(copyTo, 'r+')
    try {
      for (let at = 0; ;) {
        if (job.stopped) throw new Stopped()
        job.doing = `reading ${path}`
        const buffer = spare.pop() ?? new ArrayBuffer(chunkBytes)
        const filled = fill(from, new Uint8Array(buffer))
        // A small file keeps no large buffer: it is filled again by the next.
        if (filled < chunkBytes) spare.push(buffer)
        if (filled === 0) return
        const chunk = new Uint8Array(filled < chunkBytes ? buffer.slice(0, filled) : buffer)
        if (to !== null) {
          job.doing = `writing ${copyTo}`
          for (let done = 0; done < chunk.length;) done += writeSync(to, chunk, done, chunk.length - done, at + done)
        }
        at += chunk.length
        yield chunk
      }
    } finally {
      if (to !== null) closeSync(to)
    }
  } finally {
    closeSync(from)
  }
}

/** Reads until the buffer is full or the file has ended: a network drive may give less at a time. */
function fill(file: number, buffer: Uint8Array): number {
  let filled = 0
  while (filled < buffer.length) {
    const bytes = readSync(file, buffer, filled, buffer.length - filled, null)
    if (bytes === 0) break
    filled += bytes
  }
  return filled
}

async function* incoming(id: number, job: Job): AsyncGenerator<Uint8Array> {
  for (;;) {
    if (job.stopped) throw new Stopped()
    const piece = job.pieces.shift()
    if (piece !== undefined) {
      yield piece
      send({ kind: 'took', job: id })
    } else if (job.ended) return
    else await job.news.promise
  }
}

/** Bytes with a buffer of their own, which can be handed over. */
function alone(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes
  return buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength
    ? new Uint8Array(buffer)
    : new Uint8Array(bytes)
}
