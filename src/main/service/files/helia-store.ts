import { CID } from 'multiformats/cid'
import { SwarmError } from '../../../shared/errors.ts'
import type { Cid } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import { startAll, stopAll, type Startable } from '../../base/lifecycle.ts'
import type { Libp2p } from '../../net/swarm-node.ts'
import { BitswapExchange } from './bitswap-exchange.ts'
import { BlockDisk } from './block-disk.ts'
import { inlineBlock } from './block-hash.ts'
import { Marker } from './block-mark.ts'
import type {
  AddedFile,
  Collected,
  ContentStore,
  KeptRoots,
  ReadOptions,
  RemoteSource,
  SignalOption,
} from './content-store.ts'
import { buildFile, chunkBytes } from './dag-build.ts'
import { fileSize, pieces, type LoadBlock, type Piece } from './dag-walk.ts'
import { DigestSet } from './digest-set.ts'
import { NoProviderError, ProviderPool } from './provider-pool.ts'
import { readAhead } from './read-ahead.ts'

/** Blocks read ahead of the reader: 6 MiB, so that three providers are busy at a time. */
const windowBlocks = 24

/** Where blocks come from that are not here; it checks what comes by its hash. */
export type BlockExchange = Startable & Pick<BitswapExchange, 'request' | 'announce'>

export interface HeliaStoreDeps {
  readonly libp2p: () => Libp2p
  /** Default: Bitswap over `libp2p`. */
  readonly exchange?: BlockExchange
  readonly clock: Clock
  readonly random: () => number
  readonly counters: Counters
  readonly onCorrupt?: () => void
}

export interface HeliaStoreInit {
  readonly blocksDir: string
  /** See ProviderPool. */
  readonly stallMs?: number
}

/** Helia's Bitswap on our own libp2p node, UnixFS trees, blocks on disk. */
export class HeliaStore implements ContentStore {
  readonly #deps: HeliaStoreDeps
  readonly #init: HeliaStoreInit
  readonly #disk: BlockDisk
  readonly #exchange: BlockExchange
  readonly #pools = new Set<ProviderPool>()
  /** Blocks on their way here: a file with many equal blocks (zeros), or two readers, ask for each once. */
  readonly #underWay = new Map<string, Promise<Uint8Array>>()

  /** Roots of what is being added, and of what was added but is not yet kept by name. */
  readonly #adding = new Set<ReadonlySet<CID>>()

  constructor(deps: HeliaStoreDeps, init: HeliaStoreInit) {
    this.#deps = deps
    this.#init = init
    this.#disk = new BlockDisk(
      { counters: deps.counters, onCorrupt: () => deps.onCorrupt?.() },
      { dir: init.blocksDir },
    )
    this.#exchange = deps.exchange ?? new BitswapExchange({ libp2p: deps.libp2p, disk: this.#disk })
  }

  start(): Promise<void> {
    return startAll([this.#disk, this.#exchange])
  }

  stop(): Promise<void> {
    return stopAll([this.#disk, this.#exchange])
  }

  async add(
    bytes: AsyncIterable<Uint8Array>,
    { signal, onBytes }: SignalOption & { readonly onBytes?: (bytes: number) => void },
  ): Promise<AddedFile> {
    async function* counted(): AsyncGenerator<Uint8Array> {
      for await (const chunk of bytes) {
        signal.throwIfAborted()
        yield chunk
        onBytes?.(chunk.length)
      }
    }
    const open = new Set<CID>()
    const release = (): void => void this.#adding.delete(open)
    this.#adding.add(open)
    try {
      const { cid, sizeBytes } = await buildFile(counted(), (block, content) => this.#disk.put(block, content), open)
      return { cid: cid.toString() as Cid, sizeBytes, release }
    } catch (error) {
      release()
      throw error
    }
  }

  async collect(kept: () => KeptRoots, { signal }: SignalOption): Promise<Collected | null> {
    const before = kept()
    let expected = 0
    for (const { sizeBytes } of before.whole.values()) expected += Math.ceil(sizeBytes / chunkBytes) * 1.01 + 1
    const marked = new DigestSet(expected)
    this.#disk.beginCollection(marked)
    try {
      // Asked, and the roots of what is being added looked at, once it is watched what comes in addition.
      const { whole, partial, blocks: single = [] } = kept()
      const adding = [...this.#adding].flatMap((open) => [...open])
      const marker = new Marker(marked, (cid) => this.#disk.get(cid))
      for (const cid of whole.keys()) {
        if ((await marker.mark(CID.parse(cid), signal)) === null) continue
        this.#deps.onCorrupt?.()
        return null
      }
      for (const cid of [...partial.map((one) => CID.parse(one)), ...adding]) await marker.mark(cid, signal)
      for (const { multihash } of single) marked.add(multihash.digest)
      const { blocks, bytes } = await this.#disk.sweep(signal)
      return { freedBlocks: blocks, freedBytes: bytes, keptBlocks: marked.size }
    } finally {
      this.#disk.endCollection()
    }
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
        if (piece.kind === 'block' && !(await this.#disk.has(piece.cid))) return false
      }
      return true
    } catch (error) {
      if (error instanceof NoProviderError) return false
      throw error
    }
  }

  putBlock(cid: CID, bytes: Uint8Array): Promise<void> {
    return this.#disk.put(cid, bytes)
  }

  getBlock(cid: CID): Promise<Uint8Array | undefined> {
    return this.#disk.get(cid)
  }

  hasBlock(cid: CID): Promise<boolean> {
    return this.#disk.has(cid)
  }

  /** Lends a way to load single blocks. */
  fetching<Result>(from: RemoteSource, use: (load: LoadBlock) => Promise<Result>): Promise<Result> {
    return this.#with(from, use)
  }

  forgetFailures(): void {
    for (const pool of this.#pools) pool.retryAll()
  }

  async #with<Result>(from: RemoteSource | undefined, use: (load: LoadBlock) => Promise<Result>): Promise<Result> {
    const pool = this.#pool(from)
    try {
      return await use(this.#loader(pool, from))
    } finally {
      if (pool !== null) this.#pools.delete(pool)
    }
  }

  #pool(from: RemoteSource | undefined): ProviderPool | null {
    if (from === undefined) return null
    const pool = new ProviderPool(
      { ...this.#deps, request: (peer, cid, options) => this.#exchange.request(peer, cid, options) },
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
      await this.#disk.put(cid, block)
      await this.#exchange.announce(cid)
      this.#deps.counters.add('files.block:fetched')
      from?.onReceived?.(giver, block.length)
      return block
    }
    return async (cid, { signal }) => {
      for (;;) {
        const here = inlineBlock(cid) ?? (await this.#disk.get(cid))
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
