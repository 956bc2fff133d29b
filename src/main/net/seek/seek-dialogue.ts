import type { Connection, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { lpStream } from '@libp2p/utils'
import type { PeerId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import { TokenBucket } from '../../base/token-bucket.ts'
import {
  decodeProviding,
  decodeSeeking,
  encodeProviding,
  encodeSeeking,
  maxSeekFrame,
  seekProtocol,
  type Providing,
  type Seeking,
} from './seek-frames.ts'
import type { SwarmNode } from '../swarm-node.ts'

export interface SeekDialogueDeps {
  readonly node: Pick<SwarmNode, 'libp2p' | 'offenders'>
  /** Who it is answered to: whoever has a role in the swarm. */
  readonly isMember: (peer: PeerId) => boolean
  readonly answer: (seeking: Seeking, from: PeerId, signal: AbortSignal) => Promise<readonly Providing[]>
  readonly clock: Clock
  readonly counters: Counters
}

/** An answer is looked up in memory; one that neighbours are asked for may take three seconds. */
const deadlineMs = 5_000
/** A script that looks up a folder of files, and what a hub asks for all of its neighbours. */
const questions = { perS: 10, burst: 100 }
/** Neighbours whose questions are counted: more than a node has links. */
const maxAskers = 256

/**
 * One question and its answer, on a stream of its own between two linked peers. The link says who speaks, and the stream
 * which question is answered, so neither is signed or numbered; what is told of third peers is hearsay.
 */
export class SeekDialogue {
  readonly #deps: SeekDialogueDeps
  readonly #askers = new Map<PeerId, TokenBucket>()
  readonly #answering = new Set<Promise<void>>()

  constructor(deps: SeekDialogueDeps) {
    this.#deps = deps
  }

  /** @param signal ends all answers */
  async start(signal: AbortSignal): Promise<void> {
    const answer = (stream: Stream, connection: Connection): void => {
      const peer = connection.remotePeer.toString() as PeerId
      const answering = this.#answer(stream, peer, AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]))
      this.#answering.add(answering)
      void answering.finally(() => this.#answering.delete(answering))
    }
    await this.#deps.node.libp2p.handle(seekProtocol, answer, {
      // A few files looked up at once, and what is asked for others meanwhile.
      maxInboundStreams: 16,
      maxOutboundStreams: 16,
      runOnLimitedConnection: true,
    })
  }

  async stop(): Promise<void> {
    await this.#deps.node.libp2p.unhandle(seekProtocol)
    await Promise.all(this.#answering)
  }

  /**
   * Asks a peer that is linked. Null when what it said was no answer, for which it is blamed.
   * @throws the stream's errors, and when `signal` says so
   */
  async ask(peer: PeerId, seeking: Seeking, signal: AbortSignal): Promise<readonly Providing[] | null> {
    const { node, counters } = this.#deps
    const stream = await node.libp2p.dialProtocol(peerIdFromString(peer), seekProtocol, {
      signal,
      runOnLimitedConnection: true,
    })
    try {
      const frames = lpStream(stream, { maxDataLength: maxSeekFrame, maxBufferSize: 2 * maxSeekFrame })
      await frames.write(encodeSeeking(seeking), { signal })
      const providing = decodeProviding((await frames.read({ signal })).subarray())
      if (providing === undefined) {
        counters.add('seek.refused:malformed')
        node.offenders.add(peer)
        stream.abort(new Error('the answer to a search is none'))
        return null
      }
      await stream.close({ signal })
      return providing
    } catch (error) {
      stream.abort(error instanceof Error ? error : new Error(String(error)))
      throw error
    }
  }

  async #answer(stream: Stream, peer: PeerId, signal: AbortSignal): Promise<void> {
    const { node, counters, isMember } = this.#deps
    const frames = lpStream(stream, { maxDataLength: maxSeekFrame, maxBufferSize: 2 * maxSeekFrame })
    try {
      const seeking = decodeSeeking((await frames.read({ signal })).subarray())
      if (seeking === undefined) {
        counters.add('seek.refused:malformed')
        node.offenders.add(peer)
        throw new Error('that is no search')
      }
      const refusal = !isMember(peer) ? 'stranger' : !this.#bucketOf(peer).take() ? 'rate' : null
      if (refusal !== null) counters.add(`seek.refused:${refusal}`)
      // Who may not know is told what it is told of a file that is not here.
      const providing = refusal === null ? await this.#deps.answer(seeking, peer, signal) : []
      await frames.write(encodeProviding(providing), { signal })
      await stream.close({ signal })
    } catch (error) {
      // Its side of the stream is gone, or it said what is none: nothing is owed to it.
      stream.abort(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #bucketOf(peer: PeerId): TokenBucket {
    const bucket = this.#askers.get(peer) ?? new TokenBucket(this.#deps.clock, questions)
    this.#askers.delete(peer)
    this.#askers.set(peer, bucket)
    const oldest = this.#askers.keys().next()
    if (this.#askers.size > maxAskers && oldest.done !== true) this.#askers.delete(oldest.value)
    return bucket
  }
}
