import type { PeerId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import { bucketNames, buckets, type BucketName } from '../../model/bucket.ts'
import { encodeBatch, signedSizeBytes } from '../../model/record-codec.ts'
import { recordIdOfDigest } from '../../model/record-id.ts'
import type { SignedRecord } from '../../model/record.ts'
import { idBytes } from '../../model/reconcile-wire.ts'
import { firstMessage, takeAnswer, type Difference } from '../../model/reconcile.ts'
import type { Claims } from '../ingest/claims.ts'
import type { Source } from '../ingest/ingest.ts'
import {
  eachItem,
  maxDismissals,
  maxRoundBytes,
  maxWanted,
  type Answer,
  type Dismissal,
  type Part,
  type Question,
} from './reconcile-frames.ts'
import { stillWanted } from './reconcile-offer.ts'
import { ReconcileProgress } from './reconcile-progress.ts'
import { ReconcileFailed, unexpected, type FrameStream } from './reconcile-stream.ts'
import type { ReconcileBook, RecordTrade } from './reconcile-trade.ts'
import type { RefusedIds } from '../ingest/refused-ids.ts'
import type { VainPushes } from './vain-pushes.ts'

export interface AskDeps {
  readonly swarm: string
  readonly book: ReconcileBook
  readonly trade: RecordTrade
  /** What was not taken here lately. */
  readonly refused: RefusedIds
  /** What the other side did not take lately. */
  readonly unwanted: RefusedIds
  readonly claims: Claims
  readonly vain: VainPushes
  readonly clock: Pick<Clock, 'monotonic'>
  /** Whether a bucket is exchanged now. */
  readonly isOpen: (bucket: BucketName) => boolean
  /** Records that were new here. */
  readonly onNews: (records: readonly SignedRecord[]) => void
}

export interface Reconciled {
  /** Questions asked, from `hello` to `done`. */
  readonly rounds: number
  readonly received: number
  readonly sent: number
  /** Records that no honest peer keeps: the session ended there. */
  readonly garbage: number
  /** False when something was left to others that are fetching it just now. */
  readonly complete: boolean
}

interface Lack extends Difference {
  readonly bucket: BucketName
}

/** Half a million different records take some 400; of one that gets nowhere far fewer are asked: `ReconcileProgress`. */
const maxRounds = 1_000
/** Bytes of records in one question; one of the largest size fits on top. */
const batchBytes = 192 * 1_024
const maxGiven = 256
/** Up to so many are fetched and older ones handed over in one question, to save a round. */
const maxMixed = 32
/** Up to this many records are handed over without asking whether somebody else has done so meanwhile. */
const maxUnasked = 32
/**
 * Wanted items that the other side then did not have, beyond those that records sent to it may have outdated: it made
 * them up.
 */
const maxMissing = 1_024
const noBytes = new Uint8Array(0)

/**
 * One session as the asking side, both ways: finds out what either lacks, trust first, then all buckets side by side,
 * fetches the one and hands over the other. What differs is settled after every round, so memory is bounded by a round.
 * @throws ReconcileFailed `malformed`, `refused`; the stream's errors
 */
export async function reconcile(frames: FrameStream, peer: PeerId, deps: AskDeps): Promise<Reconciled> {
  const session = new Session(frames, peer, deps)
  try {
    return await session.run()
  } finally {
    deps.claims.release(session)
  }
}

class Session {
  #rounds = 0
  #received = 0
  #sent = 0
  #garbage = 0
  #missing = 0
  #complete = true
  /** Of this round, by item: what is there and not here, and the other way round. */
  readonly #wants = new Map<string, Lack>()
  readonly #gives = new Map<string, Lack>()
  readonly #frames: FrameStream
  readonly #deps: AskDeps
  readonly #source: Source & { readonly from: PeerId }
  /** The last batch is checked and stored while the next one is on its way. */
  #storing: Promise<void> = Promise.resolve()
  #asking: Promise<unknown> = Promise.resolve()
  readonly #progress: ReconcileProgress

  constructor(frames: FrameStream, peer: PeerId, deps: AskDeps) {
    this.#frames = frames
    this.#deps = deps
    this.#source = { from: peer, how: 'catch-up' }
    this.#progress = new ReconcileProgress(deps)
  }

  async run(): Promise<Reconciled> {
    const { book, isOpen, swarm } = this.#deps
    const open = bucketNames.filter(isOpen)
    const first = open.map((bucket): Part => [bucket, firstMessage(book.index.of(bucket))])
    const parts = this.#partsOf(await this.#ask(['hello', swarm, first]), open)
    // Who may say what comes first: what is exchanged after it is then judged aright at once.
    await this.#settle(parts.filter(([bucket]) => bucket === 'trust'))
    await this.#settle(parts.filter(([bucket]) => bucket !== 'trust'))
    // Whoever holds something back comes by itself when it does no longer.
    const isAll = this.#complete && parts.length === open.length
    if (isAll && this.#garbage === 0) await this.#ask(['done'])
    const [rounds, received, sent, garbage] = [this.#rounds, this.#received, this.#sent, this.#garbage]
    return { rounds, received, sent, garbage, complete: this.#complete }
  }

  /** Goes on with these buckets until nothing more is to be found out about them. */
  async #settle(answers: readonly (readonly [BucketName, Uint8Array])[]): Promise<void> {
    for (let parts = answers; parts.length > 0 && this.#garbage === 0;) {
      const next: (readonly [BucketName, Uint8Array])[] = []
      const limitBytes = Math.floor(maxRoundBytes / parts.length)
      for (const [bucket, message] of parts) {
        const step = takeAnswer(this.#deps.book.index.of(bucket), message, limitBytes)
        if (step === null) throw new ReconcileFailed('malformed', 'an answer is no message of reconciliation')
        for (const difference of step.need) this.#wants.set(textOf(difference.id), { ...difference, bucket })
        for (const difference of step.have) this.#gives.set(textOf(difference.id), { ...difference, bucket })
        if (step.next !== null) next.push([bucket, step.next])
      }
      await this.#exchange()
      if (next.length === 0 || this.#garbage > 0) return
      const asked = next.map(([bucket]) => bucket)
      this.#progress.compared(next)
      parts = this.#partsOf(await this.#ask(['round', next]), asked)
    }
  }

  /** Everything that this round found lacking, the newest first: it may outdate what else would be sent in vain. */
  async #exchange(): Promise<void> {
    const lacks = [...(await this.#wanted()).map(asWant), ...(await this.#givable()).map(asGive)]
    this.#wants.clear()
    this.#gives.clear()
    lacks.sort((a, b) => b.beforeMs - a.beforeMs)
    let left: readonly (Lack & { readonly isWanted: boolean })[] = lacks
    while (left.length > 0 && this.#garbage === 0) left = await this.#tradeSome(left)
    await this.#storing
  }

  /** One question's worth; returns what is left. */
  async #tradeSome(lacks: readonly (Lack & { readonly isWanted: boolean })[]) {
    const { trade, unwanted } = this.#deps
    if (lacks[0]?.isWanted === false) await this.#storing
    const wants = new Map<BucketName, Uint8Array[]>()
    const given: SignedRecord[] = []
    const ids: Uint8Array[] = []
    let [wanted, bytes, at] = [0, 0, 0]
    for (; at < lacks.length && wanted < maxWanted && given.length < maxGiven && bytes < batchBytes; at += 1) {
      const { bucket, id, isWanted } = lacks[at] as (typeof lacks)[number]
      if (isWanted) {
        wanted += 1
        wants.set(bucket, [...(wants.get(bucket) ?? []), id])
        continue
      }
      // It is older than those wanted, which may outdate it: first see them.
      if (wanted >= maxMixed && buckets[bucket].kind === 'keyed') break
      // Gone when a newer one of the same key has come meanwhile.
      const [record] = trade.give([[bucket, id]], batchBytes).records
      if (record === undefined) continue
      given.push(record)
      ids.push(id)
      bytes += signedSizeBytes(record)
    }
    const rest = lacks.slice(at)
    if (wanted === 0 && given.length === 0) return rest
    const parts = [...wants].map(([bucket, list]): Part => [bucket, Buffer.concat(list)])
    const batch = given.length === 0 ? noBytes : encodeBatch(given)
    const answer = await this.#ask(['trade', parts, batch])
    if (answer[0] !== 'trade') throw unexpected(answer)
    const [, received, settled, kept, dismissals] = answer
    if (settled > wanted || (settled === 0 && wanted > 0)) {
      throw new ReconcileFailed('malformed', 'an answer settles nothing, or more than was asked')
    }
    this.#sent += given.length
    this.#progress.gave(Math.min(kept, given.length))
    if (kept < given.length) for (const id of ids) unwanted.add(this.#source.from, id)
    const order = [...eachItem(parts)]
    await this.#storing
    this.#storing = this.#store(order.slice(0, settled), received, dismissals)
    // A failure is met at the next `await`; until then it must not count as unhandled.
    this.#storing.catch(() => {})
    const unsettled = new Set(order.slice(settled).map(([, id]) => textOf(id)))
    return unsettled.size === 0
      ? rest
      : [...lacks.slice(0, at).filter(({ id, isWanted }) => isWanted && unsettled.has(textOf(id))), ...rest]
  }

  async #store(
    asked: readonly (readonly [bucket: string, id: Uint8Array])[],
    batch: Uint8Array,
    dismissals: readonly Dismissal[],
  ): Promise<void> {
    const { claims, onNews, refused, trade } = this.#deps
    if (dismissals.length > 0) {
      const verdict = await trade.takeDismissals(dismissals, this.#source)
      this.#garbage += verdict?.garbage ?? 0
      onNews(verdict?.news ?? [])
    }
    let added = 0
    if (batch.length > 0) {
      const taken = await trade.take(batch, this.#source)
      added = taken.verdict.added
      this.#received += added
      this.#progress.moved(added)
      this.#garbage += taken.verdict.garbage
      onNews(taken.verdict.news)
      if (taken.dismissals.length > 0) await this.#ask(['dismiss', taken.dismissals])
      await this.#deps.vain.rest(this.#source.from, taken.verdict)
    }
    if (added >= asked.length) return
    // Not sent, not taken, or one of other signatures: none is asked of it again for a while.
    for (const [bucket, id] of asked) {
      if (trade.holds(bucket, id)) continue
      claims.free(id, this)
      refused.add(this.#source.from, id)
      if (batch.length === 0) this.#missing += 1
    }
    if (this.#missing > maxMissing + this.#received + this.#sent) {
      throw new ReconcileFailed('malformed', 'it does not have what it says it has')
    }
  }

  /** What is to be fetched here; for what is buried here, the other side is told so instead. */
  async #wanted(): Promise<readonly Lack[]> {
    const { claims, refused, trade } = this.#deps
    const wanted: Lack[] = []
    let dismissals: Dismissal[] = []
    for (const lack of this.#wants.values()) {
      if (refused.has(this.#source.from, lack.id)) continue
      const dismissal = trade.dismissalOf(recordIdOfDigest(lack.id))
      if (dismissal !== undefined) {
        dismissals.push(dismissal)
        refused.add(this.#source.from, lack.id)
        if (dismissals.length === maxDismissals) {
          await this.#ask(['dismiss', dismissals])
          dismissals = []
        }
      } else if (claims.take(lack.bucket, lack.id, this)) wanted.push(lack)
      else {
        this.#complete = false
        this.#progress.left(1)
      }
    }
    if (dismissals.length > 0) await this.#ask(['dismiss', dismissals])
    return wanted
  }

  /** What is to be handed over: of many, what the other side still wants. */
  async #givable(): Promise<readonly Lack[]> {
    const gives = [...this.#gives.values()].filter(({ id }) => !this.#deps.unwanted.has(this.#source.from, id))
    if (gives.length <= maxUnasked) return gives
    return stillWanted(gives, (question) => this.#ask(question))
  }

  /** Only buckets that were asked about, each once. One that the other side leaves out is not settled. */
  #partsOf(answer: Answer, asked: readonly BucketName[]): (readonly [BucketName, Uint8Array])[] {
    if (answer[0] !== 'round') throw unexpected(answer)
    return asked.flatMap((bucket) => {
      const part = answer[1].find(([name]) => name === bucket)
      return part === undefined ? [] : [[bucket, part[1]] as const]
    })
  }

  /** One question at a time, though what is stored beside may have one too. */
  async #ask(question: Question): Promise<Answer> {
    this.#rounds += 1
    if (this.#rounds > maxRounds) throw new ReconcileFailed('malformed', 'the session comes to no end')
    this.#progress.asked()
    const answer = this.#asking.then(() => this.#frames.ask(question))
    this.#asking = answer.catch(() => {})
    return answer
  }
}

const asWant = (lack: Lack) => ({ ...lack, isWanted: true })
const asGive = (lack: Lack) => ({ ...lack, isWanted: false })

const textOf = (id: Uint8Array): string => Buffer.from(id.buffer, id.byteOffset, idBytes).toString('latin1')
