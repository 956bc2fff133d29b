import type { Cid } from '../../../shared/ids.ts'
import { SwarmError } from '../../../shared/errors.ts'
import type { Collector } from './collector.ts'
import type { ContentStore } from './content-store.ts'
import type { Fetching } from './fetching.ts'
import type { Holders } from './holders.ts'
import { parseCid } from './parse-cid.ts'
import { NoProviderError } from './provider-pool.ts'
import type { ShareIndex } from './share-index.ts'

export interface FileReaderDeps {
  readonly store: Pick<ContentStore, 'read' | 'sizeBytes'>
  readonly index: Pick<ShareIndex, 'held'>
  readonly holders: Pick<Holders, 'connect' | 'source' | 'explain'>
  readonly fetching: Pick<Fetching, 'used'>
  readonly collector: Pick<Collector, 'soon'>
  /** Aborts when the service stops. */
  readonly signal: () => AbortSignal
}

export interface ReadOptions {
  readonly offset?: number
  readonly length?: number
  readonly signal: AbortSignal
}

/** How long `stat` looks for a file that is not here. */
const statTimeoutMs = 15_000

/** Reads files from here or from the swarm, without keeping them. */
export class FileReader {
  readonly #deps: FileReaderDeps

  constructor(deps: FileReaderDeps) {
    this.#deps = deps
  }

  /** The bytes, checked, from here or from the swarm. @throws SwarmError FETCH_FAILED when no peer gives them */
  async *content(cid: Cid, options: ReadOptions): AsyncGenerator<Uint8Array> {
    parseCid(cid)
    const { store, index, holders, fetching, collector } = this.#deps
    const signal = AbortSignal.any([options.signal, this.#deps.signal()])
    fetching.used(cid)
    try {
      if (!index.held.has(cid)) await holders.connect(cid, signal)
      yield* store.read(cid, { ...options, signal, from: holders.source(cid) })
    } catch (error) {
      throw this.#told(error, cid)
    } finally {
      // What was read from the swarm stays only as long as a look at it may be repeated.
      if (!index.held.has(cid)) collector.soon()
    }
  }

  /** @throws SwarmError FETCH_FAILED when it is not here and no peer tells within 15 s */
  async stat(cid: Cid): Promise<{ readonly sizeBytes: number; readonly local: boolean }> {
    const parsed = parseCid(cid)
    const { store, index, holders } = this.#deps
    const held = index.held.get(cid)
    if (held !== undefined) return { sizeBytes: held.sizeBytes, local: true }
    const signal = AbortSignal.any([this.#deps.signal(), AbortSignal.timeout(statTimeoutMs)])
    try {
      await holders.connect(cid, signal)
      return { sizeBytes: await store.sizeBytes(cid, { signal, from: holders.source(cid) }), local: false }
    } catch (error) {
      throw this.#told(signal.aborted ? new NoProviderError(parsed, []) : error, cid)
    }
  }

  #told(error: unknown, cid: Cid): unknown {
    if (!(error instanceof NoProviderError)) return error
    return new SwarmError('FETCH_FAILED', this.#deps.holders.explain(cid), { cause: error, detail: { cid } })
  }
}
