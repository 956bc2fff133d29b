import type { Connection, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { PeerId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { Unsubscribe } from '../../base/emitter.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { Log } from '../../base/log.ts'
import type { BucketName } from '../../model/bucket.ts'
import type { SignedRecord } from '../../model/record.ts'
import type { RecordBook } from '../../store/record-book.ts'
import { AnswerSlots } from './answer-slots.ts'
import { CatchUpSchedule, type SessionEnd } from './catch-up-schedule.ts'
import { Claims } from '../ingest/claims.ts'
import type { Ingest } from '../ingest/ingest.ts'
import { NewsTeller } from '../messages/news-teller.ts'
import { garbagePoints } from '../links/offenders.ts'
import { answerQuestions } from './reconcile-answer.ts'
import { reconcile } from './reconcile-ask.ts'
import { FrameStream, ReconcileFailed } from './reconcile-stream.ts'
import { RecordTrade } from './reconcile-trade.ts'
import { RefusedIds } from '../ingest/refused-ids.ts'
import type { SwarmNode } from '../swarm-node.ts'
import { reconcileProtocol } from '../messages/topics.ts'
import { VainPushes } from './vain-pushes.ts'

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

/**
 * A whole session that gets on, however large: a million records over a slow link are found lacking again in the next
 * one. One that does not get on ends much sooner: see `ReconcileProgress`.
 */
const sessionTimeoutMs = 10 * 60_000

/**
 * With every neighbour that has a stream to us, whatever was missed is made up for, both ways: on a new link, now and
 * then, and when one says that there is news. Node and ingest are started before.
 */
export class StreamCatchUp implements Startable {
  readonly #deps: StreamCatchUpDeps
  readonly #swarm: string
  readonly #schedule: CatchUpSchedule
  readonly #refused: RefusedIds
  readonly #unwanted: RefusedIds
  readonly #claims: Claims
  readonly #trade: RecordTrade
  readonly #undo: Unsubscribe[] = []
  #run: AbortController | null = null
  #loading: Promise<void> = Promise.resolve()
  /** Each hold's buckets that are exchanged in spite of it. */
  readonly #holds = new Set<readonly BucketName[]>()
  /** Streams whose questions are being answered. */
  readonly #answering = new Set<Promise<void>>()
  readonly #slots: AnswerSlots
  readonly #vain: VainPushes
  readonly #teller: NewsTeller

  constructor(deps: StreamCatchUpDeps, init: { readonly swarm: string }) {
    this.#deps = deps
    this.#swarm = init.swarm
    this.#refused = new RefusedIds(deps)
    this.#unwanted = new RefusedIds(deps)
    this.#claims = new Claims(deps)
    const { book } = deps
    // Nobody is a stranger to a peer that knows no member yet. Who is revoked may only just learn of it.
    const isStranger = (peer: PeerId): boolean =>
      book.trust().root !== null && ['stranger', 'revoked'].includes(book.trust().of(peer).standing)
    this.#slots = new AnswerSlots({ isStranger })
    this.#vain = new VainPushes({ ...deps, isStranger })
    this.#teller = new NewsTeller({ ...deps, open: (peer, signal) => this.#open(peer, signal) }, init)
    this.#trade = new RecordTrade({ ...deps, refused: this.#refused })
    this.#schedule = new CatchUpSchedule({ ...deps, session: (peer, { signal }) => this.#reconcile(peer, signal) })
  }

  async start(): Promise<void> {
    if (this.#run !== null) return
    const run = new AbortController()
    this.#run = run
    const { book, node } = this.#deps
    this.#loading = this.#load(run.signal)
    await node.libp2p.handle(reconcileProtocol, (stream, connection) => this.#answer(stream, connection), {
      maxInboundStreams: 4,
      maxOutboundStreams: 4,
    })
    this.#undo.push(
      node.events.on('link:up', ({ peer }) => this.#add(peer)),
      node.events.on('link:down', ({ peer }) => {
        this.#schedule.remove(peer)
        this.#passOn(peer)
      }),
    )
    this.#undo.push(
      // What was refused for who signed it, here or there, may be welcome now.
      book.events.on('trust:changed', () => {
        const any = [this.#refused.clear(), this.#unwanted.clear()].includes(true)
        if (any) this.#schedule.soon(null, 1_000)
      }),
    )
    for (const peer of node.neighbours()) this.#add(peer)
    await this.#schedule.start()
  }

  async stop(): Promise<void> {
    if (this.#run === null) return
    for (const undo of this.#undo.splice(0)) undo()
    this.#run.abort()
    this.#run = null
    await this.#schedule.stop()
    await this.#deps.node.libp2p.unhandle(reconcileProtocol)
    await Promise.all([this.#loading, ...this.#answering, this.#teller.quiet()])
  }

  /** Something was missed, or is new with a neighbour (null: any): a session within about `inMs`. */
  soon(peer: PeerId | null, inMs: number): void {
    this.#schedule.soon(peer, inMs)
  }

  /**
   * Until the returned function is called, only these buckets are exchanged, with us or by us: the rest comes in
   * another way just now, from a checkpoint say, and would come twice. Then everything is looked through at once.
   */
  hold(but: readonly BucketName[]): () => void {
    const held = [...but]
    this.#holds.add(held)
    return () => {
      if (this.#holds.delete(held) && this.#holds.size === 0) this.#schedule.soon(null, 0)
    }
  }

  /** Whether a bucket is exchanged now. */
  isOpen(bucket: BucketName): boolean {
    return [...this.#holds].every((but) => but.includes(bucket))
  }

  #add(peer: PeerId): void {
    this.#schedule.add(peer, { givesWay: this.#deps.node.peerId > peer })
  }

  async #load(signal: AbortSignal): Promise<void> {
    const { book, counters, log } = this.#deps
    try {
      await book.index.load({ signal })
    } catch (err) {
      if (signal.aborted) return
      counters.add('catch-up.failed:index')
      log.error({ err }, 'what is held could not be read, so this peer cannot catch up with others')
    }
  }

  /** One session as the asking side. */
  async #reconcile(peer: PeerId, signal: AbortSignal): Promise<SessionEnd> {
    const { node, book, clock, counters, log } = this.#deps
    await this.#loading
    const rootBefore = book.trust().root !== null
    const frames = await this.#open(peer, signal)
    try {
      const isOpen = (bucket: BucketName): boolean => this.isOpen(bucket)
      const onNews = (records: readonly SignedRecord[]): void => this.#teller.add(peer, records)
      const session = await reconcile(frames, peer, { ...this.#parts(), book, clock, isOpen, onNews })
      await frames.close()
      this.#ended(peer, rootBefore)
      counters.add('catch-up.bytes', frames.bytes)
      counters.add('catch-up.rounds', session.rounds)
      if (session.garbage > 0) node.offenders.add(peer, 3 * garbagePoints)
      if (session.received + session.sent > 0) log.debug({ peer, ...session }, 'caught up')
      if (session.garbage > 0) return 'failed'
      return session.complete ? 'done' : 'more'
    } catch (error) {
      frames.abort(error instanceof Error ? error : new Error(String(error)))
      counters.add(`catch-up.failed:${error instanceof ReconcileFailed ? error.reason : 'broken'}`)
      if (error instanceof ReconcileFailed && error.reason === 'malformed') node.offenders.add(peer)
      if (error instanceof ReconcileFailed && error.reason === 'other-swarm') node.elsewhere(peer)
      log.debug({ err: error, peer }, 'catching up broke off')
      return 'failed'
    } finally {
      this.#passOn(peer)
    }
  }

  /** What all sessions share. */
  #parts() {
    const [refused, unwanted, claims, vain] = [this.#refused, this.#unwanted, this.#claims, this.#vain]
    return { swarm: this.#swarm, trade: this.#trade, refused, unwanted, claims, vain }
  }

  #passOn(from: PeerId): void {
    if (this.#run !== null) this.#teller.passOn(from, this.#run.signal)
  }

  /** A session came to its end. Only some tell how the swarm stands: with a trusted peer, or one that brought the root. */
  #ended(peer: PeerId, rootBefore: boolean): void {
    const { book, counters } = this.#deps
    counters.add('catch-up.done')
    const trust = book.trust()
    if (trust.root === null) return
    const isTrusted = ['root', 'member'].includes(trust.of(peer).standing)
    if (isTrusted || !rootBefore) counters.add('catch-up.trusted')
  }

  async #open(peer: PeerId, signal: AbortSignal): Promise<FrameStream> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(sessionTimeoutMs)])
    const connection = this.#deps.node.libp2p.getConnections(peerIdFromString(peer)).find(isOpen)
    if (connection === undefined) throw new Error('the link is gone')
    const opening = AbortSignal.any([limit, AbortSignal.timeout(10_000)])
    return new FrameStream(await connection.newStream(reconcileProtocol, { signal: opening }), limit)
  }

  async #answer(stream: Stream, connection: Connection): Promise<void> {
    const peer = connection.remotePeer.toString() as PeerId
    const signal = this.#run?.signal
    if (signal === undefined) return stream.abort(new Error('stopping'))
    const frames = new FrameStream(stream, AbortSignal.any([signal, AbortSignal.timeout(sessionTimeoutMs)]))
    const free = this.#slots.take(peer)
    if (free === null) {
      this.#deps.counters.add('catch-up.refused:busy')
      await frames.write(['refused', 'busy']).catch(() => {})
      return frames.close()
    }
    const answering = this.#serve(frames, peer)
    this.#answering.add(answering)
    await answering
    this.#answering.delete(answering)
    free()
  }

  async #serve(frames: FrameStream, peer: PeerId): Promise<void> {
    const { book, clock, counters, log, node } = this.#deps
    const startedMs = clock.monotonic()
    const rootBefore = book.trust().root !== null
    try {
      const { done, garbage } = await answerQuestions(frames, peer, {
        ...this.#parts(),
        book,
        clock,
        isOpen: (bucket) => this.isOpen(bucket),
        onNews: (records) => this.#teller.add(peer, records),
        onTold: () => this.#schedule.soon(peer, 200),
      })
      await frames.close()
      if (garbage > 0) node.offenders.add(peer, 3 * garbagePoints)
      if (done) {
        this.#ended(peer, rootBefore)
        this.#schedule.met(peer, startedMs)
      }
    } catch (error) {
      frames.abort(error instanceof Error ? error : new Error(String(error)))
      if (!(error instanceof ReconcileFailed) && !isFramingFault(error)) {
        log.debug({ err: error, peer }, 'answering broke off')
        return
      }
      const reason = error instanceof ReconcileFailed ? error.reason : 'malformed'
      counters.add(`catch-up.refused:${reason}`)
      // Its place is free again; an honest one may have been slow.
      if (reason !== 'stalled') node.offenders.add(peer)
    } finally {
      this.#passOn(peer)
    }
  }
}

const isOpen = (connection: Connection): boolean => connection.status === 'open'

/** The framing itself was wrong: a length that is none, or too large. */
function isFramingFault(error: unknown): boolean {
  return error instanceof Error && /^Invalid(Message|Data)Length|StreamBufferError/.test(error.name)
}
