import { createHash, type Hash } from 'node:crypto'
import { PartFile, readChunks } from './write-file.ts'

/** Where the bytes are: in a file, of which a thread may read them by itself, or coming in. */
export type BytesFrom = { readonly path: string } | { readonly stream: AsyncIterable<Uint8Array> }

/**
 * Bytes on their way into a store, which may be held on the way, are written to a part file as well when one is given,
 * and are hashed for `sha1://`. A store that has threads for it has them do all of this; any other just iterates.
 */
export class ShareBytes implements AsyncIterable<Uint8Array> {
  readonly from: BytesFrom
  readonly part: PartFile | null
  readonly #signal: AbortSignal
  #held: PromiseWithResolvers<void> | null = null
  #sha1: string | null = null

  constructor(from: BytesFrom, init: { readonly part?: PartFile; readonly signal: AbortSignal }) {
    this.from = from
    this.part = init.part ?? null
    this.#signal = init.signal
  }

  /** Lower-case hex; null until all of it was read. */
  get sha1(): string | null {
    return this.#sha1
  }

  /** For a store that hashed them elsewhere. */
  set sha1(hex: string) {
    this.#sha1 = hex
  }

  get held(): boolean {
    return this.#held !== null
  }

  /** No more is read until `go`, but for the few blocks that are under way. */
  hold(): void {
    this.#held ??= Promise.withResolvers<void>()
  }

  go(): void {
    this.#held?.resolve()
    this.#held = null
  }

  /** Resolves when it is not held; rejects when it is given up. */
  async going(): Promise<void> {
    while (this.#held !== null) {
      this.#signal.throwIfAborted()
      const woken = Promise.withResolvers<void>()
      const wake = (): void => woken.resolve()
      this.#signal.addEventListener('abort', wake, { once: true })
      await Promise.race([this.#held.promise, woken.promise])
      this.#signal.removeEventListener('abort', wake)
    }
    this.#signal.throwIfAborted()
  }

  /** The pieces as they come, written to the part file, not yet hashed. */
  async *pieces(): AsyncGenerator<Uint8Array> {
    const pieces = 'path' in this.from ? readChunks(this.from.path, this.#signal) : this.from.stream
    for await (const piece of pieces) {
      await this.going()
      await this.part?.write(piece)
      yield piece
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const hash: Hash = createHash('sha1')
    for await (const piece of this.pieces()) {
      hash.update(piece)
      yield piece
    }
    this.#sha1 = hash.digest('hex')
  }
}
