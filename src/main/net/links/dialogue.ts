import type { Connection, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { lpStream, type LengthPrefixedStream } from '@libp2p/utils'
import type { PeerId } from '../../../shared/ids.ts'
import type { SwarmNode } from '../swarm-node.ts'

/** The two sides of a stream, frame by frame; both end with the signal they were made with. */
export interface Frames {
  read(): Promise<Uint8Array>
  write(frame: Uint8Array): Promise<void>
}

export interface DialogueInit {
  /** libp2p's name of it. */
  readonly protocol: string
  /** Bytes of a frame. */
  readonly maxFrame: number
  /** Streams of one link at a time, in either direction. */
  readonly maxStreams: number
  /** For an answer. */
  readonly deadlineMs: number
}

/**
 * Questions and their answers, each on a stream of its own between two linked peers. The link says who speaks, and the
 * stream which question is answered, so neither is signed or numbered.
 */
export class Dialogue {
  readonly #node: Pick<SwarmNode, 'libp2p'>
  readonly #init: DialogueInit
  readonly #answering = new Set<Promise<void>>()

  constructor(deps: { readonly node: Pick<SwarmNode, 'libp2p'> }, init: DialogueInit) {
    this.#node = deps.node
    this.#init = init
  }

  /**
   * @param signal ends all answers
   * @param answer whatever it throws ends the stream, and nothing else
   */
  async start(
    signal: AbortSignal,
    answer: (frames: Frames, peer: PeerId, signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const { protocol, maxStreams, deadlineMs } = this.#init
    const answerOne = (stream: Stream, connection: Connection): void => {
      const peer = connection.remotePeer.toString() as PeerId
      const ended = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)])
      const answering = this.#on(stream, ended, (frames) => answer(frames, peer, ended)).catch(() => {
        // Its side of the stream is gone, or it said what is none: nothing is owed to it.
      })
      this.#answering.add(answering)
      void answering.finally(() => this.#answering.delete(answering))
    }
    await this.#node.libp2p.handle(protocol, answerOne, {
      maxInboundStreams: maxStreams,
      maxOutboundStreams: maxStreams,
      runOnLimitedConnection: true,
    })
  }

  async stop(): Promise<void> {
    await this.#node.libp2p.unhandle(this.#init.protocol)
    await Promise.all(this.#answering)
  }

  /** Opens a stream and talks on it; it is closed with the result, and ended with the error. @throws the stream's errors */
  async ask<Result>(peer: PeerId, signal: AbortSignal, talk: (frames: Frames) => Promise<Result>): Promise<Result> {
    const { protocol } = this.#init
    const options = { signal, runOnLimitedConnection: true }
    const stream = await this.#node.libp2p.dialProtocol(peerIdFromString(peer), protocol, options)
    return this.#on(stream, signal, talk)
  }

  async #on<Result>(stream: Stream, signal: AbortSignal, talk: (frames: Frames) => Promise<Result>): Promise<Result> {
    const { maxFrame } = this.#init
    const frames: LengthPrefixedStream = lpStream(stream, { maxDataLength: maxFrame, maxBufferSize: 2 * maxFrame })
    try {
      const result = await talk({
        read: async () => (await frames.read({ signal })).subarray(),
        write: (frame) => frames.write(frame, { signal }),
      })
      await stream.close({ signal })
      return result
    } catch (error) {
      stream.abort(error instanceof Error ? error : new Error(String(error)))
      throw error
    }
  }
}
