import { setMaxListeners } from 'node:events'
import { isAbort } from '../../../shared/errors.ts'
import type { PeerId } from '../../../shared/ids.ts'
import { HostTable } from '../../base/host-table.ts'
import type { Startable } from '../../base/lifecycle.ts'
import { TokenBucket } from '../../base/token-bucket.ts'
import { brainAddress } from '../../model/address.ts'
import type { ReconcileSet } from '../../model/reconcile-list.ts'
import { answerMessage } from '../../model/reconcile.ts'
import type { BucketName } from '../../model/bucket.ts'
import type { OutMessage, Taken } from '../messages/brain-message.ts'
import type { Channel, MessageSource, SwarmMessage } from '../channels/channel.ts'
import type { LineCatchUpDeps } from './line-catch-up.ts'
import {
  decodeDigest,
  decodeLineFrame,
  differing,
  digestOf,
  encodeDigest,
  encodeLineFrame,
  type Digest,
  type LineFrame,
} from './line-frames.ts'
import { LineGiver } from './line-giver.ts'
import { hostOfLink, LineNeighbours, type LineNeighbour, type SessionResult } from './line-neighbours.ts'
import type { LinePace } from './line-pace.ts'
import { LineSession, LineSessionFailed } from './line-session.ts'
import { LineTurns } from './line-turns.ts'
import { eachItem } from './reconcile-frames.ts'
import type { RecordTrade } from './reconcile-trade.ts'
import type { RefusedIds } from '../ingest/refused-ids.ts'
import { Trickle } from '../messages/trickle.ts'

export interface LineChannelDeps extends LineCatchUpDeps {
  readonly trade: RecordTrade
  readonly refused: RefusedIds
  readonly unwanted: RefusedIds
}

/** Digests alike that make one's own superfluous, where all hear all. */
const enoughDigests = 2
/** Records a second that one channel may bring unasked, and at once: as many as ingest checks. */
const taken = { perS: 2_000, burst: 20_000 }
/** Of these one host, or nick, so that others are heard beside one that floods. */
const takenOfHost = { perS: 1_000, burst: 10_000 }
/** Hosts with a share of their own; past this the one heard of longest ago begins anew. */
const takenFrom = { max: 256, maxOfHost: 1 }

/** Catching up on one channel. */
export class LineChannelCatchUp implements Startable {
  readonly channel: Channel
  readonly #deps: LineChannelDeps
  readonly #pace: LinePace
  readonly #trickle: Trickle
  readonly #neighbours: LineNeighbours
  /** Peers that were there at the last look. */
  #present: ReadonlySet<PeerId> = new Set()
  #isUp = false
  readonly #giver: LineGiver
  readonly #taking: TokenBucket
  readonly #takingOf = new HostTable<TokenBucket>({ ...takenFrom, hostOf: (host) => host })
  readonly #turns: LineTurns
  #session: LineSession | null = null
  #run: AbortController | null = null

  constructor(deps: LineChannelDeps, init: { readonly channel: Channel; readonly pace: LinePace }) {
    this.#deps = deps
    this.channel = init.channel
    this.#pace = init.pace
    this.#neighbours = new LineNeighbours(deps, init)
    const { clock } = deps
    const { digestMinMs, digestMaxMs } = init.pace
    this.#giver = new LineGiver(
      { ...deps, send: (payload, options) => this.#send({ kind: 'given', to: null, payload }, options) },
      init,
    )
    this.#taking = new TokenBucket(clock, taken)
    this.#turns = new LineTurns(
      {
        ...deps,
        neighbours: this.#neighbours,
        differing: (digest) => this.#differing(digest),
        session: (neighbour, buckets, signal) => this.#reconcile(neighbour, buckets, signal),
        onFailed: (error) => this.#failed(error),
      },
      init,
    )
    this.#trickle = new Trickle(
      { ...deps, say: () => this.#say() },
      { minMs: digestMinMs, maxMs: digestMaxMs, enough: this.channel.shared ? enoughDigests : Infinity },
    )
  }

  async start(): Promise<void> {
    if (this.#run !== null) return
    const run = new AbortController()
    setMaxListeners(0, run.signal)
    this.#run = run
    this.look()
    await this.#trickle.start()
  }

  async stop(): Promise<void> {
    this.#run?.abort()
    this.#run = null
    await this.#trickle.stop()
    await this.#turns.quiet()
  }

  /** Records are being waited for. */
  get isWaiting(): boolean {
    return this.#session !== null
  }

  /** Who is on the channel may have changed. */
  look(): void {
    const { peers, state } = this.channel.facts()
    const present = new Set(peers.map(({ peer }) => peer))
    // Who comes to a server says what it holds at once, and is known by it as one of us.
    const isUp = state === 'up'
    if ((isUp && !this.#isUp) || ![...present].every((peer) => this.#present.has(peer))) this.#trickle.differed()
    this.#present = present
    this.#isUp = isUp
  }

  /** What was refused before may be welcome now. */
  lookAgain(): void {
    this.#neighbours.forgive()
    this.#trickle.differed()
  }

  /** Items that were stored here just now. */
  stored(items: readonly Uint8Array[]): void {
    this.#session?.stored(items)
  }

  takeDigest({ payload, sender }: SwarmMessage, { link }: MessageSource): Taken {
    const digest = decodeDigest(payload)
    if (digest === null) return garbage('malformed')
    if (this.#deps.isLinked(sender)) return { verdict: 'known', outcome: 'known', reason: 'linked' }
    const neighbour = this.#neighbours.heard(sender, link)
    const buckets = this.#differing(digest)
    if (buckets.length === 0) {
      neighbour.digest = null
      neighbour.fruitless = 0
      this.#trickle.agreed(link)
      return { verdict: 'news', outcome: 'taken', summary: 'holds the same' }
    }
    neighbour.digest = digest
    // One that keeps to something else for good, as a stranger does, must not make all talk without end.
    if (neighbour.fruitless === 0) this.#trickle.differed()
    if (this.#run !== null) this.#turns.work(this.#run.signal, neighbour)
    return { verdict: 'news', outcome: 'taken', summary: `differs in ${buckets.join(', ')}` }
  }

  async takeFrame({ payload, sender }: SwarmMessage, { link }: MessageSource): Promise<Taken> {
    const frame = decodeLineFrame(payload)
    if (frame === null) return garbage('malformed')
    switch (frame.kind) {
      case 'answer':
      case 'gave':
        // Under whatever name: who was asked, answers from there.
        if (this.#session?.link === link) this.#session.hear(frame)
        return { verdict: 'news', outcome: 'taken', summary: frame.kind }
      case 'dismiss': {
        if (!this.#neighbours.mayAsk(link)) return busy
        const source = { from: sender, how: 'catch-up', channel: this.channel.id, link } as const
        const verdict = await this.#deps.trade.takeDismissals(frame.dismissals, source)
        if ((verdict?.garbage ?? 0) > 0) return garbage('bad-signature')
        return { verdict: 'news', outcome: 'taken', summary: `${frame.dismissals.length} dismissed` }
      }
      case 'ask':
      case 'get':
        if (!this.#deps.book.index.ready || !this.#neighbours.mayAsk(link)) return busy
        this.#neighbours.asked(this.#neighbours.heard(sender, link))
        return this.#answer(frame, sender, link)
    }
  }

  async takeGiven({ payload, sender, hops }: SwarmMessage, source: MessageSource): Promise<Taken> {
    if (!this.#mayGive(source.link, Math.ceil(payload.length / 256))) return { ...busy, reason: 'rate' }
    const { trade, passOn } = this.#deps
    const from = { from: sender, how: 'catch-up', channel: source.channel, link: source.link, hops } as const
    const { verdict } = await trade.take(payload, from)
    if (verdict.news.length > 0) passOn(verdict.news, source)
    const summary = `${verdict.added} new of ${verdict.added + verdict.known + verdict.refused}`
    if (verdict.garbage > 0) return { ...garbage('bad-signature'), garbage: verdict.garbage, summary }
    return { verdict: verdict.added > 0 ? 'news' : 'known', outcome: verdict.added > 0 ? 'taken' : 'known', summary }
  }

  #mayGive(link: string, records: number): boolean {
    const host = hostOfLink(link)
    const own = this.#takingOf.get(host) ?? new TokenBucket(this.#deps.clock, takenOfHost)
    this.#takingOf.set(host, own)
    return own.take(records) && this.#taking.take(records)
  }

  async #answer(frame: Extract<LineFrame, { kind: 'ask' | 'get' }>, peer: PeerId, link: string): Promise<Taken> {
    const { book, isOpen } = this.#deps
    if (frame.kind === 'ask') {
      const { no, bucket } = frame
      // Closed for now: as if nothing differed.
      const message = isOpen(bucket)
        ? answerMessage(book.index.of(bucket), frame.message, this.#pace.messageBytes)
        : new Uint8Array(0)
      if (message === null) return garbage('malformed')
      void this.#tell(peer, link, { kind: 'answer', no, bucket, message })
      return { verdict: 'news', outcome: 'taken', summary: `asks about ${bucket}` }
    }
    void this.#giveAsked(frame, peer, link).catch((error: unknown) => this.#failed(error))
    return { verdict: 'news', outcome: 'taken', summary: 'asks for records' }
  }

  async #giveAsked({ no, items }: Extract<LineFrame, { kind: 'get' }>, peer: PeerId, link: string): Promise<void> {
    const settled = await this.#giver.giveItems(eachItem(items), link)
    await this.#tell(peer, link, { kind: 'gave', no, settled })
  }

  /** Says what is held here. */
  async #say(): Promise<void> {
    const { book, clock } = this.#deps
    if (!book.index.ready) return
    const beforeMs = Math.max(0, Math.floor((clock.now() - this.#pace.settleMs) / 1_000) * 1_000)
    const payload = encodeDigest(digestOf((bucket) => this.#setOf(bucket), beforeMs))
    await this.#send({ kind: 'digest', to: null, payload }, {})
  }

  #differing(digest: Digest): readonly BucketName[] {
    const { book, isOpen } = this.#deps
    if (!book.index.ready) return []
    return differing(digest, (bucket) => this.#setOf(bucket)).filter(isOpen)
  }

  #setOf(bucket: BucketName): ReconcileSet {
    return this.#deps.book.index.of(bucket)
  }

  /** Rejects when it is broken off. */
  async #reconcile(
    neighbour: LineNeighbour,
    buckets: readonly BucketName[],
    signal: AbortSignal,
  ): Promise<SessionResult> {
    const { counters, log } = this.#deps
    const { peer, link } = neighbour
    const session = new LineSession(
      {
        ...this.#deps,
        tell: (frame) => this.#tell(peer, link, frame),
        give: (records, stop) => this.#giver.give(records, link, stop),
      },
      { channel: this.channel.id, link, pace: this.#pace, signal },
    )
    this.#session = session
    let isFruitful = false
    try {
      const { received, sent, rounds } = await session.run(buckets)
      isFruitful = received + sent > 0
      counters.add('line-catch-up.done')
      if (isFruitful) log.debug({ peer, channel: this.channel.id, received, sent, rounds }, 'caught up over lines')
      return { isFruitful, isSilent: false }
    } catch (error) {
      if (!(error instanceof LineSessionFailed)) throw error
      counters.add(`line-catch-up.failed:${error.reason}`)
      log.debug({ peer, channel: this.channel.id, err: error }, 'catching up over lines broke off')
      if (error.reason === 'malformed') this.channel.blame(link, 'reconcile')
      return { isFruitful: false, isSilent: error.reason === 'silent' }
    } finally {
      this.#session = null
      if (isFruitful) this.#trickle.differed()
    }
  }

  async #tell(peer: PeerId, link: string, frame: LineFrame): Promise<void> {
    const kind = frame.kind === 'get' || frame.kind === 'gave' ? 'get' : 'reconcile'
    const out = { kind, to: brainAddress(peer), payload: encodeLineFrame(frame) }
    await this.#send(out, { to: link })
  }

  async #send(out: OutMessage, options: { readonly to?: string }): Promise<void> {
    await this.#deps.brain.sendOn(this.channel.id, out, options)
  }

  #failed(error: unknown): void {
    if (isAbort(error)) return
    this.#deps.counters.add('line-catch-up.failed:broken')
    this.#deps.log.error({ err: error, channel: this.channel.id }, 'catching up over lines failed')
  }
}

const busy: Taken = { verdict: 'known', outcome: 'dropped', reason: 'busy' }
const garbage = (reason: string): Taken => ({ verdict: 'garbage', outcome: 'refused', reason })
