import type { Stream, StreamMessageEvent } from '@libp2p/interface'
import type { Clock } from '../../base/clock.ts'
import type { BlockRequestOptions } from './block-client.ts'
import { AnswerReader, encodeCancel, encodeWant, maxOpenQuestions, type AnswerTaker } from './block-frames.ts'

export interface AskStreamDeps {
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly malformed: () => void
}

interface Open {
  readonly resolve: (block: Uint8Array | undefined) => void
  readonly reject: (error: Error) => void
  readonly onBytes: (bytes: number) => void
  /** Nobody waits any more; the answer comes all the same. */
  dropped: boolean
}

/** The asking side of one stream: questions go out as they come, answers find who asked. */
export class AskStream implements AnswerTaker {
  readonly #stream: Stream
  readonly #deps: AskStreamDeps
  readonly #idleMs: number
  readonly #reader = new AnswerReader(this)
  readonly #open = new Map<number, Open>()
  readonly #waiting: (() => void)[] = []
  readonly #ended = Promise.withResolvers<void>()
  #over: Error | null = null
  #no = 0
  #idle: AbortController | null = null

  constructor(stream: Stream, deps: AskStreamDeps, init: { readonly idleMs: number }) {
    this.#stream = stream
    this.#deps = deps
    this.#idleMs = init.idleMs
    stream.addEventListener('message', this.#onMessage)
    stream.addEventListener('close', this.#onClose)
    stream.addEventListener('remoteCloseWrite', this.#onClose)
    if (stream.status !== 'open') this.#end(new Error('the stream is closed'))
  }

  /** Resolves when no more can be asked here. */
  get ended(): Promise<void> {
    return this.#ended.promise
  }

  /** Undefined: not there. Waits for a place when too much is asked already. */
  async ask(cid: Uint8Array, { signal, onBytes }: BlockRequestOptions): Promise<Uint8Array | undefined> {
    while (this.#over === null && this.#open.size >= maxOpenQuestions) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
      if (signal.aborted) this.#next()
      signal.throwIfAborted()
    }
    if (this.#over !== null) throw this.#over
    this.#idle?.abort()
    this.#idle = null
    return new Promise((resolve, reject) => {
      const no = (this.#no = (this.#no + 1) >>> 0)
      const onAbort = (): void => {
        open.dropped = true
        if (this.#over === null) this.#stream.send(encodeCancel(no))
        reject(signal.reason as Error)
      }
      const settled = (): void => signal.removeEventListener('abort', onAbort)
      const open: Open = {
        resolve: (block) => {
          settled()
          resolve(block)
        },
        reject: (error) => {
          settled()
          reject(error)
        },
        onBytes: onBytes ?? (() => {}),
        dropped: false,
      }
      this.#open.set(no, open)
      signal.addEventListener('abort', onAbort, { once: true })
      // At most 64 questions of 100 bytes: they need not wait for the stream to drain.
      this.#stream.send(encodeWant(no, cid))
    })
  }

  end(): void {
    this.#end(new Error('the block exchange stops'))
  }

  expects(no: number): boolean {
    return this.#open.has(no)
  }

  wants(no: number): boolean {
    return this.#open.get(no)?.dropped === false
  }

  came(no: number, bytes: number): void {
    this.#open.get(no)?.onBytes(bytes)
  }

  block(no: number, bytes: Uint8Array): void {
    this.#settle(no, bytes)
  }

  absent(no: number): void {
    this.#settle(no, undefined)
  }

  #settle(no: number, block: Uint8Array | undefined): void {
    const open = this.#open.get(no)
    this.#open.delete(no)
    this.#next()
    if (open?.dropped === false) open.resolve(block)
    if (this.#open.size === 0) this.#rest()
  }

  #next(): void {
    this.#waiting.shift()?.()
  }

  /** Ends the stream when nothing is asked for a while. */
  #rest(): void {
    const idle = new AbortController()
    this.#idle = idle
    const signal = AbortSignal.any([idle.signal, this.#deps.signal])
    this.#deps.clock.sleep(this.#idleMs, { signal }).then(
      () => this.#end(new Error('the stream was idle')),
      () => {},
    )
  }

  readonly #onMessage = ({ data }: StreamMessageEvent): void => {
    try {
      if (data instanceof Uint8Array) this.#reader.push(data)
      else for (const part of data) this.#reader.push(part)
    } catch (error) {
      this.#deps.malformed()
      this.#end(error instanceof Error ? error : new Error(String(error)))
    }
  }

  readonly #onClose = (): void => this.#end(new Error('the stream is closed'))

  #end(error: Error): void {
    if (this.#over !== null) return
    this.#over = error
    this.#idle?.abort()
    this.#stream.removeEventListener('message', this.#onMessage)
    this.#stream.removeEventListener('close', this.#onClose)
    this.#stream.removeEventListener('remoteCloseWrite', this.#onClose)
    this.#stream.abort(error)
    for (const open of this.#open.values()) if (!open.dropped) open.reject(error)
    this.#open.clear()
    for (const wake of this.#waiting.splice(0)) wake()
    this.#ended.resolve()
  }
}
