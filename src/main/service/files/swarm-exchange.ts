import { CID } from 'multiformats/cid'
import type { Cid, PeerId } from '../../../shared/ids.ts'
import { BulkHeap } from '../../base/bulk-heap.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import { startAll, stopAll, type Startable } from '../../base/lifecycle.ts'
import { BlockClient, NotSpokenError } from '../../net/blocks/block-client.ts'
import { BlockServer } from '../../net/blocks/block-server.ts'
import type { Libp2p } from '../../net/swarm-node.ts'
import type { FileBandwidth } from './bandwidth.ts'
import { BitswapExchange } from './bitswap-exchange.ts'
import { isBlock } from './block-hash.ts'
import type { Blocks } from './blocks.ts'
import { WrongBlockError, type AskOptions } from './provider-pool.ts'

export interface SwarmExchangeDeps {
  readonly libp2p: () => Libp2p
  /** What is given to others. */
  readonly blocks: Blocks
  readonly clock: Clock
  readonly counters: Counters
  /** Limits what is sent. Default: none. */
  readonly bandwidth?: Pick<FileBandwidth, 'up'>
  /** Whether a peer may be given a block; null: whoever speaks Bitswap, which does not tell who wants. Default: always. */
  readonly mayGive?: (peer: PeerId | null, cid: Cid) => boolean
  /** A peer did what no honest peer does. */
  readonly blame?: (peer: PeerId) => void
}

/** A peer that does not speak our protocol is asked again after this: one that has just started does not speak it yet. */
const notSpokenMs = 10_000
/** More than a node has links. */
const maxOthers = 256

/**
 * Gives and takes blocks: with peers of the swarm over streams made for it, with all others (Kubo, Helia) over
 * Bitswap. What comes is checked by its hash either way.
 */
export class SwarmExchange implements Startable {
  readonly #deps: SwarmExchangeDeps
  readonly #bitswap: BitswapExchange
  readonly #client: BlockClient
  readonly #server: BlockServer
  readonly #heap: BulkHeap
  /** Who speaks Bitswap alone, and until when that is believed. */
  readonly #others = new Map<PeerId, number>()

  constructor(deps: SwarmExchangeDeps) {
    this.#deps = deps
    this.#heap = new BulkHeap(deps)
    const { blocks, bandwidth, mayGive } = deps
    const isForAll = (cid: CID): boolean => mayGive?.(null, cid.toString() as Cid) !== false
    const blame = deps.blame ?? (() => {})
    const admit = async (bytes: number, signal: AbortSignal): Promise<void> => {
      this.#heap.moved(bytes)
      await bandwidth?.up.take(bytes, signal)
    }
    this.#bitswap = new BitswapExchange({
      ...deps,
      blocks: {
        ...bind(blocks),
        has: async (cid) => isForAll(cid) && (await blocks.has(cid)),
        get: async (cid) => (isForAll(cid) ? paced(blocks, cid, admit) : undefined),
      },
    })
    this.#client = new BlockClient({ ...deps, blame })
    this.#server = new BlockServer({ ...deps, blame, admit, load: (cid, peer) => this.#load(cid, peer) })
  }

  start(): Promise<void> {
    return startAll([this.#heap, this.#bitswap, this.#client, this.#server])
  }

  stop(): Promise<void> {
    return stopAll([this.#heap, this.#bitswap, this.#client, this.#server])
  }

  announce(cid: CID): Promise<void> {
    return this.#bitswap.announce(cid)
  }

  /**
   * Asks one linked peer for one block, and checks that it is the one.
   * @throws WrongBlockError when it is another; an error when the peer does not give it
   */
  async request(peer: PeerId, cid: CID, options: AskOptions): Promise<Uint8Array> {
    if (!this.#speaksBitswapOnly(peer)) {
      // What is asked on a stream arrives: only Bitswap overlooks wants.
      if (options.again === true) return new Promise(() => {})
      try {
        return await this.#ask(peer, cid, options)
      } catch (error) {
        if (!(error instanceof NotSpokenError)) throw error
        this.#remember(peer)
      }
    }
    const block = await this.#bitswap.request(peer, cid, options)
    this.#deps.counters.add('files.block:came-bytes', block.length)
    this.#heap.moved(block.length)
    return block
  }

  async #ask(peer: PeerId, cid: CID, options: AskOptions): Promise<Uint8Array> {
    const onBytes = (bytes: number): void => {
      this.#deps.counters.add('files.block:came-bytes', bytes)
      this.#heap.moved(bytes)
      options.onBytes?.(bytes)
    }
    const block = await this.#client.request(peer, cid.bytes, { signal: options.signal, onBytes })
    if (block === undefined) throw new Error('the peer does not have the block')
    if (isBlock(cid, block)) return block
    this.#deps.counters.add('files.refused:wrong-block')
    this.#deps.blame?.(peer)
    throw new WrongBlockError(`what came is not block ${cid}`)
  }

  async #load(bytes: Uint8Array, peer: PeerId): Promise<Uint8Array | undefined> {
    const { blocks, counters, mayGive } = this.#deps
    try {
      const cid = CID.decode(bytes)
      if (mayGive?.(peer, cid.toString() as Cid) !== false) return await blocks.get(cid)
      counters.add('files.refused:not-for-them')
    } catch {
      counters.add('files.block:not-given')
    }
    return undefined
  }

  #speaksBitswapOnly(peer: PeerId): boolean {
    return (this.#others.get(peer) ?? -Infinity) > this.#deps.clock.monotonic()
  }

  #remember(peer: PeerId): void {
    this.#others.delete(peer)
    this.#others.set(peer, this.#deps.clock.monotonic() + notSpokenMs)
    const oldest = this.#others.keys().next().value
    if (this.#others.size > maxOthers && oldest !== undefined) this.#others.delete(oldest)
  }
}

const bind = (blocks: Blocks): Blocks => ({
  has: (cid) => blocks.has(cid),
  get: (cid) => blocks.get(cid),
  put: (cid, bytes) => blocks.put(cid, bytes),
})

/** Bitswap reads a block when it is about to send it, so holding the reading holds the sending. */
async function paced(
  blocks: Blocks,
  cid: CID,
  admit: (bytes: number, signal: AbortSignal) => Promise<void>,
): Promise<Uint8Array | undefined> {
  const bytes = await blocks.get(cid)
  if (bytes !== undefined) await admit(bytes.length, AbortSignal.timeout(bitswapWaitMs))
  return bytes
}

/** Bitswap gives up a message after a minute. */
const bitswapWaitMs = 60_000
