import { randomUUID } from 'node:crypto'
import { SwarmError } from '../../../shared/errors.ts'
import type { ArchiveView, CopyRisk, FileSettings } from '../../../shared/file-views.ts'
import type { Cid, PeerId } from '../../../shared/ids.ts'
import type { ShareView, TransferView } from '../../../shared/views.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { EventSource, Unsubscribe } from '../../base/emitter.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { Log } from '../../base/log.ts'
import type { Keeper } from '../../model/copy-risk.ts'
import type { Volunteer } from '../../model/volunteers.ts'
import type { FileServiceEvents } from '../files/file-service-init.ts'
import type { Fetching } from '../files/fetching.ts'
import type { FileScope } from '../files/file-scope.ts'
import { isAtRisk } from '../files/file-query.ts'
import { parseCid } from '../files/parse-cid.ts'
import type { ShareList } from '../files/share-list.ts'
import { dueAfterMs, hasEnough, isArchived, isGiven } from './archive-choice.ts'
import { ArchiveQueue } from './archive-queue.ts'

/** What the archive needs of the service of files. */
export interface ArchiveFiles {
  readonly events: EventSource<Pick<FileServiceEvents, 'shares:changed' | 'fetch:finished'>>
  readonly shares: Pick<ShareList, 'cids' | 'get'>
  readonly fetching: Pick<Fetching, 'active' | 'callOff' | 'fitting' | 'hold' | 'isKept' | 'isWanted'>
  readonly scope: Pick<FileScope, 'sees'>
  /** What may still be written where the bytes are kept; null: that cannot be told. */
  freeBytes(): Promise<number | null>
}

export interface ArchiveDeps {
  readonly files: ArchiveFiles
  readonly self: PeerId
  readonly volunteers: () => readonly Volunteer[]
  readonly keeperOf: (peer: PeerId) => Keeper
  readonly clock: Clock
  readonly counters: Counters
  readonly log: Log
}

export interface ArchiveInit {
  readonly settings: Pick<FileSettings, 'archive' | 'copies'>
  /** All files are looked at this often, for those whose holders have come or gone. Default 60 s. */
  readonly lookEveryMs?: number
  /** News are looked at together, after this. Default 500 ms: a folder's worth comes together. */
  readonly settleMs?: number
  /** Left free on the disk, which others use too. Default 1 GB. */
  readonly leaveFreeBytes?: number
}

export interface RescueQuery {
  /** Default: all that are at this risk of being lost, or a higher one. */
  readonly cids?: readonly Cid[] | undefined
  readonly risk: Exclude<CopyRisk, 'none'>
}

export interface Rescue {
  readonly transfers: readonly TransferView[]
  /** Those that are here already, and are kept from now on. */
  readonly here: number
  /** Those that could not be taken, because no more can wait to be fetched. */
  readonly more: number
}

/** Those that are kept here already need no rescue, though they may have no other copy. */
const isRescued = (share: ShareView | undefined, risk: RescueQuery['risk']): share is ShareView =>
  share !== undefined && isAtRisk(share, risk) && !(share.local && (share.kept || share.own))

/** What may be lost any moment first, of that what somebody can give now, of that the newest. */
const byUrgency = (a: ShareView, b: ShareView): number =>
  Number(b.safety.risk === 'high') - Number(a.safety.risk === 'high') ||
  Number(b.safety.aliveCopies > 0) - Number(a.safety.aliveCopies > 0) ||
  b.sharedAtMs - a.sharedAtMs

/** Files that are looked at in one go; then others have the thread. */
const sliceFiles = 500

/**
 * Keeps what others share, by the owner's wish: everything, what fits a query, or what has fewer copies than it should.
 * Copies are kept for good, as if a person had kept each; nothing of what others keep is ever removed for them.
 */
export class ArchiveService implements Startable {
  readonly #deps: ArchiveDeps
  readonly #init: ArchiveInit
  readonly #queue: ArchiveQueue
  #settings: ArchiveInit['settings']
  readonly #news = new Set<Cid>()
  /** Since when a file that this peer might stand in for has had too few copies, monotonic. */
  readonly #shortSinceMs = new Map<Cid, number>()
  #all = true
  #poked = Promise.withResolvers<void>()
  #run: AbortController | null = null
  #loop: Promise<void> = Promise.resolve()
  #off: Unsubscribe[] = []

  constructor(deps: ArchiveDeps, init: ArchiveInit) {
    this.#deps = deps
    this.#init = init
    this.#settings = init.settings
    const isGivenNow = (cid: Cid): boolean => {
      const share = deps.files.shares.get(cid)
      return share !== undefined && isGiven(share, deps.self)
    }
    this.#queue = new ArchiveQueue(
      { ...deps, isGiven: isGivenNow },
      { leaveFreeBytes: init.leaveFreeBytes ?? 1_000_000_000 },
    )
  }

  async start(): Promise<void> {
    if (this.#run !== null) return
    this.#run = new AbortController()
    this.#all = true
    const { events } = this.#deps.files
    this.#off = [
      events.on('shares:changed', ({ cids }) => {
        if (!this.#isOn) return
        for (const cid of cids) this.#news.add(cid)
        this.#poke()
      }),
      events.on('fetch:finished', (view: TransferView) => {
        this.#queue.ended(view)
        this.#poke()
      }),
    ]
    this.#loop = this.#work(this.#run.signal)
  }

  async stop(): Promise<void> {
    this.#run?.abort()
    this.#run = null
    for (const off of this.#off) off()
    this.#off = []
    await this.#loop
    this.#news.clear()
    this.#shortSinceMs.clear()
    this.#queue.clear()
  }

  /** What is kept already stays. */
  applySettings(settings: ArchiveInit['settings']): void {
    const { archive, copies } = settings
    if (JSON.stringify([archive, copies]) === JSON.stringify([this.#settings.archive, this.#settings.copies])) return
    this.#settings = { archive, copies }
    this.#queue.clear()
    this.#shortSinceMs.clear()
    this.#all = true
    this.#poke()
  }

  view(): ArchiveView {
    const { shares, fetching } = this.#deps.files
    const { archive, copies } = this.#settings
    let keptFiles = 0
    let keptBytes = 0
    for (const cid of shares.cids()) {
      const share = fetching.isKept(cid) ? shares.get(cid) : undefined
      if (share?.local !== true) continue
      keptFiles += 1
      keptBytes += share.sizeBytes
    }
    return { archive, copies, keptFiles, keptBytes, ...this.#queue.waiting(), problem: this.#queue.problem }
  }

  /**
   * Fetches files that may be lost before all others, and keeps them here for good. What nobody gives now comes when
   * somebody does. Of more than can wait to be fetched it takes those that it can, the most urgent first, or in the order
   * in which they are named. @throws SwarmError INVALID_INPUT; LIMIT_REACHED when it can take none
   */
  rescue({ cids, risk }: RescueQuery): Rescue {
    const { fetching } = this.#deps.files
    cids?.forEach(parseCid)
    const meant = [...new Set(cids ?? this.#atRisk(risk))]
    if (meant.length === 0) return { transfers: [], here: 0, more: 0 }
    const fitting = fetching.fitting(meant)
    // Where none fits, holding all of them says why.
    const taken = fitting.length === 0 ? meant : fitting
    const name = `Rescue of ${taken.length === 1 ? '1 file' : `${taken.length} files`}`
    const transfers = fetching.hold(taken, { priority: 'high', group: { id: randomUUID(), name } })
    return { transfers, here: taken.length - transfers.length, more: meant.length - taken.length }
  }

  #atRisk(risk: RescueQuery['risk']): readonly Cid[] {
    const { shares } = this.#deps.files
    const all = [...shares.cids()].map((cid) => shares.get(cid))
    return all
      .filter((share) => isRescued(share, risk))
      .toSorted(byUrgency)
      .map(({ cid }) => cid)
  }

  warnings(): readonly { readonly code: string; readonly message: string }[] {
    const { problem } = this.#queue
    return problem === null ? [] : [{ code: 'ARCHIVE_FULL', message: problem }]
  }

  get #isOn(): boolean {
    return this.#settings.archive.kind !== 'off' || this.#settings.copies > 1
  }

  #poke(): void {
    this.#poked.resolve()
  }

  async #work(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps
    while (!signal.aborted) {
      try {
        if (this.#isOn) await this.#look(signal)
        await this.#pause(signal)
      } catch (err) {
        if (signal.aborted) return
        log.error({ err }, 'the archive could not look for files; it is tried again')
        await clock.sleep(this.#init.lookEveryMs ?? 60_000, { signal }).catch(() => {})
      }
    }
  }

  /** Until there is news, or it is time to look at all. */
  async #pause(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps
    const woken = new AbortController()
    const late = clock
      .sleep(this.#init.lookEveryMs ?? 60_000, { signal: AbortSignal.any([signal, woken.signal]) })
      .then(
        () => {
          this.#all = true
        },
        () => {},
      )
    await Promise.race([this.#poked.promise, late])
    woken.abort()
    await late
    signal.throwIfAborted()
    await clock.sleep(this.#init.settleMs ?? 500, { signal })
    this.#poked = Promise.withResolvers()
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { shares } = this.#deps.files
    const cids = this.#all ? [...shares.cids()] : [...this.#news]
    this.#all = false
    this.#news.clear()
    const volunteers = this.#settings.copies > 1 ? this.#deps.volunteers() : []
    for (let at = 0; at < cids.length; at += sliceFiles) {
      for (const cid of cids.slice(at, at + sliceFiles)) this.#consider(cid, shares.get(cid), volunteers)
      await new Promise((resolve) => setImmediate(resolve))
      signal.throwIfAborted()
    }
    try {
      await this.#queue.take()
    } catch (error) {
      // Another part of the peer has filled the queue of fetches: there is room again when some are here.
      if (!(error instanceof SwarmError && error.code === 'LIMIT_REACHED')) throw error
    }
  }

  #consider(cid: Cid, share: ShareView | undefined, volunteers: readonly Volunteer[]): void {
    if (share === undefined || share.own || (share.local && share.kept)) {
      this.#shortSinceMs.delete(cid)
      return this.#queue.drop(cid)
    }
    const given = isGiven(share, this.#deps.self)
    if (isArchived(share, this.#settings.archive)) return this.#queue.want(share, { isGiven: given })
    // Nobody can give it, nor can others: whoever stands in has no turn for that.
    if (share.local || !given) {
      this.#shortSinceMs.delete(cid)
      return this.#queue.drop(cid)
    }
    if (this.#isDue(share, volunteers)) return this.#queue.want(share, { isGiven: given })
    if (hasEnough(share, this.#deps.self, volunteers, this.#deps.keeperOf)) this.#queue.spare(cid)
    else this.#queue.drop(cid)
  }

  /** Whether it has too few copies, and this peer is to fetch one. */
  #isDue(share: ShareView, volunteers: readonly Volunteer[]): boolean {
    const { self, keeperOf, clock, files } = this.#deps
    // Those who have not joined a file's channel are not given it.
    const able =
      share.channel === null ? volunteers : volunteers.filter(({ peer }) => files.scope.sees(peer, share.cid))
    const afterMs = dueAfterMs(share, self, able, keeperOf)
    if (afterMs === null) {
      this.#shortSinceMs.delete(share.cid)
      return false
    }
    const nowMs = clock.monotonic()
    const sinceMs = this.#shortSinceMs.get(share.cid) ?? nowMs
    this.#shortSinceMs.set(share.cid, sinceMs)
    return nowMs - sinceMs >= afterMs
  }
}
