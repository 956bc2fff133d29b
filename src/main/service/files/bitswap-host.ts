import { CID } from 'multiformats/cid'
import { identity } from 'multiformats/hashes/identity'
import { sha256, sha512 } from 'multiformats/hashes/sha2'
import type { Libp2p } from '../../net/swarm-node.ts'
import type { PeerWantLists } from './bitswap-wants.ts'
import type { Blocks } from './blocks.ts'

/** What we use of Helia's bitswap. */
export interface Bitswap {
  readonly network: BitswapEvents & {
    sendMessage(peer: RemotePeer, message: WantMessage, options: { readonly signal: AbortSignal }): Promise<void>
  }
  /** Tells each block that comes, its hash computed from its bytes, and each "I do not have it". */
  readonly wantList: BitswapEvents
  readonly peerWantLists: PeerWantLists
}

export interface BitswapEvents {
  addEventListener(name: string, listener: (event: { readonly detail: unknown }) => void): void
  removeEventListener(name: string, listener: (event: { readonly detail: unknown }) => void): void
}

export type RemotePeer = ReturnType<Libp2p['getPeers']>[number]

/** A message that only wants. Keys: the multihash in base64, by which a message that waits is joined with the next. */
export interface WantMessage {
  readonly full: false
  readonly pendingBytes: 0
  readonly wantlist: Map<string, { cid: Uint8Array; priority: number; wantType: 0; sendDontHave: true }>
  readonly blocks: Map<string, never>
  readonly blockPresences: Map<string, never>
}

interface Broker {
  readonly bitswap: Bitswap
  announce(cid: CID): Promise<void>
  stop(): Promise<void>
}

/** Bounds, for a peer that may run on a robot with 1 GB of memory. */
export const bitswapInit = {
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
  /** Blocks are asked for again only after they were lost; then they must come at once: see `answerEachWant`. */
  doNotResendBlockWindow: 1,
  /** While one answer is on its way the next is read from disk: nobody waits a round trip for each. */
  sendBlocksConcurrency: 3,
  maxInboundStreams: 256,
  maxOutboundStreams: 256,
}

/**
 * What `withBitswap` needs of a Helia node. The whole of Helia would do the same but costs 50 MB of memory and 0.6 s of
 * start (measured) for a second libp2p, HTTP gateways and delegated routing, none of which a peer may use.
 */
export class Host {
  readonly libp2p: Libp2p
  readonly logger: Libp2p['logger']
  readonly blockstore: {
    has(cid: CID): Promise<boolean>
    get(cid: CID): AsyncGenerator<Uint8Array>
  }
  status = 'stopped'
  broker: Broker | null = null
  /** Nothing looks for providers: who holds what is in the swarm's records. */
  readonly routing = { findProviders: async function* () {} }
  readonly #mixins: { start?(host: Host): Promise<void> }[] = []

  constructor(libp2p: Libp2p, blocks: Pick<Blocks, 'has' | 'get'>) {
    this.libp2p = libp2p
    this.logger = libp2p.logger
    this.blockstore = {
      has: (cid) => blocks.has(cid),
      get: async function* (cid) {
        const bytes = await blocks.get(cid)
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

  /** @throws when it was not started, or when Helia's bitswap is another than it was when this was written */
  get bitswap(): Bitswap {
    const bitswap = this.broker?.bitswap
    if (
      bitswap?.network.sendMessage === undefined ||
      bitswap.wantList.addEventListener === undefined ||
      bitswap.peerWantLists.ledgerMap === undefined
    ) {
      throw new Error('@helia/bitswap has no network, want list or book of wants where it is looked for')
    }
    return bitswap
  }
}

/** Bitswap knows a missing block by this error's name, and answers that it has none. */
class NotFoundError extends Error {
  override readonly name = 'NotFoundError'
}
