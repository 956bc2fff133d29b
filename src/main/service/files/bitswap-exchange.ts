import { base64 } from 'multiformats/bases/base64'
import { CID } from 'multiformats/cid'
import type { PeerId } from '../../../shared/ids.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { Libp2p } from '../../net/swarm-node.ts'
import { answerEachWant } from './bitswap-wants.ts'
import { bitswapInit, Host, type RemotePeer, type WantMessage } from './bitswap-host.ts'
import type { Blocks } from './blocks.ts'

interface Waiter {
  readonly peer: PeerId
  readonly resolve: (block: Uint8Array) => void
  readonly reject: (error: Error) => void
}

/** What bitswap tells of a block that came, or of one that the sender does not have. */
interface Heard {
  readonly sender: RemotePeer
  readonly cid: CID
  readonly block?: Uint8Array
  readonly has?: boolean
}

/** A message of wants that is not on its way after this never will be. */
const sendTimeoutMs = 60_000

/**
 * Bitswap over our own libp2p node: serves blocks from disk, and asks one given peer for one block at a time.
 *
 * This is Helia's bitswap on a small host of our own, and without its sessions: a session sends each want as a message
 * of its own, on a stream of its own, and begins to listen only when the stream is closed, so that a block that comes
 * sooner is overlooked. Here wants of one turn go out together, and whoever waits was listening before.
 */
export class BitswapExchange implements Startable {
  readonly #deps: { readonly libp2p: () => Libp2p; readonly blocks: Blocks }
  #host: Host | null = null
  readonly #waiting = new Map<string, Set<Waiter>>()
  /** Wants that go out at the end of this turn of the event loop. */
  readonly #unsent = new Map<PeerId, Map<string, CID>>()

  constructor(deps: { readonly libp2p: () => Libp2p; readonly blocks: Blocks }) {
    this.#deps = deps
  }

  async start(): Promise<void> {
    if (this.#host !== null) return
    // Loaded when it is needed: a peer's first screen does not wait for it.
    const { withBitswap } = await import('@helia/bitswap')
    const host = new Host(this.#deps.libp2p(), this.#deps.blocks)
    withBitswap(host as unknown as Parameters<typeof withBitswap>[0], bitswapInit)
    await host.start()
    const { wantList, network, peerWantLists } = host.bitswap
    answerEachWant(peerWantLists)
    wantList.addEventListener('block', ({ detail }) => this.#onBlock(detail as Heard))
    wantList.addEventListener('presence', ({ detail }) => this.#onPresence(detail as Heard))
    network.addEventListener('peer:disconnected', ({ detail }) => this.#onGone((detail as RemotePeer).toString()))
    this.#host = host
  }

  async stop(): Promise<void> {
    const host = this.#host
    this.#host = null
    this.#fail(() => true, 'the block exchange stops')
    this.#unsent.clear()
    await host?.broker?.stop()
  }

  /** Tells those who asked for the block while we did not have it. */
  async announce(cid: CID): Promise<void> {
    await this.#host?.broker?.announce(cid)
  }

  /**
   * Asks one linked peer for one block. Bitswap computes the hash of what comes and gives it to whoever waits for that
   * hash, so what resolves here is the block that was asked for: it need not be hashed once more.
   * @throws when the link is gone or the peer says that it does not have it; waits as long as `signal` lets it
   */
  request(peer: PeerId, cid: CID, { signal }: { readonly signal: AbortSignal }): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted()
      if (this.#host === null) throw new Error('the block exchange is not running')
      const key = keyOf(cid)
      const onAbort = (): void => settle(() => reject(signal.reason as Error))
      const settle = (end: () => void): void => {
        signal.removeEventListener('abort', onAbort)
        waiters.delete(waiter)
        if (waiters.size === 0) this.#waiting.delete(key)
        end()
      }
      const waiter: Waiter = {
        peer,
        resolve: (block) => settle(() => resolve(block)),
        reject: (error) => settle(() => reject(error)),
      }
      const waiters = this.#waiting.get(key) ?? new Set<Waiter>()
      this.#waiting.set(key, waiters.add(waiter))
      signal.addEventListener('abort', onAbort, { once: true })
      this.#want(peer, key, cid)
    })
  }

  #want(peer: PeerId, key: string, cid: CID): void {
    if (this.#unsent.size === 0) setImmediate(() => this.#send())
    const wants = this.#unsent.get(peer) ?? new Map<string, CID>()
    this.#unsent.set(peer, wants.set(key, cid))
  }

  #send(): void {
    const peers = this.#host === null ? [] : this.#host.libp2p.getPeers()
    for (const [peer, wants] of this.#unsent) {
      const lost = (error: unknown): void =>
        this.#fail((waiter, key) => waiter.peer === peer && wants.has(key), 'the wants could not be sent', error)
      const remote = peers.find((one) => one.toString() === peer)
      if (remote === undefined) lost(new Error('not linked'))
      else
        this.#host?.bitswap.network
          .sendMessage(remote, messageOf(wants), { signal: AbortSignal.timeout(sendTimeoutMs) })
          .catch(lost)
    }
    this.#unsent.clear()
  }

  #onBlock({ cid, block }: Heard): void {
    if (block !== undefined) for (const waiter of this.#waiting.get(keyOf(cid)) ?? []) waiter.resolve(block)
  }

  #onPresence({ sender, cid, has }: Heard): void {
    if (has !== false) return
    const peer = sender.toString()
    for (const waiter of this.#waiting.get(keyOf(cid)) ?? []) {
      if (waiter.peer === peer) waiter.reject(new Error('the peer does not have the block'))
    }
  }

  #onGone(peer: string): void {
    this.#fail((waiter) => waiter.peer === peer, 'the link is gone')
  }

  #fail(whose: (waiter: Waiter, key: string) => boolean, why: string, cause?: unknown): void {
    for (const [key, waiters] of this.#waiting) {
      for (const waiter of waiters) if (whose(waiter, key)) waiter.reject(new Error(why, { cause }))
    }
  }
}

const keyOf = (cid: CID): string => base64.encode(cid.multihash.bytes)

function messageOf(wants: ReadonlyMap<string, CID>): WantMessage {
  const entries = [...wants].map(
    ([key, cid]) => [key, { cid: cid.bytes, priority: 1, wantType: 0, sendDontHave: true }] as const,
  )
  return {
    full: false,
    pendingBytes: 0,
    wantlist: new Map(entries),
    blocks: new Map<string, never>(),
    blockPresences: new Map<string, never>(),
  }
}
