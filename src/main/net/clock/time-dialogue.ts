import type { Connection, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { lpStream } from '@libp2p/utils'
import type { PeerId } from '../../../shared/ids.ts'
import type { Counters } from '../../base/counters.ts'
import type { SwarmClock } from '../../base/swarm-clock.ts'
import { TokenBucket } from '../../base/token-bucket.ts'
import type { SwarmNode } from '../swarm-node.ts'
import {
  decodeTimeAnswer,
  encodeTimeAnswer,
  isTimeQuestion,
  maxTimeFrame,
  timeProtocol,
  timeQuestion,
  type TimeAnswer,
} from './time-frames.ts'

export interface TimeDialogueDeps {
  readonly node: SwarmNode
  readonly clock: SwarmClock
  /** The machine's own clock, as it is told to others; null when it cannot be right, or was never set. */
  readonly ownMs: () => number | null
  readonly counters: Counters
}

/** An answer, and when by our monotonic clock it was asked for and came. */
export interface TimedAnswer {
  readonly answer: TimeAnswer
  readonly asked: number
  readonly answered: number
}

/** Questions in a row on one stream, of which the quickest answer counts. */
const rounds = 3
/** A clock is read in no time; what takes longer says nothing about it. */
const deadlineMs = 5_000
/** An asker needs three at a time, once a minute; several times over, for links that flap. */
const answers = { perS: 0.2, burst: 12 }
/** Neighbours whose questions are counted: more than a node has links. */
const maxAskers = 256

/** The questions and answers about the time between two neighbours, on streams. */
export class TimeDialogue {
  readonly #deps: TimeDialogueDeps
  readonly #askers = new Map<PeerId, TokenBucket>()
  readonly #answering = new Set<Promise<void>>()

  constructor(deps: TimeDialogueDeps) {
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
    await this.#deps.node.libp2p.handle(timeProtocol, answer, {
      maxInboundStreams: 2,
      maxOutboundStreams: 2,
      runOnLimitedConnection: true,
    })
  }

  async stop(): Promise<void> {
    await this.#deps.node.libp2p.unhandle(timeProtocol)
    await Promise.all(this.#answering)
  }

  /**
   * Asks a neighbour a few times in a row. Null when what it said was no answer, for which it is blamed.
   * @throws the stream's errors, and after five seconds
   */
  async ask(peer: PeerId, { signal }: { readonly signal: AbortSignal }): Promise<readonly TimedAnswer[] | null> {
    const { node, clock, counters } = this.#deps
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)])
    const stream = await node.libp2p.dialProtocol(peerIdFromString(peer), timeProtocol, {
      signal: deadline,
      runOnLimitedConnection: true,
    })
    try {
      const frames = lpStream(stream, { maxDataLength: maxTimeFrame, maxBufferSize: 2 * maxTimeFrame })
      const heard: TimedAnswer[] = []
      for (let i = 0; i < rounds; i++) {
        const asked = clock.monotonic()
        await frames.write(timeQuestion, { signal: deadline })
        const answer = decodeTimeAnswer((await frames.read({ signal: deadline })).subarray())
        if (answer === undefined) {
          counters.add('time.refused:malformed')
          node.offenders.add(peer)
          stream.abort(new Error('the answer to a question for the time is none'))
          return null
        }
        heard.push({ answer, asked, answered: clock.monotonic() })
      }
      await stream.close({ signal: deadline })
      return heard
    } catch (error) {
      stream.abort(error instanceof Error ? error : new Error(String(error)))
      throw error
    }
  }

  async #answer(stream: Stream, peer: PeerId, signal: AbortSignal): Promise<void> {
    const { clock, ownMs, counters, node } = this.#deps
    const frames = lpStream(stream, { maxDataLength: maxTimeFrame, maxBufferSize: 2 * maxTimeFrame })
    try {
      for (let i = 0; i < rounds; i++) {
        const bytes = (await frames.read({ signal })).subarray()
        const cameAt = clock.monotonic()
        const own = ownMs()
        if (!isTimeQuestion(bytes)) {
          counters.add('time.refused:malformed')
          node.offenders.add(peer)
          throw new Error('that is no question for the time')
        }
        if (!this.#bucketOf(peer).take()) {
          counters.add('time.refused:rate')
          throw new Error('too many questions for the time')
        }
        const swarm = clock.isKnown ? clock.now() : null
        await frames.write(encodeTimeAnswer({ own, swarm, held: clock.monotonic() - cameAt }), { signal })
      }
      await stream.close({ signal })
    } catch (error) {
      // Its side of the stream is gone, or it asked too much: nothing is owed to it.
      stream.abort(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #bucketOf(peer: PeerId): TokenBucket {
    const bucket = this.#askers.get(peer) ?? new TokenBucket(this.#deps.clock, answers)
    this.#askers.delete(peer)
    this.#askers.set(peer, bucket)
    const oldest = this.#askers.keys().next()
    if (this.#askers.size > maxAskers && oldest.done !== true) this.#askers.delete(oldest.value)
    return bucket
  }
}
