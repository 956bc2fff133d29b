import type { PeerId, RecordId } from '../../shared/ids.ts'
import type { Clock } from '../base/clock.ts'
import { bucketNames, type BucketName } from '../model/bucket.ts'
import { maxAsked, parseAnswer, type Answer, type Question } from './catch-up-frames.ts'
import { isRising, lacking, ownPage, type CatchUpBook } from './catch-up-pages.ts'
import { CatchUpFailed, type FrameStream } from './catch-up-stream.ts'
import type { Ingest, Verdict } from './ingest.ts'
import type { RefusedIds } from './refused-ids.ts'

/** How far a catch-up has come: all before this is settled. */
export interface Cursor {
  readonly bucket: BucketName
  readonly after: RecordId | null
}

export const firstCursor: Cursor = { bucket: bucketNames[0], after: null }

export interface CatchUpDeps {
  readonly swarm: string
  readonly book: CatchUpBook
  readonly ingest: Pick<Ingest, 'receive'>
  /** What was not taken from this neighbour lately is not asked for again. */
  readonly refused: RefusedIds
  readonly clock: Clock
  /** Called after each page, so that a catch-up that breaks off can go on from there. */
  readonly onCursor: (cursor: Cursor) => void
}

export interface CaughtUp {
  readonly added: number
  /** Records that no honest peer keeps: the session ended there. */
  readonly garbage: number
}

/** A full ingest queue is waited for this often before the session is given up. */
const maxRetries = 50
const retryMs = 200

/**
 * Asks one neighbour for everything it has and we lack, bucket by bucket, page by page, from a cursor on.
 * Memory is bounded by a page. Where both hold the same page, nothing but a hash travels.
 * @throws CatchUpFailed `malformed`, `refused`; the stream's errors
 */
export async function catchUp(frames: FrameStream, from: PeerId, deps: CatchUpDeps, start: Cursor): Promise<CaughtUp> {
  const greeting = await ask(frames, ['hello', deps.swarm])
  if (greeting[0] !== 'welcome') throw unexpected(greeting)
  const session = new Session(frames, from, deps)
  for (const bucket of bucketNames.slice(bucketNames.indexOf(start.bucket))) {
    let after: RecordId | null = bucket === start.bucket ? start.after : null
    for (let end = false; !end && session.garbage === 0;) {
      const ours = ownPage(deps.book, bucket, after)
      const answer = await ask(frames, ['page', bucket, after ?? '', ours.hash])
      const entries = answer[0] === 'same' ? ours.entries : answer[0] === 'page' ? answer[1] : null
      if (entries === null) throw unexpected(answer)
      end = answer[0] === 'same' ? answer[1] : answer[2] === true
      if (answer[0] === 'page') {
        if (!isRising(entries, after) || (entries.length === 0 && !end)) {
          throw new CatchUpFailed('malformed', 'a page does not go on from the last one')
        }
        const missing = lacking(deps.book, bucket, entries, ours.entries)
        const wanted = missing.filter((id) => !deps.refused.has(from, id))
        await session.fetch(bucket, wanted)
      }
      after = (entries.at(-1)?.[0] as RecordId | undefined) ?? after
      deps.onCursor({ bucket, after })
    }
  }
  await session.settle()
  return { added: session.added, garbage: session.garbage }
}

/** Tells a neighbour that we have something new. */
export async function tellNews(frames: FrameStream, swarm: string): Promise<void> {
  const greeting = await ask(frames, ['hello', swarm])
  if (greeting[0] !== 'welcome') throw unexpected(greeting)
  const answer = await ask(frames, ['news'])
  if (answer[0] !== 'noted') throw unexpected(answer)
}

class Session {
  added = 0
  garbage = 0
  readonly #frames: FrameStream
  readonly #from: PeerId
  readonly #deps: CatchUpDeps
  /** The last batch is checked and stored while the next one is on its way. */
  #storing: Promise<void> = Promise.resolve()

  constructor(frames: FrameStream, from: PeerId, deps: CatchUpDeps) {
    this.#frames = frames
    this.#from = from
    this.#deps = deps
  }

  async fetch(bucket: BucketName, ids: readonly RecordId[]): Promise<void> {
    for (let at = 0; at < ids.length && this.garbage === 0;) {
      const answer = await ask(this.#frames, ['get', bucket, ids.slice(at, at + maxAsked)])
      if (answer[0] !== 'records') throw unexpected(answer)
      const [, batch, settled] = answer
      if (settled === 0) throw new CatchUpFailed('malformed', 'an answer settles nothing')
      const sent = ids.slice(at, at + settled)
      at += settled
      await this.settle()
      this.#storing = this.#store(bucket, sent, batch)
      // A failure is met at the next `settle`; until then it must not count as unhandled.
      this.#storing.catch(() => {})
    }
    await this.settle()
  }

  async settle(): Promise<void> {
    await this.#storing
  }

  async #store(bucket: BucketName, sent: readonly RecordId[], batch: Uint8Array): Promise<void> {
    let verdict: Verdict
    let tries = 0
    do {
      if (tries > 0) await this.#deps.clock.sleep(retryMs)
      verdict = await this.#deps.ingest.receive(batch, { from: this.#from, how: 'catch-up' })
      tries += 1
    } while (verdict.dropped && tries < maxRetries)
    if (verdict.dropped) throw new Error('received records could not be taken in: the queue stayed full')
    this.added += verdict.added
    this.garbage += verdict.garbage
    if (verdict.refused === 0) return
    const { book, refused } = this.#deps
    for (const id of sent) if (!book.has(bucket, id)) refused.add(this.#from, id)
  }
}

async function ask(frames: FrameStream, question: Question): Promise<Answer> {
  await frames.write(question)
  const answer = parseAnswer(await frames.read())
  if (answer === null) throw new CatchUpFailed('malformed', `the answer to "${question[0]}" is none`)
  return answer
}

function unexpected(answer: Answer): CatchUpFailed {
  if (answer[0] === 'refused') return new CatchUpFailed('refused', `the other side refuses: ${answer[1].slice(0, 64)}`)
  return new CatchUpFailed('malformed', `"${answer[0]}" answers nothing that was asked`)
}
