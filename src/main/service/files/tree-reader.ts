import { CID } from 'multiformats/cid'
import { SwarmError } from '../../../shared/errors.ts'
import type { Cid, PeerId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { Throttle } from '../../base/throttle.ts'
import { inlineBlock } from './block-hash.ts'
import type { Blocks } from './blocks.ts'
import type { ReadOptions, RemoteSource, SignalOption } from './content-store.ts'
import { fileSize, pieces, type LoadBlock, type Piece } from './dag-walk.ts'
import { NoProviderError, ProviderPool, type AskOptions } from './provider-pool.ts'
import { readAhead } from './read-ahead.ts'

/** Blocks read ahead of the reader: 6 MiB, so that three providers are busy at a time. */
const windowBlocks = 24

/** Where blocks come from that are not here; it checks what comes by its hash. */
export interface BlockExchange extends Startable {
  request(peer: PeerId, cid: CID, options: AskOptions): Promise<Uint8Array>
  announce(cid: CID): Promise<void>
}

export interface TreeReaderDeps {
  readonly blocks: Blocks
  readonly exchange: Pick<BlockExchange, 'request' | 'announce'>
  /** Holds what comes to a limit. Default: none. */
  readonly down?: Throttle
  readonly clock: Clock
  readonly random: () => number
  readonly counters: Counters
}

/** Reads UnixFS trees out of blocks that lie here, or that the exchange brings; what it brings is kept here. */
export class TreeReader {
  readonly #deps: TreeReaderDeps
  readonly #init: { readonly stallMs?: number }
  readonly #pools = new Set<ProviderPool>()
  /** Blocks on their way here: a file with many equal blocks (zeros), or two readers, ask for each once. */
  readonly #underWay = new Map<string, Promise<Uint8Array>>()

  /** @param init `stallMs`: see ProviderPool */
  constructor(deps: TreeReaderDeps, init: { readonly stallMs?: number } = {}) {
    this.#deps = deps
    this.#init = init
  }

  async sizeBytes(cid: Cid, options: SignalOption & { readonly from?: RemoteSource }): Promise<number> {
    const root = CID.parse(cid)
    return this.#with(options.from, async (load) => fileSize(root, await load(root, options)))
  }

  async *read(cid: Cid, options: ReadOptions): AsyncGenerator<Uint8Array> {
    const root = CID.parse(cid)
    const { offset = 0, length = Infinity } = options
    const end = offset + length
    const pool = this.#pool(options.from)
    const load = this.#loader(pool, options.from)
    const ended = new AbortController()
    const signal = AbortSignal.any([options.signal, ended.signal])
    const fetch = async (piece: Piece): Promise<Uint8Array> => {
      const bytes = piece.kind === 'bytes' ? piece.bytes : await load(piece.cid, { signal })
      if (piece.kind === 'block' && bytes.length !== piece.sizeBytes) {
        throw new SwarmError('FETCH_FAILED', `${cid} is not a sound file: a block has another size than it should.`, {
          detail: { reason: 'malformed' },
        })
      }
      return bytes.subarray(Math.max(0, offset - piece.at), Math.max(0, Math.min(bytes.length, end - piece.at)))
    }
    try {
      const ordered = pieces(root, load, { offset, end, signal })
      for await (const bytes of readAhead(ordered, fetch, windowBlocks, () => ended.abort())) {
        options.signal.throwIfAborted()
        if (bytes.length > 0) yield bytes
      }
    } finally {
      ended.abort()
      if (pool !== null) this.#pools.delete(pool)
    }
  }

  async complete(cid: Cid, { signal }: SignalOption): Promise<boolean> {
    try {
      const local = this.#loader(null, undefined)
      for await (const piece of pieces(CID.parse(cid), local, { signal })) {
        if (piece.kind === 'block' && !(await this.#deps.blocks.has(piece.cid))) return false
      }
      return true
    } catch (error) {
      if (error instanceof NoProviderError) return false
      throw error
    }
  }

  /** Lends a way to load single blocks. They are few and waited for (a checkpoint's): no limit of bandwidth holds them. */
  fetching<Result>(from: RemoteSource, use: (load: LoadBlock) => Promise<Result>): Promise<Result> {
    return this.#with(from, use, { isLimited: false })
  }

  forgetFailures(): void {
    for (const pool of this.#pools) pool.retryAll()
  }

  async #with<Result>(
    from: RemoteSource | undefined,
    use: (load: LoadBlock) => Promise<Result>,
    options: { readonly isLimited: boolean } = { isLimited: true },
  ): Promise<Result> {
    const pool = this.#pool(from, options)
    try {
      return await use(this.#loader(pool, from))
    } finally {
      if (pool !== null) this.#pools.delete(pool)
    }
  }

  #pool(from: RemoteSource | undefined, { isLimited } = { isLimited: true }): ProviderPool | null {
    if (from === undefined) return null
    const { clock, random, counters, down } = this.#deps
    const limit = isLimited && down !== undefined ? { down } : {}
    const pool = new ProviderPool(
      {
        clock,
        random,
        counters,
        ...limit,
        request: (peer, cid, options) => this.#deps.exchange.request(peer, cid, options),
      },
      {
        candidates: from.candidates,
        ...(this.#init.stallMs === undefined ? {} : { stallMs: this.#init.stallMs }),
      },
    )
    this.#pools.add(pool)
    return pool
  }

  /** From disk, else from a peer, checked by the exchange, and then kept on disk. */
  #loader(pool: ProviderPool | null, from: RemoteSource | undefined): LoadBlock {
    const remote = async (cid: CID, signal: AbortSignal): Promise<Uint8Array> => {
      if (pool === null) throw new NoProviderError(cid, [])
      const block = await pool.load(cid, { signal })
      // Before anything else is awaited: then others will have given theirs.
      const giver = pool.lastFrom
      await this.#deps.blocks.put(cid, block)
      await this.#deps.exchange.announce(cid)
      this.#deps.counters.add('files.block:fetched')
      from?.onReceived?.(giver, block.length)
      return block
    }
    return async (cid, { signal }) => {
      for (;;) {
        const here = inlineBlock(cid) ?? (await this.#deps.blocks.get(cid))
        if (here !== undefined) return here
        const key = cid.toString()
        const other = this.#underWay.get(key)
        if (other === undefined) {
          const own = remote(cid, signal)
          this.#underWay.set(key, own)
          return await own.finally(() => this.#underWay.delete(key))
        }
        // Its reader may have gone away or found no provider: then this one tries by itself.
        const block = await other.catch(() => null)
        if (block !== null) return block
        signal.throwIfAborted()
      }
    }
  }
}
