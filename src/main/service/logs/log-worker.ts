import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { parentPort } from 'node:worker_threads'
import type { LogAnswers, LogJob, LogOrder, LogOutcome } from './log-job.ts'
import { logTail } from './log-tail.ts'
import { frame, inspect, preview } from './looking.ts'
import { PagedSource } from './range-source.ts'
import { piecesOver } from './source-port.ts'

/** Of a file on the own disk; indexes take far less, and a log without one is walked in steps. */
const maxFileReadBytes = 512 * 1_024 * 1_024
/** Of a file that may have to be fetched: a large index, and some chunks. */
const maxFetchedBytes = 32 * 1_024 * 1_024
/** Reading ends well before the deadline of the job, so that what was found is told. */
const readForMs = 12_000

/** A thread that looks into files: one job at a time, whatever the file does to it. */
async function work(job: LogJob): Promise<LogAnswers[LogJob['kind']]> {
  if (job.kind === 'inspect') return ofPath(job.path, (source) => inspect(source, job))
  // The hunt for logs found no link there; one that was put in its place since is not followed.
  if (job.kind === 'tail') return ofPath(job.path, (source) => logTail(source, job), constants.O_NOFOLLOW)
  const endMs = performance.now() + readForMs
  const source = new PagedSource(piecesOver(job.port), {
    sizeBytes: job.sizeBytes,
    maxReadBytes: maxFetchedBytes,
    late: () => performance.now() > endMs,
  })
  try {
    if (job.kind === 'frame') return await frame(source, job.topic, job.atMs)
    const look = await preview(source, job)
    return { look, readBytes: source.readBytes }
  } finally {
    job.port.close()
  }
}

async function ofPath<Answer>(
  path: string,
  look: (source: PagedSource) => Promise<Answer>,
  flags = 0,
): Promise<Answer> {
  const endMs = performance.now() + readForMs
  // A pipe of that name must not hold the thread up.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | flags)
  try {
    const facts = await file.stat()
    if (!facts.isFile()) throw new Error('it is no file')
    const source = new PagedSource((offset, length) => readPiece(file, offset, length), {
      sizeBytes: facts.size,
      maxReadBytes: maxFileReadBytes,
      late: () => performance.now() > endMs,
    })
    return await look(source)
  } finally {
    await file.close()
  }
}

/** Shorter than asked for when the file has become so. */
async function readPiece(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  let done = 0
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, offset + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return bytes.subarray(0, done)
}

parentPort?.on('message', ({ id, job }: LogOrder) => {
  const send = (outcome: LogOutcome): void => parentPort?.postMessage(outcome)
  work(job).then(
    (answer) => send({ id, answer }),
    (error: unknown) => send({ id, failed: error instanceof Error ? error.message : String(error) }),
  )
})
