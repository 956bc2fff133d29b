import type { Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { encodeFrame, maxFrameLength, type Answer, type Question } from './catch-up-frames.ts'

/** One frame must come, or leave, within this time: a slow Wi-Fi link moves 320 KiB in a few seconds. */
const frameTimeoutMs = 15_000

/** The other side said what is none, or nothing. Whatever it was, this stream is over. */
export class CatchUpFailed extends Error {
  override readonly name = 'CatchUpFailed'
  readonly reason: 'malformed' | 'refused'

  constructor(reason: 'malformed' | 'refused', message: string) {
    super(message)
    this.reason = reason
  }
}

/** Frames on a stream, each with a deadline. */
export class FrameStream {
  readonly #stream: Stream
  readonly #frames: ReturnType<typeof lpStream<Stream>>
  readonly #signal: AbortSignal

  constructor(stream: Stream, signal: AbortSignal) {
    this.#stream = stream
    this.#signal = signal
    // One frame, and the head of the next: nobody may send ahead of being asked.
    this.#frames = lpStream(stream, { maxDataLength: maxFrameLength, maxBufferSize: 2 * maxFrameLength })
  }

  async read(): Promise<Uint8Array> {
    return (await this.#frames.read({ signal: this.#deadline() })).subarray()
  }

  async write(frame: Question | Answer): Promise<void> {
    await this.#frames.write(encodeFrame(frame), { signal: this.#deadline() })
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

  #deadline(): AbortSignal {
    return AbortSignal.any([this.#signal, AbortSignal.timeout(frameTimeoutMs)])
  }
}
