import type { Clock } from '../../base/clock.ts'
import { isAbort } from '../../../shared/errors.ts'
import type { BucketName } from '../../model/bucket.ts'
import { recordIdOfDigest } from '../../model/record-id.ts'
import type { SignedRecord } from '../../model/record.ts'
import { firstMessage, takeAnswer, type Difference } from '../../model/reconcile.ts'
import { judgedAs } from '../ingest/ingest-job.ts'
import type { LineFrame } from './line-frames.ts'
import type { LinePace } from './line-pace.ts'
import type { Dismissal, Part } from './reconcile-frames.ts'
import type { ReconcileBook, RecordTrade } from './reconcile-trade.ts'
import type { RefusedIds } from '../ingest/refused-ids.ts'

export interface LineSessionDeps {
  readonly book: ReconcileBook
  readonly trade: RecordTrade
  readonly refused: RefusedIds
  readonly unwanted: RefusedIds
  readonly clock: Clock
  readonly random: () => number
  /** Sends to the other side; resolves once it has left. */
  readonly tell: (frame: LineFrame) => Promise<void>
  /** Sends records to all on the channel, as fast as it may. */
  readonly give: (records: readonly SignedRecord[], signal: AbortSignal) => Promise<void>
}

export interface LineReconciled {
  readonly rounds: number
  /** Items that were lacking here and have come. */
  readonly received: number
  readonly sent: number
}

/** The other side, or the channel, does not answer; or what it says is no answer. */
export class LineSessionFailed extends Error {
  override readonly name = 'LineSessionFailed'
  readonly reason: 'silent' | 'malformed'

  constructor(reason: 'silent' | 'malformed', message: string) {
    super(message)
    this.reason = reason
  }
}

/** A question is asked so often: of ten datagrams one may be lost, and an answer is several. */
const maxTries = 5
/** The first one less often: whoever says what it holds and then answers nothing must not hold up the others. */
const firstTries = 2
/** Half a million records on a slow line go on in the next session. */
const maxRounds = 2_000
/** Attestations of a message full. */
const maxDismissalBytes = 2_048

/**
 * One session over a channel without streams, as the asking side: questions that are asked again when no answer comes,
 * one bucket after the other, trust first. What either side lacks is sent to all on the channel.
 */
export class LineSession {
  readonly #deps: LineSessionDeps
  readonly #pace: LinePace
  readonly #signal: AbortSignal
  readonly link: string
  /** What is known of the link, in `refused` and `unwanted`. */
  readonly #judged: string
  /** Numbers of questions begin anywhere, so that a late answer to another session is none to this one. */
  #no: number
  #rounds = 0
  #received = 0
  #sent = 0
  #awaited: { readonly no: number; readonly settle: (frame: LineFrame) => void } | null = null
  readonly #wanted = new Set<string>()
  #arrived: () => void = () => {}

  constructor(
    deps: LineSessionDeps,
    init: { readonly channel: string; readonly link: string; readonly pace: LinePace; readonly signal: AbortSignal },
  ) {
    this.#deps = deps
    this.#pace = init.pace
    this.#signal = init.signal
    this.link = init.link
    this.#judged = judgedAs(init)
    this.#no = Math.floor(deps.random() * 2 ** 31)
  }

  /** @throws LineSessionFailed */
  async run(buckets: readonly BucketName[]): Promise<LineReconciled> {
    for (const bucket of buckets) await this.#reconcile(bucket)
    return { rounds: this.#rounds, received: this.#received, sent: this.#sent }
  }

  /** What the other side says. */
  hear(frame: LineFrame): void {
    if ('no' in frame && this.#awaited?.no === frame.no) this.#awaited.settle(frame)
  }

  /** Items that were stored here meanwhile, whoever said them. */
  stored(items: readonly Uint8Array[]): void {
    if (this.#wanted.size === 0) return
    let some = false
    for (const item of items) some = this.#wanted.delete(textOf(item)) || some
    if (some) this.#arrived()
  }

  async #reconcile(bucket: BucketName): Promise<void> {
    const { book } = this.#deps
    const index = book.index.of(bucket)
    for (let message: Uint8Array | null = firstMessage(index); message !== null;) {
      const answer = await this.#ask((no) => ({ kind: 'ask', no, bucket, message: message as Uint8Array }))
      if (answer.kind !== 'answer' || answer.bucket !== bucket) throw noAnswer()
      const step = takeAnswer(index, answer.message, this.#pace.messageBytes)
      if (step === null) throw noAnswer()
      await this.#fetch(bucket, step.need)
      await this.#give(bucket, step.have)
      message = step.next
    }
  }

  async #fetch(bucket: BucketName, needs: readonly Difference[]): Promise<void> {
    const { refused, trade } = this.#deps
    const wanted: Uint8Array[] = []
    const dismissals: Dismissal[] = []
    for (const { id } of needs) {
      if (refused.has(this.#judged, id) || trade.holds(bucket, id)) continue
      const dismissal = trade.dismissalOf(recordIdOfDigest(id))
      if (dismissal === undefined) wanted.push(id)
      else {
        dismissals.push(dismissal)
        refused.add(this.#judged, id)
      }
    }
    await this.#dismiss(dismissals)
    for (let at = 0; at < wanted.length; at += this.#pace.wanted) {
      await this.#get(bucket, wanted.slice(at, at + this.#pace.wanted))
    }
  }

  /** Asks for records until they are here, or the other side has said often enough that it sent them. */
  async #get(bucket: BucketName, ids: readonly Uint8Array[]): Promise<void> {
    const { refused, trade } = this.#deps
    let left = ids
    for (let tries = 0; left.length > 0 && tries < maxTries; tries += 1) {
      for (const id of left) this.#wanted.add(textOf(id))
      const items: readonly Part[] = [[bucket, Buffer.concat(left)]]
      const answer = await this.#ask((no) => ({ kind: 'get', no, items }))
      if (answer.kind !== 'gave') throw noAnswer()
      if (answer.settled === 0) {
        // It has given so much away that others must wait.
        await this.#deps.clock.sleep(this.#pace.answerMs / 2, { signal: this.#signal })
        tries -= 1
        this.#rounds += 10
        continue
      }
      await this.#arrival(left.slice(0, answer.settled).map(textOf))
      const missing = left.filter((id) => !trade.holds(bucket, id))
      const isStuck = missing.length === left.length && answer.settled >= left.length
      this.#received += left.length - missing.length
      // Sent to all, yet not here: lost, or refused at the door. The door says the same the next time.
      if (isStuck && tries > 0) break
      left = missing
    }
    for (const id of left) {
      this.#wanted.delete(textOf(id))
      refused.add(this.#judged, id)
    }
  }

  /** Waits as long as one after the other arrives. */
  async #arrival(sent: readonly string[]): Promise<void> {
    while (sent.some((item) => this.#wanted.has(item))) {
      const some = new Promise<true>((resolve) => (this.#arrived = () => resolve(true)))
      if (!(await this.#within(some, this.#pace.answerMs / 2))) break
    }
    for (const item of sent) this.#wanted.delete(item)
  }

  async #give(bucket: BucketName, haves: readonly Difference[]): Promise<void> {
    const { unwanted, trade } = this.#deps
    const items = haves.map(({ id }) => id).filter((id) => !unwanted.has(this.#judged, id))
    // Each once: what the other side does not take then is not sent again for a while.
    for (const id of items) unwanted.add(this.#judged, id)
    const { records } = trade.give(
      items.map((id) => [bucket, id] as const),
      Number.POSITIVE_INFINITY,
    )
    await this.#deps.give(records, this.#signal)
    this.#sent += records.length
  }

  async #dismiss(dismissals: readonly Dismissal[]): Promise<void> {
    let some: Dismissal[] = []
    let bytes = 0
    for (const dismissal of dismissals) {
      some.push(dismissal)
      bytes += dismissal[1].length + 40
      if (bytes < maxDismissalBytes) continue
      await this.#deps.tell({ kind: 'dismiss', dismissals: some })
      some = []
      bytes = 0
    }
    if (some.length > 0) await this.#deps.tell({ kind: 'dismiss', dismissals: some })
  }

  async #ask(make: (no: number) => LineFrame): Promise<LineFrame> {
    this.#rounds += 1
    if (this.#rounds > maxRounds) throw new LineSessionFailed('malformed', 'the session comes to no end')
    this.#no += 1
    const no = this.#no
    const answer = new Promise<LineFrame>((settle) => (this.#awaited = { no, settle }))
    const most = this.#rounds === 1 ? firstTries : maxTries
    for (let tries = 0; tries < most; tries += 1) {
      await this.#deps.tell(make(no))
      const frame = await this.#within(answer, this.#pace.answerMs * (1 + tries / 2))
      if (frame !== null) return frame
    }
    throw new LineSessionFailed('silent', `${this.link} did not answer`)
  }

  /** Null when the time is over. Rejects when the session is stopped. */
  async #within<Value>(value: Promise<Value>, ms: number): Promise<Value | null> {
    const done = new AbortController()
    const timer = this.#deps.clock.sleep(ms, { signal: AbortSignal.any([this.#signal, done.signal]) }).then(
      () => null,
      (error: unknown) => {
        if (done.signal.aborted && isAbort(error)) return null
        throw error
      },
    )
    try {
      return await Promise.race([value, timer])
    } finally {
      done.abort()
      await timer.catch(() => {})
    }
  }
}

const noAnswer = (): LineSessionFailed => new LineSessionFailed('malformed', 'what came is no answer to what was asked')

const textOf = (id: Uint8Array): string => Buffer.from(id.buffer, id.byteOffset, id.length).toString('latin1')
