import { isAbort } from '../../../shared/errors.ts'
import type { PeerId } from '../../../shared/ids.ts'
import { idleCatchUp, type CatchUpView } from '../../../shared/checkpoint-views.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import { Emitter, type EventSource } from '../../base/emitter.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { Log } from '../../base/log.ts'
import type { SwarmNode } from '../../net/swarm-node.ts'
import type { RecordBook } from '../../store/record-book.ts'
import type { Announcements, Candidate } from './announcements.ts'
import type { CheckpointBringer } from './bringer.ts'
import type { Doubts } from './doubts.ts'
import type { CheckpointIntake } from './intake.ts'
import { Patience } from './patience.ts'
import type { CheckpointShelf } from './shelf.ts'
import { TakeOver } from './take-over.ts'

export interface NewcomerDeps {
  readonly book: Pick<RecordBook, 'counts' | 'trust' | 'events'>
  readonly node: Pick<SwarmNode, 'events' | 'neighbours' | 'offenders'>
  readonly announcements: Announcements
  readonly bringer: CheckpointBringer
  readonly intake: CheckpointIntake
  readonly shelf: CheckpointShelf
  readonly doubts: Doubts
  /** Keeps reconciliation from bringing the same records in its own way; undone by what it gives back. */
  readonly hold: () => () => void
  /**
   * Sessions of reconciliation that came to their end and tell how things stand: with a trusted peer, or one that brought
   * the root by which trust is known. What strangers say, or hold back, ends no search.
   */
  readonly sessions: () => number
  readonly nameOf: (peer: PeerId) => string
  readonly clock: Clock
  readonly counters: Counters
  readonly log: Log
}

export interface NewcomerInit {
  /** Fewer records than this are better reconciled one by one. Default 2,000. */
  readonly leastRecords?: number
  /**
   * How long announcements are waited for once a peer is linked, unless a first session of reconciliation, which brings
   * them, ends before. Default 10 s.
   */
  readonly lookMs?: number
}

/** Announcements gone by in one start: so many liars in a row, and reconciliation is the better way. */
const maxCandidates = 16
/**
 * Without a chunk for a minute, or with fewer than 200 records a second in three (a slow robot takes over a thousand),
 * reconciliation is let go on beside it.
 */
const patienceOf = { silenceMs: 60_000, span: { ms: 180_000, least: 200 * 180 } }
/** How often it is looked whether a session has ended. */
const pollMs = 50
/** After the first session has ended: of two at a time, one leaves to the other what that is bringing. */
const graceMs = 500
/** So long the first sessions after the checkpoint are said to go on, at most. */
const reconcilingMs = 60_000

/**
 * Takes over the swarm's state after a start, when much of it is lacking: from the best checkpoint that is announced,
 * from several peers at once. What has changed since it was made, or all of it when there is none, reconciliation brings.
 */
export class Newcomer implements Startable {
  readonly #deps: NewcomerDeps
  readonly #init: NewcomerInit
  readonly #events: Emitter<{ 'catch-up:changed': CatchUpView }>
  #run: { readonly stop: AbortController; readonly ended: Promise<void> } | null = null
  #view: CatchUpView = idleCatchUp
  /** From the beginning: the first session may come before `start` does. */
  #release: () => void
  readonly #sessionsBefore: number
  readonly #takeOver: TakeOver

  constructor(deps: NewcomerDeps, init: NewcomerInit = {}) {
    this.#deps = deps
    this.#init = init
    this.#release = deps.hold()
    this.#sessionsBefore = deps.sessions()
    this.#takeOver = new TakeOver(deps, { report: (patch) => this.#set(patch) })
    this.#events = new Emitter((err) => deps.log.error({ err }, 'a listener of the catch-up failed'))
  }

  get events(): EventSource<{ 'catch-up:changed': CatchUpView }> {
    return this.#events
  }

  view(): CatchUpView {
    return this.#view
  }

  /** Much of the state may be lacking still. */
  get isBusy(): boolean {
    return this.#view.phase === 'looking' || this.#view.phase === 'checkpoint'
  }

  async start(): Promise<void> {
    if (this.#run !== null) return
    const stop = new AbortController()
    this.#view = idleCatchUp
    this.#run = { stop, ended: this.#begin(stop.signal) }
  }

  async stop(): Promise<void> {
    const run = this.#run
    this.#run = null
    run?.stop.abort()
    await run?.ended
  }

  async #begin(signal: AbortSignal): Promise<void> {
    const { counters, log, shelf } = this.#deps
    const release = this.#release
    try {
      await this.#linked(signal)
      this.#set({ phase: 'looking', reason: 'a checkpoint of the swarm is looked for' })
      const reason = await this.#takeOne(signal, release)
      shelf.tidy()
      const before = this.#deps.sessions()
      release()
      this.#set({ phase: 'reconciling', reason: `${reason}; neighbours bring the rest` })
      await this.#until(() => this.#deps.sessions() > before, reconcilingMs, signal)
      this.#set({ phase: 'done', reason })
    } catch (err) {
      if (signal.aborted || isAbort(err)) return
      counters.add('checkpoints.failed')
      log.error({ err }, 'taking over a checkpoint failed; reconciliation goes on without it')
      this.#set({ phase: 'done', reason: 'neighbours bring each other up to date' })
    } finally {
      release()
    }
  }

  async #until(isSo: () => boolean, atMostMs: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps
    const untilMs = clock.monotonic() + atMostMs
    while (!isSo() && clock.monotonic() < untilMs) await clock.sleep(pollMs, { signal })
  }

  async #linked(signal: AbortSignal): Promise<void> {
    const { node } = this.#deps
    if (node.neighbours().length > 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const undo = node.events.on('link:up', () => resolve())
    signal.addEventListener('abort', () => resolve(), { once: true })
    await promise
    undo()
    signal.throwIfAborted()
  }

  async #takeOne(signal: AbortSignal, release: () => void): Promise<string> {
    const tried = new Set<string>()
    // One for all that is tried: else each try would hold reconciliation anew.
    let patience: Patience | null = null
    const untilMs = this.#deps.clock.monotonic() + (this.#init.lookMs ?? 10_000)
    try {
      for (let gone = 0; gone < maxCandidates; gone += 1) {
        const candidate = await this.#worthTaking(signal, tried, untilMs)
        if (candidate === null && gone === 0) return 'nothing much was lacking'
        if (candidate === null) break
        patience ??= new Patience(this.#deps.clock, patienceOf, release)
        const end = await this.#takeOver.take(candidate, signal, patience)
        if (end === 'taken') return 'a checkpoint was taken over'
        // Of a root about which some lied, others may still say what it is.
        if (end === 'not sound') tried.add(candidate.root)
      }
    } finally {
      patience?.end()
    }
    return 'no checkpoint was sound; neighbours brought the rest'
  }

  /** The best candidate that brings much; null when none comes up in time. */
  async #worthTaking(signal: AbortSignal, tried: ReadonlySet<string>, lookMs: number): Promise<Candidate | null> {
    const { book, clock, sessions } = this.#deps
    const untilMs = tried.size > 0 ? 0 : lookMs
    const before = this.#sessionsBefore
    let endMs = untilMs
    for (;;) {
      if (sessions() > before) endMs = Math.min(endMs, clock.monotonic() + graceMs)
      const isOver = clock.monotonic() >= endMs
      const wanted = this.#best(tried)
      if (wanted !== undefined && book.trust().root !== null) return wanted
      if (isOver) return null
      await this.#somethingNew(pollMs, signal)
    }
  }

  #best(tried: ReadonlySet<string>): Candidate | undefined {
    const { announcements, doubts } = this.#deps
    return announcements
      .candidates()
      .filter(({ root }) => !tried.has(root) && doubts.about(root) === undefined)
      .find((candidate) => this.#lacking(candidate) >= (this.#init.leastRecords ?? 2_000))
  }

  async #somethingNew(atMostMs: number, signal: AbortSignal): Promise<void> {
    const woken = new AbortController()
    const undo = this.#deps.announcements.events.on('announcements:changed', () => woken.abort())
    await this.#deps.clock
      .sleep(atMostMs, { signal: AbortSignal.any([signal, woken.signal]) })
      .catch(() => {})
      .finally(undo)
    signal.throwIfAborted()
  }

  /** Records that are in it and cannot be here yet, at least. */
  #lacking({ said }: Candidate): number {
    const own = new Map(this.#deps.book.counts().map(({ bucket, records }) => [bucket, records]))
    // Who says that it holds little may lie: then the others are right.
    const lacking = said.map(({ buckets }) =>
      [...buckets].reduce((sum, [bucket, { count }]) => sum + Math.max(0, count - (own.get(bucket) ?? 0)), 0),
    )
    return Math.max(...lacking)
  }

  #set(patch: Partial<CatchUpView>): void {
    this.#view = { ...this.#view, ...patch }
    this.#events.emit('catch-up:changed', this.#view)
  }
}
