import type { Connection, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { PeerId } from '../../shared/ids.ts'
import { backoffMs } from '../base/backoff.ts'
import type { Clock } from '../base/clock.ts'
import type { Counters } from '../base/counters.ts'
import type { Unsubscribe } from '../base/emitter.ts'
import type { Startable } from '../base/lifecycle.ts'
import type { Log } from '../base/log.ts'
import type { SignedRecord } from '../model/record.ts'
import type { RecordBook } from '../store/record-book.ts'
import type { StoredRecord } from '../store/record-store.ts'
import { answerQuestions } from './catch-up-answer.ts'
import { CatchUpSchedule } from './catch-up-schedule.ts'
import { CatchUpFailed, FrameStream } from './catch-up-stream.ts'
import { catchUp, firstCursor, tellNews } from './catch-up.ts'
import type { Ingest } from './ingest.ts'
import { garbagePoints } from './offenders.ts'
import { RefusedIds } from './refused-ids.ts'
import type { SwarmNode } from './swarm-node.ts'
import { catchUpProtocol } from './topics.ts'

export interface StreamCatchUpDeps {
  readonly node: SwarmNode
  readonly book: RecordBook
  readonly ingest: Pick<Ingest, 'receive'>
  /** Hands records that came by catching up to all others: they may lack them too. */
  readonly passOn: (records: readonly SignedRecord[]) => void
  readonly clock: Clock
  readonly random: () => number
  readonly counters: Counters
  readonly log: Log
}

/** Neighbours that we answer at the same time; others are told to come back. */
const maxAnswered = 4
/** A whole session, however large: a million records over a slow link go on from their cursor in the next one. */
const sessionTimeoutMs = 10 * 60_000
/** Some half a minute of tries. */
const maxTellings = 6
/** Up to this many caught-up records are gossiped on at once; of more, neighbours are told that there is news. */
const maxPassedOn = 256

/**
 * With every neighbour that has a stream to us, whatever was missed is made up for, both ways: on a new link, now and
 * then, and when one says that there is news. Node and ingest are started before.
 */
export class StreamCatchUp implements Startable {
  readonly #deps: StreamCatchUpDeps
  readonly #swarm: string
  readonly #schedule: CatchUpSchedule
  readonly #refused: RefusedIds
  readonly #undo: Unsubscribe[] = []
  #run: AbortController | null = null
  /** Peers whose questions are being answered. */
  readonly #answering = new Map<PeerId, Promise<void>>()
  readonly #telling = new Map<PeerId, Promise<void>>()
  /** Caught up with from each, and not yet passed on; null once they are too many to gossip. */
  readonly #toPassOn = new Map<PeerId, StoredRecord[] | null>()

  constructor(deps: StreamCatchUpDeps, init: { readonly swarm: string }) {
    this.#deps = deps
    this.#swarm = init.swarm
    this.#refused = new RefusedIds(deps)
    this.#schedule = new CatchUpSchedule({ ...deps, session: (peer, options) => this.#catchUp(peer, options) })
  }

  async start(): Promise<void> {
    if (this.#run !== null) return
    this.#run = new AbortController()
    const { node, book } = this.#deps
    await node.libp2p.handle(catchUpProtocol, (stream, connection) => this.#answer(stream, connection), {
      maxInboundStreams: 4,
      maxOutboundStreams: 4,
    })
    this.#undo.push(
      node.events.on('link:up', ({ peer }) => this.#schedule.add(peer)),
      node.events.on('link:down', ({ peer }) => {
        this.#schedule.remove(peer)
        this.#passOn(peer)
      }),
      book.events.on('records:stored', ({ records, arrival }) => this.#merged(records, arrival)),
    )
    for (const peer of node.neighbours()) this.#schedule.add(peer)
    await this.#schedule.start()
  }

  async stop(): Promise<void> {
    if (this.#run === null) return
    for (const undo of this.#undo.splice(0)) undo()
    this.#run.abort()
    this.#run = null
    await this.#schedule.stop()
    await this.#deps.node.libp2p.unhandle(catchUpProtocol)
    await Promise.all([...this.#answering.values(), ...this.#telling.values()])
  }

  /** Something was missed, or is new with a neighbour (null: any): a session within about `inMs`. */
  soon(peer: PeerId | null, inMs: number): void {
    this.#schedule.soon(peer, inMs)
  }

  #merged(records: readonly StoredRecord[], { via, from }: StoredRecord['arrival']): void {
    if (via !== 'caught-up' || from === null) return
    const before = this.#toPassOn.get(from)
    if (before === null) return
    const all = [...(before ?? []), ...records]
    this.#toPassOn.set(from, all.length > maxPassedOn ? null : all)
  }

  /** One session as the asking side. Resolves to whether it came to its end. */
  async #catchUp(peer: PeerId, { cursor, signal, onCursor }: Parameters<CatchUpSession>[1]): Promise<boolean> {
    const { node, book, ingest, clock, counters, log } = this.#deps
    const frames = await this.#open(peer, signal)
    try {
      const deps = { swarm: this.#swarm, book, ingest, refused: this.#refused, clock, onCursor }
      const { added, garbage } = await catchUp(frames, peer, deps, cursor ?? firstCursor)
      await frames.close()
      counters.add('catch-up.done')
      if (garbage > 0) node.offenders.add(peer, 3 * garbagePoints)
      if (added > 0) log.debug({ peer, added }, 'caught up')
      return garbage === 0
    } catch (error) {
      frames.abort(error instanceof Error ? error : new Error(String(error)))
      counters.add(`catch-up.failed:${error instanceof CatchUpFailed ? error.reason : 'broken'}`)
      if (error instanceof CatchUpFailed && error.reason === 'malformed') node.offenders.add(peer)
      log.debug({ err: error, peer }, 'catching up broke off')
      return false
    } finally {
      this.#passOn(peer)
    }
  }

  /** What one neighbour knew, the others may lack: two parts of a swarm that meet again become one through this. */
  #passOn(from: PeerId): void {
    const records = this.#toPassOn.get(from)
    this.#toPassOn.delete(from)
    const others = this.#deps.node.neighbours().filter((peer) => peer !== from)
    if (records === undefined || others.length === 0) return
    if (records === null) for (const peer of others) this.#tell(peer)
    else this.#deps.passOn(records.map(({ record }) => record))
  }

  /** One telling at a time is enough: whoever is told comes afterwards, and finds what came meanwhile too. */
  #tell(peer: PeerId): void {
    const signal = this.#run?.signal
    if (signal === undefined || this.#telling.has(peer)) return
    const telling = this.#tellUntilHeard(peer, signal)
    this.#telling.set(peer, telling)
    void telling.then(() => this.#telling.delete(peer))
  }

  /** A neighbour may be busy with others just now. One that is never reached looks by itself, only much later. */
  async #tellUntilHeard(peer: PeerId, signal: AbortSignal): Promise<void> {
    const { node, clock, random, log } = this.#deps
    for (let attempt = 0; attempt < maxTellings && !signal.aborted && node.linked(peer); attempt += 1) {
      let frames: FrameStream | null = null
      try {
        frames = await this.#open(peer, signal)
        await tellNews(frames, this.#swarm)
        return await frames.close()
      } catch (err) {
        frames?.abort(new Error('telling of news broke off', { cause: err }))
        log.debug({ err, peer, attempt }, 'a neighbour could not be told that there is news')
        await clock.sleep(backoffMs(attempt, random()), { signal }).catch(() => {})
      }
    }
  }

  async #open(peer: PeerId, signal: AbortSignal): Promise<FrameStream> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(sessionTimeoutMs)])
    const connection = this.#deps.node.libp2p.getConnections(peerIdFromString(peer)).find(isOpen)
    if (connection === undefined) throw new Error('the link is gone')
    const opening = AbortSignal.any([limit, AbortSignal.timeout(10_000)])
    return new FrameStream(await connection.newStream(catchUpProtocol, { signal: opening }), limit)
  }

  async #answer(stream: Stream, connection: Connection): Promise<void> {
    const peer = connection.remotePeer.toString() as PeerId
    const signal = this.#run?.signal
    if (signal === undefined) return stream.abort(new Error('stopping'))
    const frames = new FrameStream(stream, AbortSignal.any([signal, AbortSignal.timeout(sessionTimeoutMs)]))
    // News is told on a stream of its own, while another may be open: the newest stream of a peer is the one counted.
    if (this.#answering.size >= maxAnswered && !this.#answering.has(peer)) {
      this.#deps.counters.add('catch-up.refused:busy')
      await frames.write(['refused', 'busy']).catch(() => {})
      return frames.close()
    }
    const answering = this.#serve(frames, peer)
    this.#answering.set(peer, answering)
    await answering
    if (this.#answering.get(peer) === answering) this.#answering.delete(peer)
  }

  async #serve(frames: FrameStream, peer: PeerId): Promise<void> {
    const { book, counters, log, node } = this.#deps
    try {
      const onNews = (): void => this.#schedule.soon(peer, 200)
      await answerQuestions(frames, { swarm: this.#swarm, book, onNews })
      await frames.close()
    } catch (error) {
      frames.abort(error instanceof Error ? error : new Error(String(error)))
      if (!(error instanceof CatchUpFailed) && !isFramingFault(error)) {
        log.debug({ err: error, peer }, 'answering broke off')
        return
      }
      counters.add('catch-up.refused:malformed')
      node.offenders.add(peer)
    }
  }
}

type CatchUpSession = ConstructorParameters<typeof CatchUpSchedule>[0]['session']

const isOpen = (connection: Connection): boolean => connection.status === 'open'

/** The framing itself was wrong: a length that is none, or too large. */
function isFramingFault(error: unknown): boolean {
  return error instanceof Error && /^Invalid(Message|Data)Length|StreamBufferError/.test(error.name)
}
