import { lstatSync } from 'node:fs'
import type { FileSettings } from '../../../shared/file-views.ts'
import type { Cid, RecordId } from '../../../shared/ids.ts'
import { flightOf } from '../../../shared/recorder-views.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { Log } from '../../base/log.ts'
import type { ContentStore } from './content-store.ts'
import type { FoundFile } from './folder-scan.ts'
import type { ShareBook } from './share-book.ts'
import type { ShareIndex } from './share-index.ts'

export interface ShareCareDeps {
  readonly store: Pick<ContentStore, 'complete'>
  readonly shares: ShareBook
  readonly index: ShareIndex
  readonly clock: Clock
  readonly counters: Counters
  readonly log: Log
  /** What becomes of a share when its file is deleted from the share folder. */
  readonly whenDeleted: () => FileSettings['whenDeleted']
  /** A person or an archive wants the copy here kept. */
  readonly isKept: (cid: Cid) => boolean
  /** A kept copy is no longer whole in the store. */
  readonly fetchAgain: (cid: Cid) => void
  /** These are no longer whole in the store; those of the share folder should be added again. */
  readonly repaired: (broken: readonly Cid[]) => void
}

/** Own records that end soon are signed anew this often. */
const renewEveryMs = 60 * 60_000
/** Signed in one go, some 100 ms of the main thread: in the two weeks before the shares of a robot end, 20,000 of its files. */
const maxStandIns = 64
/** Damaged blocks tend to come in crowds: what they belonged to is looked at once, after this. */
const repairAfterMs = 2_000

/** Keeps what this peer says of its files true: renews it, takes it back when a file is gone or damaged. */
export class ShareCare implements Startable {
  readonly #deps: ShareCareDeps
  #run: AbortController | null = null
  #renewing: Promise<void> = Promise.resolve()
  #repairing: Promise<void> | null = null

  constructor(deps: ShareCareDeps) {
    this.#deps = deps
  }

  async start(): Promise<void> {
    if (this.#run !== null) return
    this.#run = new AbortController()
    this.#renewing = this.#renewals(this.#run.signal)
  }

  async stop(): Promise<void> {
    this.#run?.abort()
    this.#run = null
    await this.#renewing
    await this.#repairing
  }

  /**
   * Takes back the shares of files that are no longer among these, which are all of the share folder that is to be
   * shared; or, as the settings say, keeps their content and goes on sharing it.
   * @param lookedAtMs when it was begun to look, monotonic: what was shared since then need not be among them
   * @param isLeftOut by name: whether it is not to be shared any more, as a pattern or a limit says: such a one is not kept
   */
  forgetGone(
    files: ReadonlyMap<string, FoundFile>,
    lookedAtMs: number,
    isLeftOut: (name: string, sizeBytes: number) => boolean = () => false,
  ): void {
    const { index, shares, whenDeleted } = this.#deps
    const names = new Set([...files.values()].map(({ name }) => name))
    // Flights are bounded on the disk: what the flight recorder removes must not stay in the store.
    const keeps = (name: string): boolean => whenDeleted() === 'keep' && flightOf(name) === null
    let gone = 0
    const deleted = new Set<RecordId>()
    const damaged = new Set<Cid>()
    for (const [path, { cid, sizeBytes, linked, name, recordId }] of index.files) {
      if (linked || files.has(path) || index.isNewer(path, lookedAtMs)) continue
      // Of a file that was damaged in the store, and is gone now, nothing is left to keep.
      if (!index.held.has(cid)) damaged.add(cid)
      else if (name !== null && keeps(name) && !isLeftOut(name, sizeBytes)) index.keepCopy(cid, sizeBytes)
      // Not so what a pattern or another share folder leaves out: that is taken back.
      const isTakenBack = name === null || isLeftOut(name, sizeBytes) || shares.holders(cid).length === 0
      if (!isTakenBack && isDeleted(path)) {
        deleted.add(recordId)
        for (const share of shares.ownShares(cid)) if (share.name === name) deleted.add(share.id)
      }
      index.dropFile(path)
      gone += 1
    }
    // A file that is there but not indexed (the index was lost) is hashed again: then its record still holds.
    const over = shares.ownShares().filter((share) => {
      const { name, cid } = share
      if (index.isToldBy(share) || names.has(name)) return false
      return damaged.has(cid) || !keeps(name) || isLeftOut(name, index.held.get(cid)?.sizeBytes ?? 0)
    })
    const ids = over.map(({ id }) => id)
    shares.withdrawDeleted(ids.filter((id) => deleted.has(id)))
    shares.withdrawAll(ids)
    if (gone === 0) return
    this.#claimCopies()
    this.#changed()
  }

  /** A file that was shared where it lay is gone, or may not be shared: then it is taken back whatever the settings say. */
  forgetLinked(path: string, isClosed = false): void {
    const { index, shares, whenDeleted } = this.#deps
    const entry = index.files.get(path)
    if (entry === undefined) return
    // Of a file that was damaged in the store, and is gone now, nothing is left to keep.
    const keeps = !isClosed && whenDeleted() === 'keep' && index.held.has(entry.cid)
    if (keeps) index.keepCopy(entry.cid, entry.sizeBytes)
    index.dropFile(path)
    if (!keeps) {
      const told = shares.ownShares(entry.cid).filter((share) => share.name === entry.name && !index.isToldBy(share))
      const ids = told.map(({ id }) => id)
      if (isClosed) shares.withdrawAll(ids)
      else shares.withdrawDeleted(ids)
    }
    this.#changed()
  }

  /** Says of each fetched copy that it is here, unless this is said already. */
  #claimCopies(): void {
    const { index, shares } = this.#deps
    for (const [cid, held] of index.held) if (held.copy) shares.copy(cid, held.sizeBytes)
  }

  /** What is kept here is listed on when those who shared it are gone for long. */
  #standIn(): void {
    const { shares, isKept } = this.#deps
    let signed = 0
    for (const { cid } of shares.ownCopies()) {
      if (shares.standIn(cid, isKept(cid))) signed += 1
      if (signed >= maxStandIns) return
    }
  }

  /** After the index was lost: copies that records of this peer tell of are found again, or taken back. */
  async #findCopies(signal: AbortSignal): Promise<void> {
    const { index, shares, store } = this.#deps
    for (const { cid, sizeBytes } of shares.ownCopies()) {
      if (index.held.has(cid)) continue
      if (await store.complete(cid, { signal })) index.keepCopy(cid, sizeBytes)
      else shares.withdrawCopies([cid])
      this.#changed()
    }
  }

  /** Shares whose record is gone (it ended while this peer was off, or the database was lost) are shared again. */
  #reviveShares(): void {
    const { index, shares } = this.#deps
    const lost = [...index.files].filter(([, file]) => shares.isOver(file.recordId))
    for (const [path] of lost) index.unread(path)
    if (lost.length === 0) return
    this.#changed()
    this.#deps.repaired(lost.map(([, file]) => file.cid))
  }

  /** A block was found damaged: what is no longer whole is soon added again, or no longer offered. */
  repairSoon(): void {
    const { clock, log } = this.#deps
    const signal = this.#run?.signal
    if (signal === undefined) return
    this.#repairing ??= clock
      .sleep(repairAfterMs, { signal })
      .then(() => this.#repair(signal))
      .catch((err: unknown) => {
        if (!signal.aborted) log.error({ err }, 'damaged blocks could not be looked into')
      })
      .finally(() => {
        this.#repairing = null
      })
  }

  async #repair(signal: AbortSignal): Promise<void> {
    const { index, store, shares, isKept, log } = this.#deps
    const suspects: Cid[] = []
    for (const cid of index.held.keys()) if (!(await store.complete(cid, { signal }))) suspects.push(cid)
    const broken: Cid[] = []
    for (const cid of suspects) {
      // Of many files it took a while to look at all: this one may have come back meanwhile.
      if (await store.complete(cid, { signal })) continue
      broken.push(cid)
      log.warn({ cid }, 'a stored file was damaged')
      const paths = index.pathsOf(cid)
      const isLost = paths.length === 0 && isKept(cid)
      index.dropHeld(cid)
      shares.withdrawCopies([cid])
      for (const path of paths) index.unread(path)
      if (isLost) this.#fetchAgain(cid)
    }
    this.#changed()
    this.#deps.repaired(broken)
  }

  #fetchAgain(cid: Cid): void {
    const { fetchAgain, log } = this.#deps
    try {
      fetchAgain(cid)
    } catch (err) {
      log.warn({ err, cid }, 'a kept file that was damaged cannot be fetched again')
    }
  }

  async #renewals(signal: AbortSignal): Promise<void> {
    const { clock, counters, log } = this.#deps
    while (!signal.aborted) {
      try {
        // At the start too: a robot that is switched on for minutes a day keeps its shares.
        await this.#renew()
        this.#reviveShares()
        await this.#findCopies(signal)
        this.#claimCopies()
        this.#standIn()
      } catch (error) {
        if (signal.aborted) return
        counters.add('files.renew:failed')
        log.warn({ err: error }, 'shares could not be signed anew; trying again in an hour')
      }
      await clock.sleep(renewEveryMs, { signal }).catch(() => {})
    }
  }

  async #renew(): Promise<void> {
    const { index, shares } = this.#deps
    await shares.renew((replaced) => {
      for (const [path, file] of index.files) {
        const recordId = replaced.get(file.recordId)
        if (recordId !== undefined) index.setRecord(path, recordId)
      }
      this.#changed()
    })
  }

  #changed(): void {
    if (this.#run !== null) this.#deps.index.changed(this.#run.signal)
  }
}

function isDeleted(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) === undefined
  } catch {
    return false
  }
}
