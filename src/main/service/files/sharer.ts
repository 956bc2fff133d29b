import type { Stats } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { SwarmError } from '../../../shared/errors.ts'
import type { Cid, PeerId } from '../../../shared/ids.ts'
import type { TransferView } from '../../../shared/views.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { Log } from '../../base/log.ts'
import type { ContentStore } from './content-store.ts'
import { diskError } from './disk-error.ts'
import { DropBook, maxDrops, type DropOrder } from './drop-book.ts'
import { listWishes } from './drop-wishes.ts'
import { FileSharer, type FileOptions, type FileWish, type InspectFile, type SharedFile } from './file-sharer.ts'
import { partSuffix, type FoundFile } from './folder-scan.ts'
import { shown } from './left-out.ts'
import { nameProblem } from './safe-name.ts'
import type { ShareBook } from './share-book.ts'
import { ShareDrop } from './share-drop.ts'
import type { ShareIndex } from './share-index.ts'
import { patiently } from './share-patience.ts'
import { SharePublisher } from './share-publisher.ts'
import { ShareRules, type FolderRules } from './share-rules.ts'
import { SharePlaces, ShareWork } from './share-work.ts'
import type { Transfer, TransferList } from './transfer-list.ts'

export interface SharerDeps {
  readonly store: ContentStore
  readonly shares: ShareBook
  readonly index: ShareIndex
  readonly transfers: TransferList
  readonly drops: DropBook
  readonly inspect: InspectFile
  readonly clock: Clock
  readonly counters: Counters
  readonly log: Log
  readonly peerId: PeerId
  readonly simulated: boolean
  readonly shareDir: () => string
  readonly rules: () => FolderRules
  /** Aborts when the service stops. */
  readonly signal: () => AbortSignal
  readonly finished: (view: TransferView) => void
  /** No longer in the list of transfers. */
  readonly forgot: (id: string) => void
}

export interface StreamOptions {
  readonly sizeBytes?: number
  readonly channel?: string | null
  readonly signal?: AbortSignal
}

/** Brings files of this machine into the store and tells the swarm of them. */
export class Sharer {
  readonly #deps: SharerDeps
  readonly #places = new SharePlaces()
  readonly #files: FileSharer
  /** The last failed transfer of a path, so that trying again does not fill the list. */
  readonly #failed = new Map<string, string>()
  readonly #under = new Set<Promise<void>>()

  constructor(deps: SharerDeps) {
    this.#deps = deps
    this.#files = new FileSharer({ ...deps, publisher: new SharePublisher(deps) })
  }

  /** Whether nothing is to be done about a file of the share folder: it is shared as it is, or somebody unshared it. */
  known(file: FoundFile): boolean {
    const { index, drops } = this.#deps
    if (drops.isUnshared(file.path)) return true
    const entry = index.files.get(file.path)
    return entry?.sizeBytes === file.sizeBytes && entry.mtimeMs === file.mtimeMs
  }

  /** Shares a file of the share folder, or a linked one, anew. Rejects when it could not be: it is tried again. */
  async shareFound(
    file: FoundFile,
    { signal, how = 'here' }: { readonly signal: AbortSignal; readonly how?: 'here' | 'link' },
  ): Promise<void> {
    const { transfers, index } = this.#deps
    const before = this.#failed.get(file.path)
    if (before !== undefined) this.#forget(before)
    const channel = index.files.get(file.path)?.channel ?? null
    const transfer = transfers.add('share', file.name, { cid: null, sizeBytes: file.sizeBytes })
    try {
      await this.#work(transfer, file.sizeBytes, signal, (options) =>
        this.#files.share({ file, how, channel, single: false }, options),
      )
      this.#failed.delete(file.path)
    } catch (error) {
      this.#failed.set(file.path, transfer.id)
      if (this.#failed.size > 1_000) this.#failed.clear()
      throw error
    }
  }

  /** Writes what comes into the share folder and shares it. Resolves when it has ended, well or not. */
  async shareStream(name: string, bytes: AsyncIterable<Uint8Array>, options: StreamOptions): Promise<TransferView> {
    const { transfers, rules } = this.#deps
    const { sizeBytes = null, channel = null } = options
    const refused =
      uploadProblem(name) ??
      (await ShareRules.read(this.#deps.shareDir(), rules())).against(name, {
        isFolder: false,
        sizeBytes: sizeBytes ?? 0,
      })?.words
    if (refused !== undefined) {
      throw new SwarmError('INVALID_INPUT', `A file cannot be shared as ${shown(name)}: ${refused}.`)
    }
    const transfer = transfers.add('share', name, { cid: null, sizeBytes })
    // It needs no turn: the bytes are coming in already.
    await this.#work(transfer, sizeBytes ?? Infinity, options.signal, (either) => {
      transfer.control = {}
      transfer.set({ state: 'running', step: 'hashing' })
      return this.#files.shareStream(name, bytes, { ...either, sizeBytes, channel })
    }).catch(() => {})
    return transfer.view
  }

  /**
   * Shares files and folders of this machine; it goes on by itself, also after a restart. Tells the transfer of the
   * one file, or the one that stands for all of them, then those of paths that cannot be shared.
   * @throws SwarmError LIMIT_REACHED
   */
  async sharePaths(
    paths: readonly string[],
    options: { readonly how?: 'copy' | 'link'; readonly channel?: string | null } = {},
  ): Promise<readonly TransferView[]> {
    const { drops } = this.#deps
    if (drops.drops.length >= maxDrops) {
      throw new SwarmError(
        'LIMIT_REACHED',
        `${maxDrops} drops are under way already: wait for the first of them to end.`,
      )
    }
    const { how = 'copy', channel = null } = options
    return this.#drop({ id: crypto.randomUUID(), paths: [...paths], how, channel, paused: false })
  }

  /** Goes on with what was under way when the peer stopped. */
  resume(): void {
    for (const order of this.#deps.drops.drops) this.#keep(this.#drop(order))
  }

  /** Resolves once nothing runs any more; the signal must have been aborted. */
  async stopped(): Promise<void> {
    while (this.#under.size > 0) await Promise.all(this.#under)
  }

  /** Takes back this peer's shares of a file, which stays where it lies. @throws SwarmError NOT_FOUND */
  unshare(cid: Cid): void {
    const { index, shares, drops, signal } = this.#deps
    const paths = index.pathsOf(cid)
    for (const path of paths) {
      if (index.files.get(path)?.linked === false) drops.setUnshared(path, true)
      index.dropFile(path)
    }
    if (shares.withdrawShares(cid) === 0 && paths.length === 0) {
      throw new SwarmError('NOT_FOUND', `This peer does not share ${cid}.`, { detail: { cid } })
    }
    index.changed(signal())
  }

  /** A file that was unshared and is gone from the share folder need not be remembered. */
  forgetUnshared(files: ReadonlyMap<string, FoundFile>): void {
    const { drops } = this.#deps
    for (const path of drops.unshared) if (!files.has(path)) drops.setUnshared(path, false)
  }

  async #drop(order: DropOrder): Promise<readonly TransferView[]> {
    const { transfers, drops, shareDir } = this.#deps
    const [path = ''] = order.paths
    const only =
      order.paths.length === 1 ? await stat(path).catch((error: unknown) => diskError(error, `sharing ${path}`)) : null
    if (only !== null && !isStats(only)) {
      const transfer = transfers.add('share', basename(path), { id: order.id, cid: null, sizeBytes: null })
      transfer.fail(only)
      drops.forget(order.id)
      return [transfer.view]
    }
    drops.put(order)
    if (only?.isFile() === true) {
      const transfer = transfers.add('share', basename(path), { id: order.id, cid: null, sizeBytes: only.size })
      this.#keep(this.#one(order, transfer, await realpath(path)))
      return [transfer.view]
    }
    const name = order.paths.length === 1 ? basename(path) : `${basename(path)} and ${order.paths.length - 1} more`
    const head = transfers.addGroup('share', name, { id: order.id, sizeBytes: null })
    head.set({ state: 'running', step: 'looking through the folders' })
    const refused: TransferView[] = []
    const rules = { ...this.#deps.rules(), shareDir: shareDir() }
    const listing = listWishes(order, rules, AbortSignal.any([head.signal, this.#deps.signal()]))
    const begun = Promise.withResolvers<void>()
    this.#keep(
      this.#many(order, head, listing, (wrong, error) => {
        const transfer = transfers.add('share', wrong, { cid: null, sizeBytes: null, group: head.view.group })
        refused.push(transfer.fail(error))
      }).finally(begun.resolve),
    )
    // Paths that cannot be looked at are told at once, as far as that takes no longer than a person waits.
    await Promise.race([listing.catch(() => {}), begun.promise])
    return [head.view, ...refused]
  }

  async #one(order: DropOrder, transfer: Transfer, path: string): Promise<void> {
    const { drops, clock } = this.#deps
    const share = async (options: FileOptions): Promise<SharedFile> => {
      const { wishes, wrong } = await listWishes(
        { ...order, paths: [path] },
        { ...this.#deps.rules(), shareDir: this.#deps.shareDir() },
        options.signal,
      )
      const [wish] = wishes
      if (wish === undefined) throw wrong[0]?.error
      drops.setUnshared(wish.file.path, false)
      return patiently(
        { ...wish, single: true },
        {
          clock,
          signal: options.signal,
          again: () => transfer.set({ state: 'waiting', step: 'waiting for it to stop growing', doneBytes: 0 }),
          share: (now) => this.#files.share(now, options),
        },
      )
    }
    await this.#work(transfer, transfer.view.sizeBytes ?? 0, undefined, share, order).catch(() => {})
    if (this.#deps.signal().aborted) return
    drops.forget(order.id)
    if (transfer.view.state !== 'failed') return
    transfer.control = {
      resume: () => {
        transfer.reopen()
        drops.put({ ...order, paused: false })
        this.#keep(this.#one({ ...order, paused: false }, transfer, path))
      },
    }
  }

  async #many(
    order: DropOrder,
    head: Transfer,
    listing: ReturnType<typeof listWishes>,
    refuse: (name: string, error: unknown) => void,
  ): Promise<void> {
    const { drops, finished } = this.#deps
    try {
      const { wishes, wrong } = await listing
      for (const { name, error } of wrong) refuse(name, error)
      for (const { file } of wishes) drops.setUnshared(file.path, false)
      if (wishes.length === 0) {
        throw (
          wrong[0]?.error ?? new SwarmError('NOT_FOUND', `${shown(head.view.name)} holds no file that can be shared.`)
        )
      }
      await this.#run(order, head, wishes, wrong.length)
    } catch (error) {
      this.#ended(head, head.signal.aborted ? head.signal.reason : error)
    }
    if (!this.#deps.signal().aborted) drops.forget(order.id)
    if (head.view.state !== 'failed') finished(head.view)
  }

  async #run(order: DropOrder, head: Transfer, wishes: readonly FileWish[], refused: number): Promise<void> {
    const { drops } = this.#deps
    const drop = new ShareDrop(
      {
        ...this.#deps,
        sharer: this.#files,
        places: this.#places,
        failed: (error, name) => this.#note(error, name),
      },
      head,
      wishes,
      refused,
    )
    const hold = (paused: boolean): void => drops.put({ ...order, paused })
    head.control = {
      pause: () => {
        drop.pause()
        hold(true)
      },
      resume: () => {
        if (head.over) return this.#again(order, head, drop)
        drop.resume()
        hold(false)
      },
    }
    head.set({ state: 'running' })
    if (order.paused) drop.pause()
    await this.#runDrop(head, drop)
  }

  async #runDrop(head: Transfer, drop: ShareDrop): Promise<void> {
    await drop.run()
    const { outcome } = drop
    if ('step' in outcome) head.done(outcome)
    else head.fail(outcome.error)
  }

  /** Tries what failed of a drop once more. */
  #again(order: DropOrder, head: Transfer, drop: ShareDrop): void {
    const { drops, finished, signal } = this.#deps
    drop.leaveFailures()
    head.reopen()
    head.set({ state: 'running' })
    drops.put({ ...order, paused: false })
    this.#keep(
      this.#runDrop(head, drop)
        .catch((error: unknown) => this.#ended(head, error))
        .finally(() => {
          if (!signal().aborted) drops.forget(order.id)
          finished(head.view)
        }),
    )
  }

  /** Runs one transfer of one file, with its turn and what a person may do about it. Rejects as the work does. */
  async #work(
    transfer: Transfer,
    sizeBytes: number,
    other: AbortSignal | undefined,
    share: (options: FileOptions) => Promise<SharedFile>,
    order?: DropOrder,
  ): Promise<void> {
    const { drops, finished } = this.#deps
    const signals = [transfer.signal, this.#deps.signal(), ...(other === undefined ? [] : [other])]
    const signal = AbortSignal.any(signals)
    const steps = { waiting: 'waiting for its turn', running: 'hashing', paused: 'held' }
    const work = new ShareWork(this.#places, {
      sizeBytes,
      priority: () => transfer.view.priority,
      signal,
      now: (state) => transfer.set({ state, step: steps[state] }),
    })
    const hold = (paused: boolean): void => {
      if (order !== undefined) drops.put({ ...order, paused })
    }
    transfer.control = {
      pause: () => {
        work.pause()
        hold(true)
      },
      resume: () => {
        work.resume()
        hold(false)
      },
    }
    const ended = (async () => {
      if (order?.paused === true) work.pause()
      return share({
        work,
        signal,
        onBytes: (bytes) => transfer.advance(bytes),
        onStep: (step) => transfer.set({ step }),
      })
    })()
    this.#keep(ended)
    try {
      const { cid, sizeBytes: size, path, before } = await ended
      transfer.done({ cid, sizeBytes: size, path, ...(before ? { step: 'shared already' } : {}) })
      finished(transfer.view)
    } catch (error) {
      this.#ended(transfer, signal.aborted ? signal.reason : error)
      throw error
    } finally {
      work.end()
    }
  }

  #ended(transfer: Transfer, error: unknown): void {
    const view = transfer.fail(error)
    this.#deps.index.onReleased()
    if (view.state !== 'failed') return
    this.#note(error, view.name)
    this.#deps.finished(view)
  }

  #note(err: unknown, name: string): void {
    const { counters, log } = this.#deps
    counters.add(`files.share-failed:${err instanceof SwarmError ? err.code : 'INTERNAL'}`)
    log.warn({ err, name }, 'a file could not be shared')
  }

  #forget(id: string): void {
    this.#deps.transfers.forget(id)
    this.#deps.forgot(id)
  }

  /** A stop waits for it; whoever it is for was told how it ended. */
  #keep(work: Promise<unknown>): void {
    const ended: Promise<void> = work
      .then(
        () => {},
        () => {},
      )
      .finally(() => this.#under.delete(ended))
    this.#under.add(ended)
  }
}

function isStats(value: unknown): value is Stats {
  return value instanceof Object && 'isFile' in value
}

/** What speaks against a name of an upload: a path below the share folder. */
function uploadProblem(name: string): string | undefined {
  if (name.endsWith(partSuffix)) return 'part files are not shared'
  if (name.split('/').some((step) => step.startsWith('.'))) return 'hidden files are not shared'
  return nameProblem(name) ?? undefined
}
