import { CID } from 'multiformats/cid'
import { setImmediate } from 'node:timers/promises'
import type { Cid, PeerId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { Throttle } from '../../base/throttle.ts'
import type { Blocks } from './blocks.ts'
import type {
  AddedFile,
  Collected,
  ContentStore,
  KeptRoots,
  ReadOptions,
  RemoteSource,
  SignalOption,
} from './content-store.ts'
import { KuboBlocks } from './kubo-blocks.ts'
import { KuboRpc } from './kubo-rpc.ts'
import { TreeReader, type BlockExchange } from './tree-reader.ts'

export interface KuboStoreDeps {
  /** What Kubo does not have comes over our own links, as for the store of our own. */
  readonly exchange: Pick<BlockExchange, 'request' | 'announce'>
  /** Blocks that lie elsewhere: read too, without asking Kubo for them. Default: none. */
  readonly also?: Pick<Blocks, 'has' | 'get'>
  /** Holds what comes to a limit. Default: none. */
  readonly down?: Throttle
  readonly peerId: PeerId
  readonly clock: Clock
  readonly random: () => number
  readonly counters: Counters
  readonly onCorrupt?: () => void
}

export interface KuboStoreInit {
  /** Of its RPC, see `kuboAddress`. */
  readonly url: string
  /** See ProviderPool. */
  readonly stallMs?: number
}

/**
 * Files in an external Kubo daemon. It keeps the blocks and gives them to its own network; we read and write them by
 * its RPC, give them to the swarm over our own links, and bring what it lacks from there.
 *
 * What dt-swarm keeps is pinned under a name of its own. Pins of others are never touched, and a file that somebody else
 * has pinned already is not pinned again, because Kubo has one name for a pin. Collecting is unpinning: the bytes are
 * freed by Kubo's own collection, when its owner lets it run.
 *
 * Everything rejects with SwarmError KUBO_UNREACHABLE while the daemon does not answer.
 */
export class KuboStore implements ContentStore {
  readonly freesBytes = false
  readonly blocks: Blocks
  readonly rpc: KuboRpc
  readonly #deps: KuboStoreDeps
  readonly #blocks: KuboBlocks
  readonly #reader: TreeReader
  /** Files that were added but are not yet kept by name, and how many have added each. */
  readonly #adding = new Map<Cid, number>()

  /** @throws SwarmError INVALID_INPUT when the URL is none */
  constructor(deps: KuboStoreDeps, init: KuboStoreInit) {
    this.#deps = deps
    this.rpc = new KuboRpc(init)
    this.#blocks = new KuboBlocks({ ...deps, rpc: this.rpc, pinName: this.#name, onCorrupt: () => deps.onCorrupt?.() })
    this.blocks = this.#blocks
    this.#reader = new TreeReader(
      { ...deps, blocks: deps.also === undefined ? this.#blocks : readAlso(deps.also, this.#blocks) },
      init.stallMs === undefined ? {} : { stallMs: init.stallMs },
    )
  }

  /** Does not wait for the daemon: it may come later. */
  async start(): Promise<void> {}

  async stop(): Promise<void> {
    this.#blocks.close()
  }

  async add(
    bytes: AsyncIterable<Uint8Array>,
    { signal, onBytes }: SignalOption & { readonly onBytes?: (bytes: number) => void },
  ): Promise<AddedFile> {
    let sizeBytes = 0
    async function* counted(): AsyncGenerator<Uint8Array> {
      for await (const chunk of bytes) {
        signal.throwIfAborted()
        yield chunk
        sizeBytes += chunk.length
        onBytes?.(chunk.length)
      }
    }
    const root = await this.rpc.add(counted(), { signal })
    const cid = root.toString() as Cid
    this.#adding.set(cid, (this.#adding.get(cid) ?? 0) + 1)
    let released = false
    const release = (): void => {
      if (released) return
      released = true
      const left = (this.#adding.get(cid) ?? 1) - 1
      if (left === 0) this.#adding.delete(cid)
      else this.#adding.set(cid, left)
    }
    try {
      await this.keep(cid, { signal })
      return { cid, sizeBytes, release }
    } catch (error) {
      release()
      throw error
    }
  }

  /** Pins a file that is whole here, unless somebody did. @returns false when it is not whole */
  async keep(cid: Cid, { signal }: SignalOption): Promise<boolean> {
    const root = CID.parse(cid)
    if ((await this.rpc.pinOf(root, { signal })) !== null) return true
    return this.rpc.pin(root, this.#name, { signal })
  }

  async collect(kept: () => KeptRoots, { signal }: SignalOption): Promise<Collected | null> {
    const wanted = new Set(kept().whole.keys())
    const ours: CID[] = []
    let pins = 0
    for await (const { cid, name } of this.rpc.pins({ signal })) {
      pins += 1
      // Kubo's owner may have pinned millions; the list is worked off in turns.
      if (pins % 1_000 === 0) await setImmediate()
      wanted.delete(cid.toString() as Cid)
      if (name === this.#name) ours.push(cid)
    }
    for (const cid of wanted) {
      if (await this.keep(cid, { signal })) continue
      this.#deps.onCorrupt?.()
      return null
    }
    const before = kept()
    const stay = new Set([...before.whole.keys(), ...before.partial])
    let looked = 0
    for (const cid of ours) {
      looked += 1
      if (looked % 1_000 === 0) await setImmediate()
      const key = cid.toString() as Cid
      if (stay.has(key)) continue
      // Asked again at the last moment: what came to be kept meanwhile stays.
      const { whole, partial } = kept()
      if (whole.has(key) || partial.includes(key) || this.#adding.has(key)) continue
      await this.rpc.unpin(cid, { signal })
      this.#deps.counters.add('files.kubo:unpinned')
    }
    return { freedBlocks: 0, freedBytes: 0, keptBlocks: 0 }
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

  forgetFailures(): void {
    this.#reader.forgetFailures()
  }

  /** Of our pins. Two peers may share a daemon: each takes away its own only. */
  get #name(): string {
    return `dt-swarm/${this.#deps.peerId}`
  }
}

function readAlso(also: Pick<Blocks, 'has' | 'get'>, kubo: Blocks): Blocks {
  return {
    has: async (cid) => (await also.has(cid)) || kubo.has(cid),
    get: async (cid) => (await also.get(cid)) ?? kubo.get(cid),
    put: (cid, bytes) => kubo.put(cid, bytes),
  }
}
