import { peerIdFromString } from '@libp2p/peer-id'
import type { Connection } from '@libp2p/interface'
import type { PeerId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { Libp2p } from '../swarm-node.ts'
import { AskStream } from './ask-stream.ts'
import { blockProtocol } from './block-frames.ts'

export interface BlockClientDeps {
  readonly libp2p: () => Libp2p
  readonly clock: Clock
  /** A peer did what no honest peer does: it sent what was not asked for, or a block longer than any. */
  readonly blame: (peer: PeerId) => void
}

export interface BlockRequestOptions {
  readonly signal: AbortSignal
  /** Some bytes of the block came. */
  readonly onBytes?: (bytes: number) => void
}

/** The peer is linked and does not speak this protocol. */
export class NotSpokenError extends Error {
  override readonly name = 'NotSpokenError'
}

const openTimeoutMs = 10_000
/** A stream that nothing was asked on for so long is closed: the next question opens another. */
const idleMs = 30_000
/** Longer than a fetch waits for a provider from which nothing comes. */
const silentMs = 30_000

/** Asks linked peers for blocks, each over one stream that stays open while it is used. */
export class BlockClient implements Startable {
  readonly #deps: BlockClientDeps
  readonly #streams = new Map<PeerId, Promise<AskStream>>()
  #run: AbortController | null = null

  constructor(deps: BlockClientDeps) {
    this.#deps = deps
  }

  async start(): Promise<void> {
    this.#run ??= new AbortController()
  }

  async stop(): Promise<void> {
    this.#run?.abort()
    this.#run = null
    const open = await Promise.allSettled(this.#streams.values())
    this.#streams.clear()
    for (const one of open) if (one.status === 'fulfilled') one.value.end()
  }

  /**
   * One block of one peer, as it came: not yet checked to be the one asked for. Undefined: the peer does not have it.
   * @throws NotSpokenError; another error when the link is gone or the peer misbehaves; the signal's reason
   */
  async request(peer: PeerId, cid: Uint8Array, options: BlockRequestOptions): Promise<Uint8Array | undefined> {
    options.signal.throwIfAborted()
    const stream = await this.#stream(peer)
    options.signal.throwIfAborted()
    return stream.ask(cid, options)
  }

  async #stream(peer: PeerId): Promise<AskStream> {
    const known = this.#streams.get(peer)
    if (known !== undefined) return known
    const opening = this.#open(peer)
    this.#streams.set(peer, opening)
    const forget = (): void => {
      if (this.#streams.get(peer) === opening) this.#streams.delete(peer)
    }
    opening.then((stream) => stream.ended.then(forget), forget)
    return opening
  }

  async #open(peer: PeerId): Promise<AskStream> {
    const run = this.#run
    if (run === null) throw new Error('the block exchange is not running')
    const { libp2p, clock, blame } = this.#deps
    const [connection] = libp2p()
      .getConnections(peerIdFromString(peer))
      .filter(({ status }) => status === 'open')
      .sort((a, b) => slowness(a) - slowness(b))
    if (connection === undefined) throw new Error('not linked')
    const signal = AbortSignal.any([run.signal, AbortSignal.timeout(openTimeoutMs)])
    try {
      const stream = await connection.newStream(blockProtocol, { signal, runOnLimitedConnection: true })
      return new AskStream(stream, { clock, signal: run.signal, malformed: () => blame(peer) }, { idleMs, silentMs })
    } catch (error) {
      if (error instanceof Error && error.name === 'UnsupportedProtocolError') {
        throw new NotSpokenError(`the peer does not speak ${blockProtocol}`, { cause: error })
      }
      throw error
    }
  }
}

/** Of several connections with a peer: relays carry little, and QUIC moves bulk at a fifth of TCP's speed here. */
function slowness({ limits, remoteAddr }: Connection): number {
  return (limits === undefined ? 0 : 2) + (remoteAddr.toString().includes('/quic') ? 1 : 0)
}
