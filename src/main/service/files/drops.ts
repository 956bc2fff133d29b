import type { Stats } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { SwarmError } from '../../../shared/errors.ts'
import type { TransferView } from '../../../shared/views.ts'
import type { Clock } from '../../base/clock.ts'
import { diskError } from './disk-error.ts'
import type { DropBook, DropOrder } from './drop-book.ts'
import { listWishes } from './drop-wishes.ts'
import { FolderNames } from './folder-names.ts'
import type { FileOptions, FileSharer } from './file-sharer.ts'
import type { FileWish, SharedFile } from './file-wish.ts'
import type { Homes } from './homes.ts'
import { shown } from './left-out.ts'
import { ShareDrop } from './share-drop.ts'
import { patiently } from './share-patience.ts'
import type { FolderRules } from './share-rules.ts'
import type { ShareRunner, ShareRunnerDeps } from './share-runner.ts'
import type { Transfer } from './transfer-list.ts'
import type { UnsharedBook } from './unshared-book.ts'

export interface DropsDeps extends ShareRunnerDeps {
  readonly drops: DropBook
  readonly unshared: UnsharedBook
  readonly files: FileSharer
  readonly runner: ShareRunner
  readonly clock: Clock
  readonly homes: Homes
  readonly shareDir: () => string
  readonly rules: () => FolderRules
}

export interface DropOptions {
  readonly how?: 'copy' | 'link'
  readonly channel?: string | null
}

/** Files and folders that people chose to be shared: each choice goes on until it is done, also after a restart. */
export class Drops {
  readonly #deps: DropsDeps
  readonly #names: FolderNames

  constructor(deps: DropsDeps) {
    this.#deps = deps
    this.#names = new FolderNames(deps.index)
  }

  /**
   * Shares files and folders of this machine; it goes on by itself, also after a restart. Tells the transfer of the
   * one file, or the one that stands for all of them, then those of paths that cannot be shared.
   * @throws SwarmError LIMIT_REACHED
   */
  async share(paths: readonly string[], options: DropOptions = {}): Promise<readonly TransferView[]> {
    const { how = 'copy', channel = null } = options
    return this.#drop({ id: crypto.randomUUID(), paths: [...paths], how, channel, paused: false }, { isNew: true })
  }

  /** Goes on with what was under way when the peer stopped. */
  resume(): void {
    for (const order of this.#deps.drops.drops) this.#deps.runner.keep(this.#drop(order, { isNew: false }))
  }

  async #drop(order: DropOrder, { isNew }: { readonly isNew: boolean }): Promise<readonly TransferView[]> {
    const { transfers, drops, shareDir } = this.#deps
    const [path = ''] = order.paths
    // Before anything is waited for: of two that come at once near the limit, one may be too many.
    drops.put(order)
    const only =
      order.paths.length === 1 ? await stat(path).catch((error: unknown) => diskError(error, `sharing ${path}`)) : null
    if (only !== null && !isStats(only)) {
      const transfer = transfers.add('share', basename(path), { id: order.id, cid: null, sizeBytes: null })
      transfer.fail(only)
      drops.forget(order.id)
      return [transfer.view]
    }
    if (only?.isFile() === true) {
      const transfer = transfers.add('share', basename(path), { id: order.id, cid: null, sizeBytes: only.size })
      this.#deps.runner.keep(this.#one(order, transfer, await realpath(path).catch(() => path)))
      return [transfer.view]
    }
    const name = order.paths.length === 1 ? basename(path) : `${basename(path)} and ${order.paths.length - 1} more`
    const head = transfers.addGroup('share', name, { id: order.id, sizeBytes: null })
    head.set({ state: 'running', step: 'looking through the folders' })
    const refused: TransferView[] = []
    const naming = this.#names.begin()
    const rules = { ...this.#deps.rules(), shareDir: shareDir(), homes: this.#deps.homes, naming }
    const listing = listWishes(order, rules, AbortSignal.any([head.signal, this.#deps.signal()]))
    const begun = Promise.withResolvers<void>()
    this.#deps.runner.keep(
      this.#many(order, head, isNew ? listing : this.#stillWished(listing), (wrong, error) => {
        const transfer = transfers.add('share', wrong, { cid: null, sizeBytes: null, group: head.view.group })
        refused.push(transfer.fail(error))
      }).finally(() => {
        naming.end()
        begun.resolve()
      }),
    )
    // Paths that cannot be looked at are told at once, as far as that takes no longer than a person waits.
    await Promise.race([listing.catch(() => {}), begun.promise])
    return [head.view, ...refused]
  }

  async #one(order: DropOrder, transfer: Transfer, path: string): Promise<void> {
    const { drops, unshared, clock } = this.#deps
    // Should it be a folder by now.
    const naming = this.#names.begin()
    const share = async (options: FileOptions): Promise<SharedFile> => {
      const { wishes, wrong } = await listWishes(
        { ...order, paths: [path] },
        { ...this.#deps.rules(), shareDir: this.#deps.shareDir(), homes: this.#deps.homes, naming },
        options.signal,
      )
      const [wish] = wishes
      if (wish === undefined) throw wrong[0]?.error
      unshared.set(wish.file.path, false)
      return patiently(
        { ...wish, single: true },
        {
          clock,
          signal: options.signal,
          again: () => transfer.set({ state: 'waiting', step: 'waiting for it to stop growing', doneBytes: 0 }),
          share: (now) => this.#deps.files.share(now, options),
        },
      )
    }
    const held = { now: order.paused, changed: (paused: boolean): void => drops.hold(order.id, paused) }
    await this.#deps.runner.one(transfer, transfer.view.sizeBytes ?? 0, undefined, share, held).catch(() => {})
    naming.end()
    if (this.#deps.signal().aborted) return
    drops.forget(order.id)
    if (transfer.view.state !== 'failed') return
    transfer.control = {
      resume: () => {
        drops.put({ ...order, paused: false })
        transfer.reopen()
        this.#deps.runner.keep(this.#one({ ...order, paused: false }, transfer, path))
      },
    }
  }

  async #many(
    order: DropOrder,
    head: Transfer,
    listing: ReturnType<typeof listWishes>,
    refuse: (name: string, error: unknown) => void,
  ): Promise<void> {
    const { drops, unshared, finished } = this.#deps
    try {
      const { wishes, folders, wrong } = await listing
      const [folder] = folders
      if (order.paths.length === 1 && folder !== undefined) head.set({ name: folder })
      for (const { name, error } of wrong) refuse(name, error)
      for (const { file } of wishes) unshared.set(file.path, false)
      if (wishes.length === 0) {
        throw (
          wrong[0]?.error ?? new SwarmError('NOT_FOUND', `${shown(head.view.name)} holds no file that can be shared.`)
        )
      }
      await this.#run(order, head, wishes, wrong.length)
    } catch (error) {
      this.#deps.runner.ended(head, head.signal.aborted ? head.signal.reason : error)
    }
    if (!this.#deps.signal().aborted) drops.forget(order.id)
    if (head.view.state !== 'failed') finished(head.view)
  }

  /** What was unshared since it was dropped stays so. */
  async #stillWished(listing: ReturnType<typeof listWishes>): ReturnType<typeof listWishes> {
    const { unshared, shareDir } = this.#deps
    const { wishes, ...others } = await listing
    const pathOf = ({ file, how }: FileWish): string => (how === 'copy' ? join(shareDir(), file.name) : file.path)
    return { wishes: wishes.filter((wish) => !unshared.has(pathOf(wish))), ...others }
  }

  async #run(order: DropOrder, head: Transfer, wishes: readonly FileWish[], refused: number): Promise<void> {
    const { drops } = this.#deps
    const drop = new ShareDrop(
      {
        ...this.#deps,
        sharer: this.#deps.files,
        places: this.#deps.runner.places,
        failed: (error, name) => this.#deps.runner.note(error, name),
      },
      head,
      wishes,
      refused,
    )
    const hold = (paused: boolean): void => drops.hold(order.id, paused)
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
    drops.put({ ...order, paused: false })
    drop.leaveFailures()
    head.reopen()
    head.set({ state: 'running' })
    this.#deps.runner.keep(
      this.#runDrop(head, drop)
        .catch((error: unknown) => this.#deps.runner.ended(head, error))
        .finally(() => {
          if (!signal().aborted) drops.forget(order.id)
          finished(head.view)
        }),
    )
  }
}

function isStats(value: unknown): value is Stats {
  return value instanceof Object && 'isFile' in value
}
