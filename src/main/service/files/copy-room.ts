import { beyondText, bytesText } from '../../../shared/bytes-text.ts'
import { SwarmError } from '../../../shared/errors.ts'
import type { Cid } from '../../../shared/ids.ts'
import type { Counters } from '../../base/counters.ts'
import type { Log } from '../../base/log.ts'
import type { ContentStore } from './content-store.ts'
import type { CopyBook } from './copy-book.ts'
import { roomAt, spareBytes, type DiskRoom } from './disk-room.ts'
import type { RoomNeed } from './fetch-run.ts'
import { Gate } from './gate.ts'
import type { ShareIndex } from './share-index.ts'

export interface CopyRoomDeps {
  readonly index: Pick<ShareIndex, 'held' | 'files' | 'dropHeld' | 'changed'>
  readonly copies: Pick<CopyBook, 'isKept' | 'usedAtMs' | 'forget'>
  /** Files on their way. */
  readonly wanted: () => readonly Cid[]
  /** Tells the swarm that copies are no longer here. */
  readonly withdraw: (cids: readonly Cid[]) => void
  readonly store: Pick<ContentStore, 'freesBytes'>
  /** Removes what is needed no more, and resolves when that is done; false: it could not be done now. */
  readonly collect: (options: { readonly signal: AbortSignal }) => Promise<boolean>
  /** Something may be removed; there is no hurry. */
  readonly soon: () => void
  /** How much of a file is in the store already. */
  readonly here: (cid: Cid, options: { readonly signal: AbortSignal }) => Promise<number>
  readonly changed: (cids: readonly Cid[]) => void
  readonly signal: () => AbortSignal
  readonly counters: Counters
  readonly log: Log
  /** Default: asks the system. */
  readonly roomAt?: (folder: string) => Promise<DiskRoom | null>
}

interface Copy {
  readonly cid: Cid
  readonly sizeBytes: number
  readonly usedAtMs: number
}

/**
 * Which copies must go so that the rest, and what is to come, stays within a limit: those that were of no use for
 * longest.
 */
export function beyond(copies: readonly Copy[], limitBytes: number, comingBytes = 0): readonly Copy[] {
  let total = copies.reduce((sum, { sizeBytes }) => sum + sizeBytes, comingBytes)
  const gone: Copy[] = []
  for (const copy of copies.toSorted((a, b) => a.usedAtMs - b.usedAtMs)) {
    if (total <= limitBytes) break
    total -= copy.sizeBytes
    gone.push(copy)
  }
  return gone
}

/**
 * Room for fetched copies: keeps them within the quota, and makes room on a disk that runs full. What a person keeps,
 * what this peer shares and what is on its way is never touched.
 */
export class CopyRoom {
  readonly #deps: CopyRoomDeps
  readonly #storeDir: string
  #quotaBytes: number | null
  /** Room is made for one at a time: another would let go of copies for what is about to be free. */
  readonly #gate = new Gate(1)
  /** Copies were let go of whose bytes may still be there. */
  #isUncollected = false

  constructor(
    deps: CopyRoomDeps,
    init: {
      /** Where the blocks lie. */
      readonly storeDir: string
      readonly quotaBytes: number | null
    },
  ) {
    this.#deps = deps
    this.#storeDir = init.storeDir
    this.#quotaBytes = init.quotaBytes
  }

  setQuota(quotaBytes: number | null): void {
    this.#quotaBytes = quotaBytes
    this.tidy()
  }

  /** Lets go of copies beyond the quota; their blocks are removed with the next collection. */
  tidy(): void {
    // Without a quota there is nothing to look for, and this is asked after every fetch.
    if (this.#quotaBytes !== null) this.#letGo(this.#overQuota(this.#quotaBytes, 0))
  }

  /**
   * Sees to it that what is to be fetched fits, by the quota and on the disk, letting go of old copies if need be.
   * @throws SwarmError DISK_FULL, which says how much is missing; LIMIT_REACHED when the quota would not let it stay
   */
  async make(asked: RoomNeed): Promise<void> {
    const { index, signal } = this.#deps
    // What is shared here, or held, takes no more room in the store.
    const first = index.held.has(asked.cid) ? { ...asked, storeBytes: 0 } : asked
    this.#mayStay(first)
    if (this.#inTheWay(first).length === 0 && (await this.#missing(first)) === null) return
    // Looked at only now: it takes a while for a large file.
    const here = await this.#deps.here(asked.cid, { signal: signal() })
    const need = { ...first, storeBytes: Math.max(0, first.storeBytes - here) }
    this.#letGo(this.#inTheWay(need))
    if ((await this.#missing(need)) === null) return
    await this.#gate.run(signal(), () => this.#free(need))
    const missing = await this.#missing(need)
    if (missing === null) return
    throw new SwarmError(
      'DISK_FULL',
      `The disk of ${missing.folder} is too full: ${bytesText(missing.bytes)} more are needed. Free some space, or choose another folder in Settings, and try again.`,
      { detail: { missingBytes: missing.bytes } },
    )
  }

  /** Lets go of as much as is missing, and no more, if that can help at all, and it was freed what went before. */
  async #free(need: RoomNeed): Promise<void> {
    const { store, collect, signal } = this.#deps
    if (!store.freesBytes) return
    if (this.#isUncollected) this.#isUncollected = !(await collect({ signal: signal() }))
    if (this.#isUncollected) return
    const missing = await this.#missing(need)
    const spare = this.#spare()
    const total = spare.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    if (missing === null || !missing.inStore || total < missing.bytes) return
    this.#letGo(beyond(spare, total - missing.bytes))
    this.#isUncollected = !(await collect({ signal: signal() }))
  }

  /** @throws SwarmError LIMIT_REACHED for a copy that would go again as soon as it is here */
  #mayStay({ cid, storeBytes, file }: RoomNeed): void {
    const quotaBytes = this.#quotaBytes
    if (quotaBytes === null || file !== null || storeBytes <= quotaBytes || this.#deps.copies.isKept(cid)) return
    const [size, quota] = beyondText(storeBytes, quotaBytes)
    throw new SwarmError(
      'LIMIT_REACHED',
      `A copy of ${size} is more than all copies may take (${quota}). Keep it for good, fetch it to a folder, or allow more in Settings.`,
    )
  }

  /** Copies that must go for the quota when this comes. One that the quota does not let stay, or a kept one, needs none. */
  #inTheWay({ cid, storeBytes }: RoomNeed): readonly Copy[] {
    const quotaBytes = this.#quotaBytes
    if (quotaBytes === null) return []
    const isCounted = storeBytes <= quotaBytes && !this.#deps.copies.isKept(cid)
    return this.#overQuota(quotaBytes, isCounted ? storeBytes : 0)
  }

  /** One that is larger than all may be goes first: the others would go for nothing. */
  #overQuota(quotaBytes: number, comingBytes: number): readonly Copy[] {
    const spare = this.#spare()
    const tooLarge = spare.filter(({ sizeBytes }) => sizeBytes > quotaBytes)
    const rest = spare.filter(({ sizeBytes }) => sizeBytes <= quotaBytes)
    return [...tooLarge, ...beyond(rest, quotaBytes, comingBytes)]
  }

  /** Copies that may go. */
  #spare(): readonly Copy[] {
    const { index, copies, wanted } = this.#deps
    const needed = new Set<Cid>(wanted())
    for (const { cid } of index.files.values()) needed.add(cid)
    return [...index.held].flatMap(([cid, { sizeBytes, copy }]) =>
      copy && !needed.has(cid) && !copies.isKept(cid) ? [{ cid, sizeBytes, usedAtMs: copies.usedAtMs(cid) }] : [],
    )
  }

  #letGo(gone: readonly Copy[]): void {
    const { index, copies, withdraw, changed, counters, log, signal } = this.#deps
    if (gone.length === 0) return
    this.#isUncollected = true
    for (const { cid, sizeBytes } of gone) {
      index.dropHeld(cid)
      copies.forget(cid)
      counters.add('files.copy:removed')
      counters.add('files.copy:removed-bytes', sizeBytes)
    }
    withdraw(gone.map(({ cid }) => cid))
    index.changed(signal())
    log.info({ copies: gone.length }, 'fetched copies were removed to make room')
    changed(gone.map(({ cid }) => cid))
    this.#deps.soon()
  }

  /** What is missing where; null when all fits, or the system does not tell. */
  async #missing({
    storeBytes,
    file,
  }: RoomNeed): Promise<{ readonly bytes: number; readonly folder: string; readonly inStore: boolean } | null> {
    const ask = this.#deps.roomAt ?? roomAt
    const store = await ask(this.#storeDir)
    const place = file === null ? null : await ask(file.dir)
    const shared = file !== null && place !== null && place.device === store?.device
    const inStore = storeBytes + (shared ? file.bytes : 0) + spareBytes - (store?.freeBytes ?? Infinity)
    if (inStore > 0) return { bytes: inStore, folder: this.#storeDir, inStore: true }
    if (file === null || place === null || shared) return null
    const inPlace = file.bytes - place.freeBytes
    return inPlace > 0 ? { bytes: inPlace, folder: file.dir, inStore: false } : null
  }
}
