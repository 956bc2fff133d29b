import { CID } from 'multiformats/cid'
import type { Cid, PeerId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import { startAll, stopAll } from '../../base/lifecycle.ts'
import type { Libp2p } from '../../net/swarm-node.ts'
import type { FileBandwidth } from './bandwidth.ts'
import { BlockDisk } from './block-disk.ts'
import { Marker } from './block-mark.ts'
import { inEither, type Blocks } from './blocks.ts'
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
import type { LoadBlock } from './dag-walk.ts'
import { DigestSet } from './digest-set.ts'
import { HashPool } from './hash-pool.ts'
import { ShareBytes } from './share-bytes.ts'
import { SwarmExchange } from './swarm-exchange.ts'
import { TreeReader, type BlockExchange } from './tree-reader.ts'

export interface HeliaStoreDeps {
  readonly libp2p: () => Libp2p
  /** Default: our own streams, and Bitswap, over `libp2p`. */
  readonly exchange?: BlockExchange
  /** Blocks that lie elsewhere: read, and given to peers too. Default: none. */
  readonly also?: Pick<Blocks, 'has' | 'get'>
  /** How fast blocks may come and go. Default: no limits. */
  readonly bandwidth?: FileBandwidth
  /** Whether a peer may be given a block; null: whoever speaks Bitswap, which does not tell who wants. Default: always. */
  readonly mayGive?: (peer: PeerId | null, cid: Cid) => boolean
  /** A peer did what no honest peer does. */
  readonly blame?: (peer: PeerId) => void
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
  readonly freesBytes = true
  /** Where blocks come from that are not here. It runs as long as the store does. */
  readonly exchange: BlockExchange
  readonly #deps: HeliaStoreDeps
  readonly #disk: BlockDisk
  /** Reads what is here, and what lies elsewhere. */
  readonly #reader: TreeReader
  /** Reads what is here. */
  readonly #here: TreeReader
  readonly #hashing: HashPool
  /** Roots of what is being added, and of what was added but is not yet kept by name. */
  readonly #adding = new Set<ReadonlySet<CID>>()

  constructor(deps: HeliaStoreDeps, init: HeliaStoreInit) {
    this.#deps = deps
    this.#hashing = new HashPool(deps)
    this.#disk = new BlockDisk(
      { counters: deps.counters, onCorrupt: () => deps.onCorrupt?.() },
      { dir: init.blocksDir },
    )
    const given = deps.also === undefined ? this.#disk : inEither(this.#disk, deps.also)
    this.exchange = deps.exchange ?? new SwarmExchange({ ...deps, blocks: given })
    const reader = (blocks: Blocks): TreeReader =>
      new TreeReader(
        {
          ...deps,
          blocks,
          exchange: this.exchange,
          ...(deps.bandwidth === undefined ? {} : { down: deps.bandwidth.down }),
        },
        init.stallMs === undefined ? {} : { stallMs: init.stallMs },
      )
    this.#here = reader(this.#disk)
    this.#reader = deps.also === undefined ? this.#here : reader(given)
  }

  /** Single blocks of this store; what is put and not pinned goes with the next collection. */
  get blocks(): Blocks {
    return this.#disk
  }

  /** Bytes of all blocks here. */
  usedBytes(options: SignalOption): Promise<number> {
    return this.#disk.usedBytes(options.signal)
  }

  start(): Promise<void> {
    return startAll([this.#disk, this.#hashing, this.exchange])
  }

  stop(): Promise<void> {
    return stopAll([this.#disk, this.#hashing, this.exchange])
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
      const put = (block: CID, content: Uint8Array): Promise<void> => this.#disk.put(block, content)
      const { cid, sizeBytes } =
        bytes instanceof ShareBytes
          ? await this.#hashing.build(bytes, { put, open, signal, ...(onBytes === undefined ? {} : { onBytes }) })
          : await buildFile(counted(), put, open)
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

  sizeBytes(cid: Cid, options: SignalOption & { readonly from?: RemoteSource }): Promise<number> {
    return this.#reader.sizeBytes(cid, options)
  }

  read(cid: Cid, options: ReadOptions): AsyncIterable<Uint8Array> {
    return this.#reader.read(cid, options)
  }

  complete(cid: Cid, options: SignalOption): Promise<boolean> {
    return this.#reader.complete(cid, options)
  }

  /** Only tells whether all of it is here: what is kept is said at each collection. */
  keep(cid: Cid, options: SignalOption): Promise<boolean> {
    return this.#here.complete(cid, options)
  }

  /** Lends a way to load single blocks, which are kept here. */
  fetching<Result>(from: RemoteSource, use: (load: LoadBlock) => Promise<Result>): Promise<Result> {
    return this.#here.fetching(from, use)
  }

  forgetFailures(): void {
    this.#reader.forgetFailures()
    this.#here.forgetFailures()
  }
}
