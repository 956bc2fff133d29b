import { setImmediate as nextTurn } from 'node:timers/promises'
import type { PeerId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import { isBucketName, type BucketName } from '../../model/bucket.ts'
import type { SignedRecord } from '../../model/record.ts'
import { answerMessage } from '../../model/reconcile.ts'
import type { Claims } from '../ingest/claims.ts'
import type { Source } from '../ingest/ingest.ts'
import {
  countOf,
  eachItem,
  maxRoundBytes,
  parseQuestion,
  type Answer,
  type Part,
  type Question,
} from './reconcile-frames.ts'
import { ReconcileProgress } from './reconcile-progress.ts'
import { ReconcileFailed, type FrameStream } from './reconcile-stream.ts'
import type { ReconcileBook, RecordTrade } from './reconcile-trade.ts'
import type { RefusedIds } from '../ingest/refused-ids.ts'
import type { VainPushes } from './vain-pushes.ts'

export interface AnswerDeps {
  readonly swarm: string
  readonly book: ReconcileBook
  readonly trade: RecordTrade
  readonly refused: RefusedIds
  /** What the other side did not take lately. */
  readonly unwanted: RefusedIds
  readonly claims: Claims
  readonly vain: VainPushes
  readonly clock: Clock
  readonly isOpen: (bucket: BucketName) => boolean
  /** Records that were new here. */
  readonly onNews: (records: readonly SignedRecord[]) => void
  /** The asker has something new for us. */
  readonly onTold: () => void
}

export interface Answered {
  /** The asker says that both hold the same now. */
  readonly done: boolean
  /** Records that no honest peer keeps. */
  readonly garbage: number
}

/** Questions on one stream: 100,000 records take some 500, a million 5,000. */
const maxQuestions = 20_000
/** Bytes of records in one answer; one of the largest size fits on top. */
const answerBytes = 192 * 1_024
/** Rounds that are answered at once; of later ones each is followed by a rest of three times as long as it took. */
const quickRounds = 20

/**
 * Answers one peer's questions until it closes the stream.
 * @throws ReconcileFailed `malformed` for what is no question; the stream's errors
 */
export async function answerQuestions(frames: FrameStream, peer: PeerId, deps: AnswerDeps): Promise<Answered> {
  const hello = parseQuestion(await frames.read())
  if (hello?.[0] !== 'hello') throw new ReconcileFailed('malformed', 'the first frame is no hello')
  const refusal = hello[1] !== deps.swarm ? 'other-swarm' : deps.book.index.ready ? null : 'busy'
  if (refusal !== null) {
    await frames.write(['refused', refusal])
    return { done: false, garbage: 0 }
  }
  const session = new Answers(peer, deps)
  try {
    await frames.write(await session.answer(hello))
    for (let asked = 0; asked < maxQuestions; asked += 1) {
      const bytes = await frames.readOrEnd()
      if (bytes === null) return session.result
      const question = parseQuestion(bytes)
      if (question === null) throw new ReconcileFailed('malformed', 'a frame is no question')
      // News is told once, and then the stream is closed: again and again it would only keep the place.
      if (question[0] === 'news' && session.isTold) return session.result
      await frames.write(await session.answer(question))
      // Garbage ends it: an honest asker would not have sent any.
      if (session.result.garbage > 0) return session.result
      // One neighbour's long catch-up must not hold up everything else.
      await nextTurn()
    }
    throw new ReconcileFailed('refused', 'too many questions on one stream')
  } finally {
    deps.claims.release(session)
  }
}

class Answers {
  readonly #deps: AnswerDeps
  readonly #source: Source
  readonly #peer: PeerId
  #done = false
  #garbage = 0
  #rounds = 0
  #isTold = false
  readonly #progress: ReconcileProgress

  constructor(peer: PeerId, deps: AnswerDeps) {
    this.#deps = deps
    this.#peer = peer
    this.#source = { from: peer, how: 'catch-up' }
    this.#progress = new ReconcileProgress(deps)
  }

  get result(): Answered {
    return { done: this.#done, garbage: this.#garbage }
  }

  get isTold(): boolean {
    return this.#isTold
  }

  async answer(question: Question): Promise<Answer> {
    const { onNews, onTold, trade, unwanted } = this.#deps
    this.#progress.asked()
    switch (question[0]) {
      case 'hello':
        return this.#round(question[2])
      case 'round':
        // It has handed over what it offered, or does not mean to.
        this.#deps.claims.release(this)
        return this.#round(question[1])
      case 'offer':
        return ['offer', this.#wantedOf(question[1])]
      case 'trade': {
        const [, wants, batch] = question
        const taken = batch.length === 0 ? null : await trade.take(batch, this.#source)
        if (taken !== null) {
          this.#garbage += taken.verdict.garbage
          onNews(taken.verdict.news)
          this.#progress.moved(taken.verdict.added)
          await this.#deps.vain.rest(this.#peer, taken.verdict)
        }
        const items = [...eachItem(wants)]
        const { batch: given, records, settled } = trade.give(items, answerBytes)
        this.#progress.gave(records.length)
        // If it lacks them afterwards it has refused them; when it wants them all the same it asks.
        for (const [, id] of items.slice(0, settled)) unwanted.add(this.#peer, id)
        const kept = (taken?.verdict.added ?? 0) + (taken?.verdict.known ?? 0)
        return ['trade', given, settled, kept, taken?.dismissals ?? []]
      }
      case 'dismiss': {
        const verdict = await trade.takeDismissals(question[1], this.#source)
        this.#garbage += verdict?.garbage ?? 0
        onNews(verdict?.news ?? [])
        if (verdict !== null) await this.#deps.vain.rest(this.#peer, verdict)
        return ['noted']
      }
      case 'news':
        this.#isTold = true
        onTold()
        return ['noted']
      case 'done':
        this.#done = true
        return ['noted']
    }
  }

  async #round(parts: readonly Part[]): Promise<Answer> {
    const { book, clock, isOpen } = this.#deps
    this.#rounds += 1
    const startedMs = clock.monotonic()
    const open = parts.flatMap(([bucket, message], i) =>
      isFirst(parts, i) && isBucketName(bucket) && isOpen(bucket) ? [[bucket, message] as const] : [],
    )
    const limitBytes = Math.floor(maxRoundBytes / Math.max(1, open.length))
    this.#progress.compared(open)
    const answers = open.map(([bucket, message]): Part => {
      const answer = answerMessage(book.index.of(bucket), message, limitBytes)
      if (answer === null) throw new ReconcileFailed('malformed', 'a part is no message of reconciliation')
      return [bucket, answer]
    })
    if (this.#rounds > quickRounds) await clock.sleep(3 * (clock.monotonic() - startedMs))
    return ['round', answers]
  }

  /** A bit for each that is neither held here, nor was refused, nor comes from somebody else just now. */
  #wantedOf(parts: readonly Part[]): Uint8Array {
    const { claims, refused, trade } = this.#deps
    const bits = new Uint8Array(Math.ceil(countOf(parts) / 8))
    let i = 0
    for (const [bucket, id] of eachItem(parts)) {
      const isOpen = isBucketName(bucket) && this.#deps.isOpen(bucket)
      if (isOpen && !refused.has(this.#peer, id) && !trade.holds(bucket, id) && claims.take(bucket, id, this)) {
        bits[i >> 3] = (bits[i >> 3] ?? 0) | (1 << (i & 7))
      }
      i += 1
    }
    return bits
  }
}

const isFirst = (parts: readonly Part[], i: number): boolean =>
  parts.findIndex(([name]) => name === parts[i]?.[0]) === i
