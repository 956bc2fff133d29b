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

export interface AskStreamInit {
  /** Nothing is asked for so long: the stream ends. */
  readonly idleMs: number
  /** Answers that nobody waits for any more are due, and not a byte came for so long: the stream ends. */
  readonly silentMs: number
}

/** The asking side of one stream: questions go out as they come, answers find who asked. */
export class AskStream implements AnswerTaker {
  readonly #stream: Stream
  readonly #deps: AskStreamDeps
  readonly #init: AskStreamInit
  readonly #reader = new AnswerReader(this)
  readonly #open = new Map<number, Open>()
  /** Who waits for a place, in the order of asking. */
  readonly #waiting = new Set<() => void>()
  readonly #ended = Promise.withResolvers<void>()
  readonly #closed = new AbortController()
  #over: Error | null = null
  #no = 0
  #idle: AbortController | null = null
  /** Open questions that nobody waits for. */
  #dropped = 0
  #heardAtMs = 0
  #watching = false

  constructor(stream: Stream, deps: AskStreamDeps, init: AskStreamInit) {
    this.#stream = stream
    this.#deps = deps
    this.#init = init
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
    while (this.#over === null && this.#open.size >= maxOpenQuestions) await this.#place(signal)
    if (this.#over !== null) throw this.#over
    this.#idle?.abort()
    this.#idle = null
    return new Promise((resolve, reject) => {
      const no = (this.#no = (this.#no + 1) >>> 0)
      const onAbort = (): void => {
        open.dropped = true
        if (this.#over === null) {
          this.#stream.send(encodeCancel(no))
          this.#dropped += 1
          void this.#watch()
        }
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
    if (open?.dropped === true) this.#dropped -= 1
    this.#next()
    if (open?.dropped === false) open.resolve(block)
    if (this.#open.size === 0) this.#rest()
  }

  /** Until a place may be free. @throws the signal's reason */
  async #place(signal: AbortSignal): Promise<void> {
    const woken = Promise.withResolvers<void>()
    const wake = (): void => woken.resolve()
    this.#waiting.add(wake)
    signal.addEventListener('abort', wake, { once: true })
    await woken.promise
    signal.removeEventListener('abort', wake)
    const hasPlace = !this.#waiting.delete(wake)
    if (signal.aborted && hasPlace) this.#next()
    signal.throwIfAborted()
  }

  #next(): void {
    const [wake] = this.#waiting
    if (wake === undefined) return
    this.#waiting.delete(wake)
    wake()
  }

  /** A peer that answers nothing would keep the places of what was taken back, and with them all that is asked later. */
  async #watch(): Promise<void> {
    if (this.#watching) return
    this.#watching = true
    const { clock } = this.#deps
    this.#heardAtMs = clock.monotonic()
    const signal = AbortSignal.any([this.#closed.signal, this.#deps.signal])
    try {
      while (this.#dropped > 0) {
        const leftMs = this.#heardAtMs + this.#init.silentMs - clock.monotonic()
        if (leftMs <= 0) return this.#end(new Error('the peer answers nothing'))
        await clock.sleep(leftMs, { signal })
      }
    } catch {
      // The stream or the peer has ended.
    } finally {
      this.#watching = false
    }
  }

  /** Ends the stream when nothing is asked for a while. */
  #rest(): void {
    const idle = new AbortController()
    this.#idle = idle
    const signal = AbortSignal.any([idle.signal, this.#deps.signal])
    this.#deps.clock.sleep(this.#init.idleMs, { signal }).then(
      () => this.#end(new Error('the stream was idle')),
      () => {},
    )
  }

  readonly #onMessage = ({ data }: StreamMessageEvent): void => {
    this.#heardAtMs = this.#deps.clock.monotonic()
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
    for (const wake of this.#waiting) wake()
    this.#closed.abort()
    this.#ended.resolve()
  }
}
