import { bytesText } from '../../../shared/bytes-text.ts'
import type { Cid } from '../../../shared/ids.ts'
import type { ShareView, TransferView } from '../../../shared/views.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { Log } from '../../base/log.ts'
import type { ArchiveFiles } from './archive-service.ts'

export interface ArchiveQueueDeps {
  readonly files: Pick<ArchiveFiles, 'fetching' | 'freeBytes'>
  /** Whether any of those that count as holders is up. */
  readonly isGiven: (cid: Cid) => boolean
  readonly clock: Clock
  readonly counters: Counters
  readonly log: Log
}

/** Handed to the fetches at a time: enough that they never wait, and few enough that others' fetches have room. */
const maxUnderWay = 64
/** What failed, or did not fit, is tried again after this. */
const restMs = 10 * 60_000
/** Fetches that a person has cancelled are not begun again before the next start; so many are remembered. */
const maxRemembered = 50_000

const group = { id: 'archive', name: 'Archive' }

/** What has to be known of a file until it is here: of 20,000 that wait, their views would fill a Raspberry Pi. */
type Wanted = Pick<ShareView, 'cid' | 'sizeBytes' | 'local'> & { readonly isGiven: boolean }

/**
 * What an archive is to keep and has not yet: handed on a few at a time, as far as the disk has room. As long as the list
 * of shared files at most.
 */
export class ArchiveQueue {
  readonly #deps: ArchiveQueueDeps
  readonly #leaveFreeBytes: number
  /** In the order of hearing of them. */
  readonly #wanted = new Map<Cid, Wanted>()
  readonly #underWay = new Map<Cid, number>()
  /** On their way for somebody else, or since before the start: at most those of the queue of fetches. */
  readonly #joined = new Set<Cid>()
  /** What nobody had kept before it was begun; so many are remembered. */
  readonly #marked = new Set<Cid>()
  readonly #restUntilMs = new Map<Cid, number>()
  readonly #noRoom = new Set<Cid>()
  readonly #declined = new Set<Cid>()

  constructor(deps: ArchiveQueueDeps, init: { readonly leaveFreeBytes: number }) {
    this.#deps = deps
    this.#leaveFreeBytes = init.leaveFreeBytes
  }

  /** What nobody gives just now waits here, and not among the fetches, where it would be in the way of others. */
  want({ cid, sizeBytes, local }: ShareView, { isGiven }: { readonly isGiven: boolean }): void {
    if (!this.#declined.has(cid)) this.#wanted.set(cid, { cid, sizeBytes, local, isGiven })
  }

  /** It is here, or need not be. What is under way goes on. */
  drop(cid: Cid): void {
    this.#wanted.delete(cid)
    this.#restUntilMs.delete(cid)
    this.#noRoom.delete(cid)
  }

  /** Others have made enough copies meanwhile: what was begun for that alone is called off. */
  spare(cid: Cid): void {
    this.drop(cid)
    if (!this.#deps.files.fetching.callOff(cid, { kept: !this.#marked.has(cid) })) return
    this.#underWay.delete(cid)
    this.#joined.delete(cid)
    this.#marked.delete(cid)
    this.#deps.counters.add('archive.copy:spared')
  }

  clear(): void {
    this.#wanted.clear()
    this.#underWay.clear()
    this.#joined.clear()
    this.#marked.clear()
    this.#restUntilMs.clear()
    this.#noRoom.clear()
    this.#declined.clear()
  }

  /** A fetch has ended, of whomever. */
  ended({ cid, state }: TransferView): void {
    if (cid === null) return
    const isJoined = this.#joined.delete(cid)
    // What has come for others is kept when it is next looked at.
    if (!this.#underWay.delete(cid) && (!isJoined || state === 'done')) return
    if (state === 'done') {
      this.#marked.delete(cid)
      this.#deps.counters.add('archive.copy:kept')
      this.drop(cid)
    } else {
      this.#deps.counters.add('archive.copy:failed')
      this.#rest(cid)
    }
  }

  /** Begins to fetch what fits. @throws SwarmError LIMIT_REACHED */
  async take(): Promise<void> {
    this.#forgetCancelled()
    this.#join()
    const nowMs = this.#deps.clock.monotonic()
    const due = [...this.#wanted.values()].filter(
      ({ cid, local, isGiven }) =>
        (local || isGiven) &&
        !this.#underWay.has(cid) &&
        !this.#joined.has(cid) &&
        (this.#restUntilMs.get(cid) ?? -Infinity) <= nowMs,
    )
    const going = this.#going()
    if (due.length === 0 || going.files >= maxUnderWay) return
    const free = (await this.#deps.files.freeBytes()) ?? Infinity
    let roomBytes = free - this.#leaveFreeBytes - going.bytes
    const fitting: Wanted[] = []
    for (const share of due) {
      if (going.files + fitting.length >= maxUnderWay) break
      // What is here already only has to stay.
      const needed = share.local ? 0 : share.sizeBytes
      if (needed > roomBytes && needed > 0) {
        if (!this.#noRoom.has(share.cid)) this.#deps.counters.add('archive.copy:no-room')
        this.#noRoom.add(share.cid)
        this.#rest(share.cid)
        continue
      }
      this.#noRoom.delete(share.cid)
      roomBytes -= needed
      fitting.push(share)
    }
    this.#begin(fitting)
  }

  /** What is still to come. */
  waiting(): { readonly waitingFiles: number; readonly waitingBytes: number } {
    const bytes = [...this.#wanted.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    return { waitingFiles: this.#wanted.size, waitingBytes: bytes }
  }

  /** In a sentence with a remedy; null: all comes. */
  get problem(): string | null {
    const missing = [...this.#noRoom].flatMap((cid) => this.#wanted.get(cid) ?? [])
    if (missing.length === 0) return null
    const bytes = missing.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    const what = missing.length === 1 ? '1 file' : `${missing.length} files`
    return `The archive takes no more: ${what} (${bytesText(bytes)}) would leave less than ${bytesText(this.#leaveFreeBytes)} free on the disk. Free some space, or let it keep less.`
  }

  /** What is fetched already stays as whoever asked for it wants it: urgent, or held, or soon. */
  #join(): void {
    for (const { cid, local } of this.#wanted.values()) {
      if (local || this.#underWay.has(cid) || this.#joined.has(cid)) continue
      if (this.#deps.files.fetching.active(cid) !== undefined) this.#joined.add(cid)
    }
  }

  /** Those that take a place and room: not what a person holds, nor what nobody gives any more. */
  #going(): { readonly files: number; readonly bytes: number } {
    const { files, isGiven } = this.#deps
    let going = { files: 0, bytes: 0 }
    for (const [cid, sizeBytes] of this.#underWay) {
      const view = files.fetching.active(cid)
      if (view === undefined || view.state === 'paused' || !isGiven(cid)) continue
      going = { files: going.files + 1, bytes: going.bytes + Math.max(0, sizeBytes - view.doneBytes) }
    }
    return going
  }

  #begin(shares: readonly Wanted[]): void {
    if (shares.length === 0) return
    for (const { cid, local, sizeBytes } of shares) {
      if (local) this.#wanted.delete(cid)
      else {
        this.#underWay.set(cid, sizeBytes)
        if (!this.#deps.files.fetching.isKept(cid)) remember(this.#marked, cid)
      }
    }
    try {
      this.#deps.files.fetching.hold(
        shares.map(({ cid }) => cid),
        { priority: 'low', group, background: true },
      )
    } catch (error) {
      for (const { cid } of shares) {
        this.#underWay.delete(cid)
        this.#rest(cid)
      }
      throw error
    }
    this.#deps.log.debug({ files: shares.length }, 'the archive fetches files')
  }

  /** A fetch that a person cancelled ends without a word; it is found by its absence. */
  #forgetCancelled(): void {
    for (const cid of [...this.#underWay.keys(), ...this.#joined]) {
      if (this.#deps.files.fetching.isWanted(cid)) continue
      this.#underWay.delete(cid)
      this.#joined.delete(cid)
      this.drop(cid)
      this.#marked.delete(cid)
      remember(this.#declined, cid)
    }
  }

  #rest(cid: Cid): void {
    this.#restUntilMs.set(cid, this.#deps.clock.monotonic() + restMs)
  }
}

function remember(cids: Set<Cid>, cid: Cid): void {
  cids.add(cid)
  const oldest = cids.values().next().value
  if (cids.size > maxRemembered && oldest !== undefined) cids.delete(oldest)
}
