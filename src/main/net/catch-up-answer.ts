import { setImmediate as nextTurn } from 'node:timers/promises'
import type { RecordId } from '../../shared/ids.ts'
import { isRecordId } from '../../shared/ids.ts'
import { isBucketName } from '../model/bucket.ts'
import { compareBytes } from '../model/cbor.ts'
import { encodeBatch, signedSizeBytes } from '../model/record-codec.ts'
import type { SignedRecord } from '../model/record.ts'
import { parseQuestion, type Answer, type Question } from './catch-up-frames.ts'
import { CatchUpFailed, type FrameStream } from './catch-up-stream.ts'
import { ownPage, type CatchUpBook } from './catch-up-pages.ts'

/** Bytes of records in one answer; one of the largest size fits on top. */
const answerBytes = 192 * 1024
/** Questions on one stream: 100,000 records take some 500, a million 5,000. */
const maxQuestions = 20_000

export interface AnswerDeps {
  readonly swarm: string
  readonly book: CatchUpBook
  /** The asker has something new for us. */
  readonly onNews: () => void
}

/**
 * Answers one peer's questions until it closes the stream.
 * @throws CatchUpFailed `malformed` for what is no question; the stream's errors
 */
export async function answerQuestions(frames: FrameStream, deps: AnswerDeps): Promise<void> {
  const hello = parseQuestion(await frames.read())
  if (hello?.[0] !== 'hello') throw new CatchUpFailed('malformed', 'the first frame is no hello')
  if (hello[1] !== deps.swarm) {
    await frames.write(['refused', 'other-swarm'])
    return
  }
  await frames.write(['welcome'])
  for (let asked = 0; asked < maxQuestions; asked += 1) {
    const bytes = await readOrEnd(frames)
    if (bytes === null) return
    const question = parseQuestion(bytes)
    if (question === null) throw new CatchUpFailed('malformed', 'a frame is no question')
    await frames.write(answerTo(question, deps))
    // One neighbour's long catch-up must not hold up everything else.
    await nextTurn()
  }
  throw new CatchUpFailed('refused', 'too many questions on one stream')
}

function answerTo(question: Question, { book, onNews }: AnswerDeps): Answer {
  switch (question[0]) {
    case 'hello':
      return ['welcome']
    case 'news':
      onNews()
      return ['noted']
    case 'page': {
      const [, bucket, after, hash] = question
      if (!isBucketName(bucket)) return ['page', [], true]
      if (after !== '' && !isRecordId(after)) throw new CatchUpFailed('malformed', 'the cursor is no record id')
      const page = ownPage(book, bucket, after === '' ? null : after)
      return compareBytes(page.hash, hash) === 0 ? ['same', page.end] : ['page', page.entries, page.end]
    }
    case 'get':
      return recordsFor(question[2], book)
  }
}

/** As many of the asked records as fit, in order; those that are gone are settled too. */
function recordsFor(ids: readonly string[], book: CatchUpBook): Answer {
  const records: SignedRecord[] = []
  let bytes = 0
  let settled = 0
  for (const id of ids) {
    const record = isRecordId(id) ? recordOf(book, id) : undefined
    if (record !== undefined) {
      const size = signedSizeBytes(record)
      if (records.length > 0 && bytes + size > answerBytes) break
      records.push(record)
      bytes += size
    }
    settled += 1
  }
  return ['records', encodeBatch(records), settled]
}

const recordOf = (book: CatchUpBook, id: RecordId): SignedRecord | undefined => book.getMany([id])[0]?.record

/** Null when the asker closed the stream between two frames: it has all it wanted. */
async function readOrEnd(frames: FrameStream): Promise<Uint8Array | null> {
  try {
    return await frames.read()
  } catch (error) {
    if (error instanceof Error && error.name === 'UnexpectedEOFError') return null
    throw error
  }
}
