import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { parentPort } from 'node:worker_threads'
import type { LogAnswers, LogJob, LogOrder, LogOutcome } from './log-job.ts'
import { inspect } from './looking.ts'
import { PagedSource } from './range-source.ts'

/** Of a file on the own disk; indexes take far less, and a bag without one is walked in steps. */
const maxFileReadBytes = 512 * 1_024 * 1_024

/** A thread that looks into files: one job at a time, whatever the file does to it. */
async function work(job: LogJob): Promise<LogAnswers[LogJob['kind']]> {
  switch (job.kind) {
    case 'inspect':
      return inspectPath(job)
    case 'preview':
    case 'frame':
      throw new Error('not yet')
  }
}

async function inspectPath(job: Extract<LogJob, { kind: 'inspect' }>): Promise<LogAnswers['inspect']> {
  // A pipe of that name must not hold the thread up.
  const file = await open(job.path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const facts = await file.stat()
    if (!facts.isFile()) throw new Error('it is no file')
    const source = new PagedSource(
      async (offset, length) => {
        const bytes = new Uint8Array(length)
        let done = 0
        while (done < length) {
          const { bytesRead } = await file.read(bytes, done, length - done, offset + done)
          if (bytesRead === 0) break
          done += bytesRead
        }
        return bytes.subarray(0, done)
      },
      { sizeBytes: facts.size, maxReadBytes: maxFileReadBytes },
    )
    return await inspect(source, job)
  } finally {
    await file.close()
  }
}

parentPort?.on('message', ({ id, job }: LogOrder) => {
  const send = (outcome: LogOutcome): void => parentPort?.postMessage(outcome)
  work(job).then(
    (answer) => send({ id, answer }),
    (error: unknown) => send({ id, failed: error instanceof Error ? error.message : String(error) }),
  )
})
