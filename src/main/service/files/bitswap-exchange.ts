import type { CID as AnyCid } from 'multiformats/cid'
import { base58btc } from 'multiformats/bases/base58'
import { CID } from 'multiformats/cid'
import { decode as decodeDigest } from 'multiformats/hashes/digest'
import { sha256, sha512 } from 'multiformats/hashes/sha2'
import { identity } from 'multiformats/hashes/identity'
import type { PeerId } from '../../../shared/ids.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { Libp2p } from '../../net/swarm-node.ts'
import type { BlockDisk } from './block-disk.ts'

/** What we use of Helia's block broker. */
interface Broker {
  announce?(cid: AnyCid): Promise<void>
  createSession?(options: {
    readonly providers: AnyCid[]
    readonly minProviders: number
    readonly maxProviders: number
    readonly cidPeerFilterSize: number
  }): { retrieve(cid: AnyCid, options: { readonly signal: AbortSignal }): Promise<Uint8Array> }
  start?(): Promise<void>
  stop?(): Promise<void>
}

/** Bounds, for a peer that may run on a robot with 1 GB of memory. */
const bitswapInit = {
  /** A peer's wants are read into one answer: 128 leaves of 256 KiB are 32 MiB. Both spellings: the option is
   * documented as one and read as the other. */
  maxWantlistSize: 128,
  maxWantListSize: 128,
  /** The largest block and some: a smaller answer arrives, and is seen as progress, sooner on a slow link. */
  maxOutgoingMessageSize: 2 * 1024 * 1024 + 64 * 1024,
  maxIncomingMessageSize: 4 * 1024 * 1024 + 64 * 1024,
  /** On a bad Wi-Fi link one answer may take its time; the library's 10 s would cut it off half way. */
  messageSendTimeout: 60_000,
  messageReceiveTimeout: 60_000,
  /** Blocks are asked for again only after they were lost; then they must come at once. */
  doNotResendBlockWindow: 1,
  maxInboundStreams: 256,
  maxOutboundStreams: 256,
}

/**
 * Bitswap over our own libp2p node: serves blocks from disk, and asks one given peer for one block at a time.
 *
 * This is Helia's bitswap on a small host of our own. The whole of Helia would do the same but costs 50 MB of memory
 * and 0.6 s of start (measured) for a second libp2p, HTTP gateways and delegated routing, none of which a peer may
 * use. Here nothing looks for providers: who holds what is in the swarm's records.
 */
export class BitswapExchange implements Startable {
  readonly #deps: { readonly libp2p: () => Libp2p; readonly disk: BlockDisk }
  #broker: Broker | null = null

  constructor(deps: { readonly libp2p: () => Libp2p; readonly disk: BlockDisk }) {
    this.#deps = deps
  }

  async start(): Promise<void> {
    if (this.#broker !== null) return
    // Loaded when it is needed: a peer's first screen does not wait for it.
    const { withBitswap } = await import('@helia/bitswap')
    const host = new Host(this.#deps.libp2p(), this.#deps.disk)
    withBitswap(host as unknown as Parameters<typeof withBitswap>[0], bitswapInit)
    await host.start()
    this.#broker = host.broker
  }

  async stop(): Promise<void> {
    const broker = this.#broker
    this.#broker = null
    await broker?.stop?.()
  }

  /** Tells those who asked for the block while we did not have it. */
  async announce(cid: CID): Promise<void> {
    await this.#broker?.announce?.(cid)
  }

  /**
   * Asks one peer for one block; dials it if need be. Bitswap computes the hash of what comes and gives it to
   * whoever waits for that hash, so what resolves here is the block that was asked for.
   * @throws when the peer cannot be reached or says that it does not have it; waits as long as `signal` lets it
   */
  async request(peer: PeerId, cid: CID, { signal }: { readonly signal: AbortSignal }): Promise<Uint8Array> {
    const session = this.#broker?.createSession?.({
      providers: [peerCid(peer)],
      minProviders: 1,
      maxProviders: 1,
      cidPeerFilterSize: 4,
    })
    if (session === undefined) throw new Error('the block exchange is not running')
    return session.retrieve(cid, { signal })
  }
}

/** What `withBitswap` needs of a Helia node. */
class Host {
  readonly libp2p: Libp2p
  readonly logger: Libp2p['logger']
  readonly blockstore: {
    has(cid: CID): Promise<boolean>
    get(cid: CID): AsyncGenerator<Uint8Array>
  }
  status = 'stopped'
  broker: Broker | null = null
  /** No content routing: see the class above. */
  readonly routing = { findProviders: async function* () {} }
  readonly #mixins: { start?(host: Host): Promise<void> }[] = []

  constructor(libp2p: Libp2p, disk: BlockDisk) {
    this.libp2p = libp2p
    this.logger = libp2p.logger
    this.blockstore = {
      has: (cid) => disk.has(cid),
      get: async function* (cid) {
        const bytes = await disk.get(cid)
        if (bytes === undefined) throw new NotFoundError(`no block ${cid}`)
        yield bytes
      },
    }
  }

  getHasher = (code: number) => {
    const hasher = [sha256, sha512, identity].find((known) => known.code === code)
    if (hasher === undefined) throw new Error(`no hasher for code ${code}`)
    return hasher
  }

  addMixin(mixin: { start?(host: Host): Promise<void> }): void {
    this.#mixins.push(mixin)
  }

  hasBlockBroker(): boolean {
    return this.broker !== null
  }

  addBlockBroker(broker: Broker): void {
    this.broker = broker
  }

  async start(): Promise<void> {
    this.status = 'starting'
    for (const mixin of this.#mixins) await mixin.start?.(this)
    this.status = 'started'
  }
}

/** Bitswap knows a missing block by this error's name, and answers that it has none. */
class NotFoundError extends Error {
  override readonly name = 'NotFoundError'
}

/** A PeerId as a CID: libp2p-key (0x72), see https://github.com/libp2p/specs/blob/master/peer-ids/peer-ids.md */
function peerCid(peer: PeerId): CID {
  return CID.createV1(0x72, decodeDigest(base58btc.baseDecode(peer)))
}
