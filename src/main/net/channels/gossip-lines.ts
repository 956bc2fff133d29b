import type { Connection, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { lpStream } from '@libp2p/utils'
import type { PeerId } from '../../../shared/ids.ts'
import { isAbort } from '../../../shared/errors.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { Log } from '../../base/log.ts'
import type { SwarmNode } from '../swarm-node.ts'
import { maxFrameBytes } from './line.ts'

/** Messages from one neighbour to another, each a frame of `LineCodec` with its length before it. */
export const lineProtocol = '/dt-swarm/line/1'

/** A frame must leave, and a stream open, within this time. */
const sendTimeoutMs = 15_000
/** Frames that wait for one neighbour: a session of reconciliation has a few under way. */
const maxWaiting = 64
/** Streams that one neighbour may have open to us: a new one may come before the old one has gone. */
const maxStreams = 2

export interface GossipLinesDeps {
  readonly node: SwarmNode
  readonly log: Log
  /** Takes a frame; resolves when the next one may come: a neighbour that floods is slowed down. */
  readonly take: (from: PeerId, frame: Uint8Array) => Promise<void>
  /** The framing itself was wrong. */
  readonly onGarbage: (from: PeerId) => void
}

interface Waiting {
  readonly frame: Uint8Array
  readonly settle: (sent: boolean) => void
}

interface Outgoing {
  readonly waiting: Waiting[]
  stream: Stream | null
  sending: Promise<void> | null
}

/** What is said to one neighbour alone: a stream to each, opened when there is something to say. */
export class GossipLines implements Startable {
  readonly #deps: GossipLinesDeps
  readonly #outgoing = new Map<PeerId, Outgoing>()
  readonly #incoming = new Set<Stream>()
  #run: AbortController | null = null

  constructor(deps: GossipLinesDeps) {
    this.#deps = deps
  }

  async start(): Promise<void> {
    if (this.#run !== null) return
    const run = new AbortController()
    this.#run = run
    const { node } = this.#deps
    await node.libp2p.handle(lineProtocol, (stream, connection) => this.#read(stream, connection, run.signal), {
      maxInboundStreams: maxStreams,
      maxOutboundStreams: maxStreams,
    })
    const undo = node.events.on('link:down', ({ peer }) => this.#forget(peer))
    run.signal.addEventListener('abort', undo, { once: true })
  }

  async stop(): Promise<void> {
    const run = this.#run
    if (run === null) return
    this.#run = null
    await Promise.all([...this.#outgoing.values()].map(async ({ sending }) => sending))
    run.abort()
    await this.#deps.node.libp2p.unhandle(lineProtocol)
    for (const peer of this.#outgoing.keys()) this.#forget(peer)
    for (const stream of this.#incoming) stream.abort(new Error('stopping'))
    this.#incoming.clear()
  }

  /** Resolves to why it did not leave, or null when it has. */
  async send(to: PeerId, frame: Uint8Array): Promise<'nobody' | 'overflow' | null> {
    const run = this.#run
    if (run === null || !this.#deps.node.linked(to)) return 'nobody'
    let outgoing = this.#outgoing.get(to)
    if (outgoing === undefined) this.#outgoing.set(to, (outgoing = { waiting: [], stream: null, sending: null }))
    if (outgoing.waiting.length >= maxWaiting) return 'overflow'
    const { waiting } = outgoing
    const sent = new Promise<boolean>((settle) => waiting.push({ frame, settle }))
    outgoing.sending ??= this.#drain(to, outgoing, run.signal)
    return (await sent) ? null : 'nobody'
  }

  async #drain(to: PeerId, outgoing: Outgoing, signal: AbortSignal): Promise<void> {
    for (let next = outgoing.waiting.shift(); next !== undefined; next = outgoing.waiting.shift()) {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(sendTimeoutMs)])
      try {
        if (outgoing.stream === null || outgoing.stream.status !== 'open') {
          outgoing.stream = await this.#open(to, limit)
        }
        await lpStream(outgoing.stream, { maxDataLength: maxFrameBytes }).write(next.frame, { signal: limit })
        next.settle(true)
      } catch (err) {
        if (!isAbort(err)) this.#deps.log.debug({ err, peer: to }, 'a line to a neighbour broke')
        outgoing.stream?.abort(new Error('the line broke', { cause: err }))
        outgoing.stream = null
        next.settle(false)
        for (const { settle } of outgoing.waiting.splice(0)) settle(false)
      }
    }
    outgoing.sending = null
  }

  async #open(to: PeerId, signal: AbortSignal): Promise<Stream> {
    const connections = this.#deps.node.libp2p.getConnections(peerIdFromString(to))
    const connection = connections.find(({ status }) => status === 'open')
    if (connection === undefined) throw new Error('the link is gone')
    return connection.newStream(lineProtocol, { signal })
  }

  async #read(stream: Stream, connection: Connection, signal: AbortSignal): Promise<void> {
    const from = connection.remotePeer.toString() as PeerId
    this.#incoming.add(stream)
    try {
      const frames = lpStream(stream, { maxDataLength: maxFrameBytes, maxBufferSize: 2 * maxFrameBytes })
      while (!signal.aborted) await this.#deps.take(from, (await frames.read({ signal })).subarray())
    } catch (error) {
      if (isFramingFault(error)) this.#deps.onGarbage(from)
      stream.abort(error instanceof Error ? error : new Error(String(error)))
    } finally {
      this.#incoming.delete(stream)
    }
  }

  #forget(peer: PeerId): void {
    const outgoing = this.#outgoing.get(peer)
    this.#outgoing.delete(peer)
    outgoing?.stream?.abort(new Error('the link is gone'))
    for (const { settle } of outgoing?.waiting.splice(0) ?? []) settle(false)
  }
}

/** A length that is none, or too large. */
function isFramingFault(error: unknown): boolean {
  return error instanceof Error && /^Invalid(Message|Data)Length|StreamBufferError/.test(error.name)
}
