import type { Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { encodeFrame, maxFrameLength, parseAnswer, type Answer, type Question } from './reconcile-frames.ts'

/** One frame must come, or leave, within this time: a slow Wi-Fi link moves 320 KiB in a few seconds. */
const frameTimeoutMs = 15_000

/**
 * `malformed`: what the other side said is none. `refused`: it does not want to. `stalled`: it gets nowhere. In any case
 * this stream is over.
 */
export class ReconcileFailed extends Error {
  override readonly name = 'ReconcileFailed'
  readonly reason: 'malformed' | 'refused' | 'other-swarm' | 'stalled'

  constructor(reason: ReconcileFailed['reason'], message: string) {
    super(message)
    this.reason = reason
  }
}

/** Frames on a stream, each with a deadline. */
export class FrameStream {
  readonly #stream: Stream
  readonly #frames: ReturnType<typeof lpStream<Stream>>
  readonly #signal: AbortSignal
  #frameBytes = 0

  constructor(stream: Stream, signal: AbortSignal) {
    this.#stream = stream
    this.#signal = signal
    // One frame, and the head of the next: nobody may send ahead of being asked.
    this.#frames = lpStream(stream, { maxDataLength: maxFrameLength, maxBufferSize: 2 * maxFrameLength })
  }

  /** Bytes of all frames so far, both ways, with their lengths. */
  get bytes(): number {
    return this.#frameBytes
  }

  async read(): Promise<Uint8Array> {
    const bytes = (await this.#frames.read({ signal: this.#deadline() })).subarray()
    this.#count(bytes)
    return bytes
  }

  /** Null when the other side closed the stream between two frames. */
  async readOrEnd(): Promise<Uint8Array | null> {
    try {
      return await this.read()
    } catch (error) {
      if (error instanceof Error && error.name === 'UnexpectedEOFError') return null
      throw error
    }
  }

  async write(frame: Question | Answer): Promise<void> {
    const bytes = encodeFrame(frame)
    await this.#frames.write(bytes, { signal: this.#deadline() })
    this.#count(bytes)
  }

  /** The other side's answer to a question. @throws ReconcileFailed `malformed` */
  async ask(question: Question): Promise<Answer> {
    await this.write(question)
    const answer = parseAnswer(await this.read())
    if (answer === null) throw new ReconcileFailed('malformed', `the answer to "${question[0]}" is none`)
    return answer
  }

  async close(): Promise<void> {
    try {
      await this.#stream.close({ signal: this.#deadline() })
    } catch (error) {
      this.abort(error instanceof Error ? error : new Error(String(error)))
    }
  }

  abort(error: Error): void {
    this.#stream.abort(error)
  }

  #count(bytes: Uint8Array): void {
    this.#frameBytes += bytes.length + (bytes.length < 128 ? 1 : bytes.length < 16_384 ? 2 : 3)
  }

  #deadline(): AbortSignal {
    return AbortSignal.any([this.#signal, AbortSignal.timeout(frameTimeoutMs)])
  }
}

/** Of an answer that was not asked for, or of a refusal. */
export function unexpected(answer: Answer): ReconcileFailed {
  if (answer[0] === 'refused') {
    const reason = answer[1] === 'other-swarm' ? 'other-swarm' : 'refused'
    return new ReconcileFailed(reason, `the other side refuses: ${answer[1].slice(0, 64)}`)
  }
  return new ReconcileFailed('malformed', `"${answer[0]}" answers nothing that was asked`)
}
