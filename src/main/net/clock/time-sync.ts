import type { PeerId } from '../../../shared/ids.ts'
import type { SwarmTimeView } from '../../../shared/trust-views.ts'
import { isAbort } from '../../../shared/errors.ts'
import { backoffMs } from '../../base/backoff.ts'
import type { Counters } from '../../base/counters.ts'
import type { EventSource, Unsubscribe } from '../../base/emitter.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { Log } from '../../base/log.ts'
import type { SwarmClock } from '../../base/swarm-clock.ts'
import { decideTime, isBorneOut, isPossibleTime, isSure, type ClockEvidence } from '../../model/clock-sync.ts'
import { verifyRecord, type SignedRecord } from '../../model/record.ts'
import type { RecordBook } from '../../store/record-book.ts'
import { LinkTurns } from './link-turns.ts'
import type { NeighbourClockEvents } from './neighbour-clocks.ts'
import type { SwarmNode } from '../swarm-node.ts'
import { TimeDialogue } from './time-dialogue.ts'
import { TimeSamples } from './time-samples.ts'

export interface TimeSyncDeps {
  readonly node: SwarmNode
  readonly book: Pick<RecordBook, 'trust' | 'timeChanged' | 'events' | 'swarm'>
  readonly clock: SwarmClock
  /** Records that are refused for their time: where nobody can be asked, they tell it. */
  readonly clocks?: { readonly events: EventSource<Pick<NeighbourClockEvents, 'astray:heard'>> }
  /** In [0, 1): spreads the questions of many peers. */
  readonly random: () => number
  readonly counters: Counters
  readonly log: Log
}

export interface TimeSyncInit {
  /** The last swarm time known from earlier runs, ms since the epoch; 0: none. */
  readonly lastSeenMs: number
  /** See `ClockEvidence`. Default: there is no invite, or it says nothing of its end. */
  readonly inviteEndsMs?: number | undefined
  /** Keeps the swarm time for the next run: now and then, and at the end. */
  readonly onSeen: (nowMs: number) => void
  /** Whether nobody has set the machine's clock since it started. Default: somebody has. */
  readonly isUnset?: () => boolean
  /** How often each neighbour is asked. Default 1 min. */
  readonly everyMs?: number
  /** How often it is looked whether the machine's clock was set. Default 2 s. */
  readonly lookEveryMs?: number
}

/** More votes make no median better; trusted neighbours are asked first. */
const maxAsked = 16
/** The machine's clock was set, or it slept: between two looks quartz clocks do not drift by this. */
const stepMs = 1_000
/** What is lost when the power goes: ten minutes of a clock that is wrong by years. */
const keepEveryMs = 10 * 60_000

/**
 * Compares clocks with the neighbours (the four times of NTP, RFC 5905 section 8) and sets the swarm clock by what trust
 * says of them: see `decideTime`.
 */
export class TimeSync implements Startable {
  readonly #deps: TimeSyncDeps
  readonly #init: TimeSyncInit
  readonly #samples = new TimeSamples()
  readonly #nextAskMs = new Map<PeerId, number>()
  /** How often in a row each neighbour has not told the time. */
  readonly #failures = new Map<PeerId, number>()
  readonly #asking = new Map<PeerId, Promise<void>>()
  readonly #dialogue: TimeDialogue
  readonly #undo: Unsubscribe[] = []
  #run: AbortController | null = null
  #loop: Promise<void> = Promise.resolve()
  #ownOverMonotonicMs: number
  /** Trusted neighbours bear out the time in use. */
  #borneOut = false
  #lastSeenMs: number
  /** When that was, by the monotonic clock. */
  #seenAtMs: number
  #keptAtMs = -Infinity
  readonly #turns = new LinkTurns()

  constructor(deps: TimeSyncDeps, init: TimeSyncInit) {
    this.#deps = deps
    this.#init = init
    this.#lastSeenMs = init.lastSeenMs
    this.#seenAtMs = deps.clock.monotonic()
    this.#dialogue = new TimeDialogue({ ...deps, ownMs: () => this.#ownVote() })
    this.#ownOverMonotonicMs = deps.clock.system.now() - deps.clock.monotonic()
  }

  async start(): Promise<void> {
    if (this.#run !== null) return
    const run = new AbortController()
    this.#run = run
    const { node, book, clocks } = this.#deps
    await this.#dialogue.start(run.signal)
    this.#undo.push(
      node.events.on('link:up', ({ peer }) => this.#ask(peer)),
      node.events.on('link:down', ({ peer }) => {
        this.#nextAskMs.delete(peer)
        this.#failures.delete(peer)
      }),
      book.events.on('trust:changed', () => this.#decide()),
      book.events.on('records:stored', ({ records, arrival }) => {
        if (arrival.via === 'direct' || arrival.via === 'relayed') for (const { record } of records) this.#heard(record)
      }),
    )
    if (clocks !== undefined)
      this.#undo.push(clocks.events.on('astray:heard', ({ record, from }) => this.#hearAstray(record, from)))
    for (const peer of node.neighbours()) this.#ask(peer)
    this.#decide()
    this.#loop = this.#watch(run.signal)
  }

  async stop(): Promise<void> {
    if (this.#run === null) return
    for (const undo of this.#undo.splice(0)) undo()
    this.#run.abort()
    this.#run = null
    await Promise.all([this.#dialogue.stop(), this.#loop, ...this.#asking.values()])
    this.#nextAskMs.clear()
    this.#failures.clear()
    this.#keep(true)
  }

  view(): SwarmTimeView {
    return this.#deps.clock.view()
  }

  /** By how much this machine's own clock is ahead of swarm time; null while that is not known. */
  skewMs(): number | null {
    const { clock } = this.#deps
    return clock.isKnown ? -clock.offsetMs : null
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps
    try {
      for (;;) {
        await clock.sleep(this.#init.lookEveryMs ?? 2_000, { signal })
        this.#noticeStep()
        const now = clock.monotonic()
        for (const [peer, dueMs] of this.#nextAskMs) if (now >= dueMs) this.#ask(peer)
        this.#decide()
        this.#keep(false)
      }
    } catch (err) {
      if (!isAbort(err)) log.error({ err }, 'comparing clocks ended')
    }
  }

  /**
   * Somebody set the machine's clock, or it slept, which the monotonic clock does not count: what was measured before
   * may be wrong by as much.
   */
  #noticeStep(): void {
    const { clock, counters } = this.#deps
    const over = clock.system.now() - clock.monotonic()
    if (Math.abs(over - this.#ownOverMonotonicMs) > stepMs) {
      counters.add('time.stepped')
      this.#samples.clear()
      for (const peer of this.#nextAskMs.keys()) this.#nextAskMs.set(peer, 0)
    }
    this.#ownOverMonotonicMs = over
  }

  #decide(): void {
    const { book, clock, log } = this.#deps
    const trust = book.trust()
    const ownMs = clock.system.now()
    // Whom we trusted before somebody told us that it is years later must be able to say otherwise.
    const isOwnPossible = isPossibleTime(ownMs, this.#lastSeenMs)
    const weigh = (peer: PeerId) => {
      const { roles } = isOwnPossible ? trust.of(peer) : trust.everOf(peer)
      return { trusted: roles.size > 0, privileged: roles.has('operator') }
    }
    const { offsetMs } = clock
    const before = clock.view().source
    const evidence: ClockEvidence = {
      samples: this.#samples.at(ownMs, clock.monotonic(), weigh),
      ownMs,
      ownUnset: this.#ownUnset(),
      lastSeenMs: this.#lastSeenMs,
      sinceSeenMs: clock.monotonic() - this.#seenAtMs,
      inviteEndsMs: this.#init.inviteEndsMs ?? Infinity,
      rootKnown: (trust.root ?? trust.expiredRoot) !== null,
      offsetMs,
      source: before,
    }
    const time = decideTime(evidence)
    this.#borneOut = isBorneOut(time, evidence)
    clock.set(time, { sure: isSure(time, evidence) })
    const changedMs = time.offsetMs - offsetMs
    if (before === time.source && Math.abs(changedMs) <= stepMs) return
    log.info({ ...time, changedMs }, 'swarm time')
    // Roots that began "in the future" are in force now; then it is known whom to trust, and this is looked at again.
    book.timeChanged()
  }

  /** What our own clock is worth to others: nothing when we do not go by it ourselves. */
  #ownVote(): number | null {
    const ownMs = this.#deps.clock.system.now()
    return isPossibleTime(ownMs, this.#lastSeenMs) && !this.#ownUnset() ? ownMs : null
  }

  /** An operator's clock is better than none, set or not: operators who defer to each other would chase each other. */
  #ownUnset(): boolean {
    const { book, node } = this.#deps
    return this.#init.isUnset?.() === true && !book.trust().of(node.peerId).roles.has('operator')
  }

  /**
   * A robot that boots in 1970 and has UDP or IRC alone can ask nobody. But machines sign what they say every few
   * seconds, with the time: the median over those who are trusted is a time that a liar alone cannot make up, and that
   * replaying old words can only make earlier.
   */
  #hearAstray(record: SignedRecord, from: PeerId): void {
    const { clock, counters, node } = this.#deps
    if (!this.#isTold(record) || !this.#turns.take(from, clock.monotonic())) return
    if (!verifyRecord({ ...record, attestations: [] }, this.#deps.book.swarm)) {
      counters.add('time.refused:bad-signature')
      node.offenders.add(from)
      return
    }
    this.#heard(record)
    this.#decide()
  }

  /** The same of a record whose signature is known to be good. */
  #heard(record: SignedRecord): void {
    const { author, validFrom } = record.body
    if (this.#isTold(record)) this.#samples.hear(author, validFrom, this.#deps.clock.monotonic())
  }

  /** What trusted machines say every few seconds. As long as our own clock decides, their time is their affair. */
  #isTold({ body: { author, bucket } }: SignedRecord): boolean {
    const { clock, book } = this.#deps
    const isSpoken = bucket === 'machines' || bucket === 'diagnostics'
    return isSpoken && clock.view().source !== 'own' && book.trust().everOf(author).roles.size > 0
  }

  #keep(last: boolean): void {
    const { clock, counters, log } = this.#deps
    const now = clock.monotonic()
    // Only what trusted neighbours voted for: what our own clock alone says must not be held against a person who sets
    // it right, and what strangers say while nobody is known to be trusted must not outlast that.
    if (!this.#borneOut || (!last && now - this.#keptAtMs < keepEveryMs)) return
    this.#keptAtMs = now
    this.#lastSeenMs = clock.now()
    this.#seenAtMs = now
    try {
      this.#init.onSeen(this.#lastSeenMs)
    } catch (err) {
      counters.add('time.failed:keep')
      log.warn({ err }, 'the time could not be kept for the next start; it is tried again')
    }
  }

  #ask(peer: PeerId): void {
    const { clock, random } = this.#deps
    const signal = this.#run?.signal
    if (signal === undefined || this.#asking.has(peer)) return
    this.#nextAskMs.set(peer, clock.monotonic() + (this.#init.everyMs ?? 60_000) * (0.7 + 0.6 * random()))
    if (!this.#isWanted(peer)) return
    const asking = this.#compare(peer, signal).finally(() => this.#asking.delete(peer))
    this.#asking.set(peer, asking)
  }

  #askAgain(peer: PeerId): void {
    const { clock, random } = this.#deps
    if (!this.#nextAskMs.has(peer)) return
    const failures = this.#failures.get(peer) ?? 0
    this.#failures.set(peer, failures + 1)
    const waitMs = backoffMs(failures, random(), { minMs: 1_000, maxMs: this.#init.everyMs ?? 60_000 })
    this.#nextAskMs.set(peer, clock.monotonic() + waitMs)
  }

  /** Of many neighbours the trusted ones, and of those as many as are enough. */
  #isWanted(peer: PeerId): boolean {
    if (this.#nextAskMs.size <= maxAsked) return true
    const trust = this.#deps.book.trust()
    const weight = (one: PeerId): number => (trust.of(one).roles.size > 0 ? 0 : 1)
    const first = [...this.#nextAskMs.keys()].sort((a, b) => weight(a) - weight(b)).slice(0, maxAsked)
    return first.includes(peer)
  }

  async #compare(peer: PeerId, signal: AbortSignal): Promise<void> {
    const { counters, log } = this.#deps
    try {
      const heard = await this.#dialogue.ask(peer, { signal })
      for (const { answer, asked, answered } of heard ?? []) this.#samples.add(peer, answer, asked, answered)
      this.#failures.delete(peer)
    } catch (err) {
      if (signal.aborted) return
      // One that is only just starting or leaving, an older peer, a slow link: again soon, then ever later.
      counters.add('time.failed:ask')
      this.#askAgain(peer)
      log.debug({ err, peer }, 'a neighbour did not tell the time')
    }
    if (!signal.aborted) this.#decide()
  }
}
