import { open, type FileHandle } from 'node:fs/promises'
import { loadDecompress } from './decompress.ts'
import { detectFormat } from './detect.ts'
import type { LogAnswers, LogJob } from './log-job.ts'
import { mcapTail } from './mcap-tail.ts'
import { headOf, type RangeSource } from './range-source.ts'
import { textTail } from './text-tail.ts'

type TailJob = Extract<LogJob, { kind: 'tail' }>
type Answer = LogAnswers['tail']

const sampleBytes = 4_096
const pieceBytes = 1_024 * 1_024
/** A bag that is being written has no index, and its chunks point back into it: only all of it is a bag. */
const maxBagBytes = 64 * 1_024 * 1_024

/**
 * Writes the last minutes of a log to a new file. A kind of file of which no part stands alone is not taken, and the answer
 * says so. @throws LogProblem, EnoughRead, what the file system throws
 */
export async function logTail(source: RangeSource, job: TailJob): Promise<Answer> {
  const format = detectFormat(await headOf(source, sampleBytes), { name: job.name, mediaType: '' })
  switch (format) {
    case 'mcap':
      return mcap(source, job)
    case 'text':
    case 'csv':
      return text(source, job, format === 'csv')
    case 'rosbag':
      return source.sizeBytes <= Math.min(maxBagBytes, job.maxBytes)
        ? whole(source, job)
        : left(`a bag is taken as a whole, up to ${maxBagBytes / 1_024 ** 2} MiB: record MCAP to have its last minutes`)
    case 'image':
    case 'archive':
    case 'other':
      return left('it is no log whose end can be read: text, tables, MCAP and bags are taken')
  }
}

async function mcap(source: RangeSource, job: TailJob): Promise<Answer> {
  const { backMs, skipMs, about, to } = job
  const maxBytes = job.maxBytes
  return written(to, async (file) => {
    const write = async (bytes: Uint8Array): Promise<void> => {
      for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at)).bytesWritten
    }
    const tail = await mcapTail(source, await loadDecompress(), {
      backMs,
      skipMs,
      maxBytes,
      about: new Map(about),
      write,
    })
    const { startMs, endMs, messages } = tail
    const isEmpty = messages === 0
    const none =
      skipMs > 0
        ? 'no messages of that time were found'
        : 'its recorder holds the messages back, and has written none yet'
    const problem = isEmpty ? none : tail.problem
    return { startMs, endMs, problem, isEmpty }
  })
}

async function text(source: RangeSource, { to, ...init }: TailJob, isTable: boolean): Promise<Answer> {
  const { at, end, headBytes, startMs, endMs, problem } = await textTail(source, { ...init, isTable })
  return written(to, async (file) => {
    await copy(source, file, 0, headBytes)
    await copy(source, file, at, end)
    return { startMs, endMs, problem, isEmpty: at === end }
  })
}

async function whole(source: RangeSource, { to }: TailJob): Promise<Answer> {
  return written(to, async (file) => {
    await copy(source, file, 0, source.sizeBytes)
    return { startMs: null, endMs: null, problem: 'it is a bag, and was taken as a whole', isEmpty: false }
  })
}

async function copy(source: RangeSource, file: FileHandle, from: number, end: number): Promise<void> {
  for (let at = from; at < end; at += pieceBytes) {
    await file.writeFile(await source.read(at, Math.min(pieceBytes, end - at)))
  }
}

async function written(
  to: string,
  write: (file: FileHandle) => Promise<Pick<Answer, 'startMs' | 'endMs' | 'problem'> & { readonly isEmpty: boolean }>,
): Promise<Answer> {
  const file = await open(to, 'wx', 0o644)
  try {
    const { isEmpty, ...about } = await write(file)
    return { ...about, bytes: isEmpty ? null : (await file.stat()).size }
  } finally {
    await file.close()
  }
}

function left(problem: string): Answer {
  return { bytes: null, startMs: null, endMs: null, problem }
}
