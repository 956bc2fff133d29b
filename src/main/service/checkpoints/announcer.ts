import type { CID } from 'multiformats/cid'
import { isAbort, SwarmError } from '../../../shared/errors.ts'
import type { PeerId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { Unsubscribe } from '../../base/emitter.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { Log } from '../../base/log.ts'
import { mayAttest, mayAuthor } from '../../model/attest-rights.ts'
import { buckets } from '../../model/bucket.ts'
import { agrees, announcementKey, encodeAnnouncement } from '../../model/checkpoint-announcement.ts'
import type { RecordBook } from '../../store/record-book.ts'
import { Gate } from '../files/gate.ts'
import { quorum, type Announcements, type Candidate } from './announcements.ts'
import type { CheckpointMaker } from './maker.ts'
import type { CheckpointShelf, Shelved } from './shelf.ts'

export interface AnnouncerDeps {
  readonly book: Pick<RecordBook, 'author' | 'attest' | 'trust' | 'get' | 'events'>
  readonly peerId: PeerId
  readonly announcements: Announcements
  readonly maker: CheckpointMaker
  readonly shelf: CheckpointShelf
  /** False while this peer itself lacks much of the swarm's state. */
  readonly isComplete: () => boolean
  readonly clock: Clock
  readonly random: () => number
  readonly counters: Counters
  readonly log: Log
}

export interface AnnouncerInit {
  /** How often it is looked whether there is something to announce, give or take half. Default 5 min. */
  readonly everyMs?: number
  /** The first look after the start, give or take half. Default 30 s. */
  readonly firstMs?: number
  /** How long after another's announcement it is endorsed, at most. Default 10 s. */
  readonly endorseMs?: number
}

/** An announcement of the same state is repeated after this: what machines say by the second has long changed. */
const renewMs = 60 * 60_000

/**
 * Makes and announces a checkpoint every few minutes when something changed. Peers that hold the same state do not all
 * announce it: the first does, two more endorse, and the others leave it at that.
 */
export class CheckpointAnnouncer implements Startable {
  readonly #deps: AnnouncerDeps
  readonly #init: Required<AnnouncerInit>
  /** Two at a time would read the database twice for nothing. */
  readonly #gate = new Gate(1)
  #run: { readonly stop: AbortController; readonly ended: Promise<void> } | null = null
  #undo: Unsubscribe[] = []
  #wake = new AbortController()
  #dueAtMs = 0
  /** Something was stored or went since the last look. */
  #isChanged = true

  constructor(deps: AnnouncerDeps, init: AnnouncerInit = {}) {
    this.#deps = deps
    this.#init = { everyMs: 5 * 60_000, firstMs: 30_000, endorseMs: 10_000, ...init }
  }

  async start(): Promise<void> {
    if (this.#run !== null) return
    const { announcements, book, clock } = this.#deps
    const stop = new AbortController()
    const noted = (): void => {
      this.#isChanged = true
    }
    this.#undo = [
      book.events.on('bucket:merged', ({ bucket }) => bucket !== 'checkpoints' && noted()),
      book.events.on('bucket:swept', ({ bucket }) => bucket !== 'checkpoints' && noted()),
      announcements.events.on('announcements:changed', ({ others }) => {
        if (others && this.#open().length > 0) this.#soon(this.#init.endorseMs)
      }),
    ]
    this.#dueAtMs = clock.monotonic() + this.#init.firstMs * (0.5 + this.#deps.random())
    this.#run = { stop, ended: this.#loop(stop.signal) }
  }

  async stop(): Promise<void> {
    const run = this.#run
    this.#run = null
    for (const undo of this.#undo.splice(0)) undo()
    run?.stop.abort()
    this.#wake.abort()
    await run?.ended
  }

  /** Makes one now, and announces it when this peer has a place in the swarm. @throws SwarmError */
  async create(): Promise<Shelved> {
    const signal = this.#run?.stop.signal
    if (signal === undefined) throw new SwarmError('INTERNAL', 'This peer is stopping: no checkpoint is made.')
    return this.#gate.run(signal, async () => {
      const made = await this.#make(signal)
      if (this.#isTrusted) this.#announce(made)
      return made
    })
  }

  async #loop(signal: AbortSignal): Promise<void> {
    const { clock, counters, log, random } = this.#deps
    while (!signal.aborted) {
      this.#wake = new AbortController()
      const waitMs = this.#dueAtMs - clock.monotonic()
      if (waitMs > 0) {
        await clock.sleep(waitMs, { signal: AbortSignal.any([signal, this.#wake.signal]) }).catch(() => {})
        continue
      }
      this.#dueAtMs = clock.monotonic() + this.#init.everyMs * (0.5 + random())
      try {
        await this.#gate.run(signal, () => this.#look(signal))
      } catch (err) {
        if (signal.aborted || isAbort(err)) continue
        counters.add('checkpoints.failed')
        log.warn({ err }, 'a checkpoint could not be made; it is tried again')
      }
    }
  }

  #soon(withinMs: number): void {
    this.#dueAtMs = Math.min(this.#dueAtMs, this.#deps.clock.monotonic() + withinMs * this.#deps.random())
    this.#wake.abort()
  }

  get #isTrusted(): boolean {
    const { book, peerId } = this.#deps
    return ['root', 'member'].includes(book.trust().of(peerId).standing)
  }

  /** Announcements of now that this peer has not signed, and that lack signers. */
  #open(): readonly Candidate[] {
    const { announcements, clock, peerId } = this.#deps
    const since = clock.now() - renewMs
    return announcements
      .candidates()
      .filter(({ announced, signers }) => announced.at > since && signers.length < quorum)
      .filter(({ signers }) => !signers.some(({ peer }) => peer === peerId))
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { announcements, book, clock, maker, peerId } = this.#deps
    if (!this.#isTrusted || !this.#deps.isComplete() || !this.#isWorthIt()) return
    this.#isChanged = false
    const sums = await maker.sums(signal)
    const since = clock.now() - renewMs
    const fresh = announcements.candidates().filter(({ announced }) => announced.at > since)
    const same = fresh.filter(({ announced }) => agrees(announced.buckets, sums))
    if (same.some(({ signers }) => signers.length >= quorum || signers.some(({ peer }) => peer === peerId))) return
    if (same.length === 0 && this.#othersSpeak(fresh)) return
    // Asked before it is made, which takes much longer than all of this.
    const first = same.find((one) => this.#mayEndorse(one))
    if (first === undefined && !this.#mayAnnounce) return
    const made = await this.#make(signal)
    // What came while it was made is in it, and not in what is endorsed.
    const isSame = first !== undefined && agrees(first.announced.buckets, made.buckets)
    if (isSame && first.root !== made.root.toString() && this.#mayEndorse(first)) {
      book.attest(first.announced.recordId, 'endorse')
      this.#deps.counters.add('checkpoints.endorsed')
    } else if (this.#mayAnnounce) {
      this.#announce(made)
    }
  }

  /** Whether this peer's signature would count under an announcement that is here still. */
  #mayEndorse({ announced }: Candidate): boolean {
    const { book, clock, peerId } = this.#deps
    const record = book.get(announced.recordId)?.record
    if (record === undefined) return false
    return mayAttest('endorse', record, { trust: book.trust(), peer: peerId, now: clock.now() }).may
  }

  get #mayAnnounce(): boolean {
    const { book, peerId } = this.#deps
    return mayAuthor('checkpoints', book.trust(), peerId).may
  }

  #isWorthIt(): boolean {
    const { announcements, clock, peerId } = this.#deps
    if (this.#isChanged || this.#open().length > 0) return true
    const own = announcements.of(peerId)
    return own === undefined || own.at <= clock.now() - renewMs
  }

  /** In a large swarm in which much happens, a few who announce every few minutes are enough. */
  #othersSpeak(fresh: readonly Candidate[]): boolean {
    const { clock, peerId } = this.#deps
    const since = clock.now() - this.#init.everyMs
    const speakers = fresh.filter(({ announced: { at, by } }) => at > since && by !== peerId)
    return new Set(speakers.map(({ announced }) => announced.by)).size >= quorum
  }

  async #make(signal: AbortSignal): Promise<Shelved> {
    const { counters, maker, shelf } = this.#deps
    const held: CID[] = []
    try {
      const made = await maker.make(signal, (cids) => {
        held.push(...cids)
        // Not at each block: the list of pins is a file.
        if ((held.length & (held.length - 1)) === 0) shelf.hold('making', held)
      })
      const { cids, ...facts } = made
      const shelved: Shelved = { ...facts, how: 'made' }
      shelf.add(shelved, cids)
      counters.add('checkpoints.made')
      return shelved
    } catch (error) {
      maker.forget()
      throw error
    } finally {
      shelf.release('making')
    }
  }

  #announce(made: Shelved): void {
    const { book, counters } = this.#deps
    book.author({
      bucket: 'checkpoints',
      key: announcementKey,
      value: encodeAnnouncement(made),
      validForMs: buckets.checkpoints.maxValidityMs,
    })
    counters.add('checkpoints.announced')
  }
}
