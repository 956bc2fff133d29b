import type { Stream, StreamMessageEvent } from '@libp2p/interface'
import { BlockFrameError, encodeAnswerHead, maxOpenQuestions, QuestionReader } from './block-frames.ts'
import { drained } from './stream-drain.ts'

export interface AnswerRunDeps {
  readonly load: (cid: Uint8Array) => Promise<Uint8Array | undefined>
  readonly admit: (bytes: number, signal: AbortSignal) => Promise<void>
  /** Waits for a place in memory for one block. */
  readonly place: () => Promise<() => void>
  readonly sent: (bytes: number) => void
  readonly malformed: () => void
}

interface Question {
  readonly no: number
  readonly cid: Uint8Array
  cancelled: boolean
}

/** Blocks read from disk while another is on its way: the disk is never waited for twice in a row. */
const ahead = 3
/** What is sent at a time: small enough that a limit of bandwidth lets it flow, and progress shows on a slow link. */
const pieceBytes = 64 * 1024

/** Answers the questions of one stream, in order, as fast as the other side takes it. */
export class AnswerRun {
  readonly #stream: Stream
  readonly #deps: AnswerRunDeps
  readonly #reader = new QuestionReader()
  readonly #open = new Map<number, Question>()
  readonly #queue: Question[] = []
  #wake = (): void => {}
  #ended = false

  constructor(stream: Stream, deps: AnswerRunDeps) {
    this.#stream = stream
    this.#deps = deps
  }

  /** Resolves when the stream is over; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const over = new AbortController()
    const either = AbortSignal.any([signal, over.signal])
    const onMessage = ({ data }: StreamMessageEvent): void => this.#read(data.subarray())
    const onEnd = (): void => {
      this.#ended = true
      this.#wake()
    }
    const onClose = (): void => {
      over.abort()
      onEnd()
    }
    this.#stream.addEventListener('close', onClose)
    this.#stream.addEventListener('remoteCloseWrite', onEnd)
    this.#stream.addEventListener('message', onMessage)
    signal.addEventListener('abort', onEnd, { once: true })
    try {
      await this.#answerAll(either)
      await this.#stream.close({ signal: either })
    } catch (error) {
      this.#stream.abort(error instanceof Error ? error : new Error(String(error)))
    } finally {
      signal.removeEventListener('abort', onEnd)
      this.#stream.removeEventListener('message', onMessage)
      this.#stream.removeEventListener('remoteCloseWrite', onEnd)
      this.#stream.removeEventListener('close', onClose)
    }
  }

  async #answerAll(signal: AbortSignal): Promise<void> {
    const loading: { readonly question: Question; readonly block: Promise<Loaded> }[] = []
    try {
      for (;;) {
        signal.throwIfAborted()
        while (loading.length < ahead) {
          const question = this.#queue.shift()
          if (question === undefined) break
          loading.push({ question, block: this.#load(question) })
        }
        const next = loading.shift()
        if (next === undefined) {
          if (this.#ended) return
          await new Promise<void>((resolve) => (this.#wake = resolve))
          continue
        }
        const { bytes, free } = await next.block
        try {
          this.#open.delete(next.question.no)
          await this.#send(next.question.no, next.question.cancelled ? undefined : bytes, signal)
        } finally {
          free()
        }
      }
    } finally {
      for (const { block } of loading) void block.then(({ free }) => free())
    }
  }

  async #load(question: Question): Promise<Loaded> {
    const free = await this.#deps.place()
    // What cannot be read is not here; the store has said why.
    const bytes = question.cancelled ? undefined : await this.#deps.load(question.cid).catch(() => undefined)
    return { bytes, free }
  }

  async #send(no: number, bytes: Uint8Array | undefined, signal: AbortSignal): Promise<void> {
    if (bytes === undefined) {
      if (!this.#stream.send(encodeAnswerHead(no, null))) await drained(this.#stream, signal)
      return
    }
    this.#stream.send(encodeAnswerHead(no, bytes.length))
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      const piece = bytes.subarray(at, at + pieceBytes)
      await this.#deps.admit(piece.length, signal)
      if (!this.#stream.send(piece)) await drained(this.#stream, signal)
    }
    this.#deps.sent(bytes.length)
  }

  #read(bytes: Uint8Array): void {
    try {
      for (const question of this.#reader.push(bytes)) {
        if (question.kind === 'cancel') {
          const open = this.#open.get(question.no)
          if (open !== undefined) open.cancelled = true
          continue
        }
        if (this.#open.has(question.no)) throw new BlockFrameError('a number was used twice')
        if (this.#open.size >= maxOpenQuestions) throw new BlockFrameError('too many questions at a time')
        const asked = { no: question.no, cid: question.cid, cancelled: false }
        this.#open.set(question.no, asked)
        this.#queue.push(asked)
      }
      this.#wake()
    } catch (error) {
      this.#deps.malformed()
      this.#stream.abort(error instanceof Error ? error : new Error(String(error)))
    }
  }
}

interface Loaded {
  readonly bytes: Uint8Array | undefined
  readonly free: () => void
}
