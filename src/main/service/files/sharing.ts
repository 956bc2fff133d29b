import { join } from 'node:path'
import type { FileSettings } from '../../../shared/file-views.ts'
import type { Cid } from '../../../shared/ids.ts'
import type { TransferView } from '../../../shared/views.ts'
import { startAll, stopAll, type Startable } from '../../base/lifecycle.ts'
import { LogInspector } from '../logs/log-inspector.ts'
import { withFlight } from '../logs/flight-fact.ts'
import type { ContentStore } from './content-store.ts'
import { DropBook } from './drop-book.ts'
import type { FileServiceDeps, FileServiceInit } from './file-service-init.ts'
import { Homes } from './homes.ts'
import type { LeftOut } from './left-out.ts'
import { LinkedFiles } from './linked-files.ts'
import type { ShareBook } from './share-book.ts'
import { ShareCare } from './share-care.ts'
import { ShareFolder } from './share-folder.ts'
import type { ShareIndex } from './share-index.ts'
import type { ShareRoomDeps } from './share-room.ts'
import { Sharer, type StreamOptions } from './sharer.ts'
import type { TransferList } from './transfer-list.ts'
import { UnsharedBook } from './unshared-book.ts'

export interface SharingDeps extends FileServiceDeps, ShareRoomDeps {
  readonly store: ContentStore
  readonly shares: ShareBook
  readonly index: ShareIndex
  readonly transfers: TransferList
  readonly downloadDir: () => string
  /** Whether this peer is on a file channel. */
  readonly isJoined: (channel: string) => boolean
  /** Aborts when the service stops. */
  readonly signal: () => AbortSignal
  readonly finished: (view: TransferView) => void
  /** What this machine knows of these files differs now. */
  readonly changed: (cids: readonly Cid[]) => void
  /** The copy here is to be kept. */
  readonly isKept: (cid: Cid) => boolean
  /** A kept copy is to be fetched once more. */
  readonly fetchAgain: (cid: Cid) => void
}

export type SharingInit = Pick<FileServiceInit, 'home' | 'shareDir' | 'quietMs' | 'rescanMs'> & {
  readonly settings: FileSettings
}

/** All that makes files of this machine shares of the swarm: the share folder, drops, links, uploads. */
export class Sharing implements Startable {
  readonly #deps: SharingDeps
  readonly #init: SharingInit
  readonly #drops: DropBook
  readonly #unshared: UnsharedBook
  readonly #inspector: LogInspector
  readonly #sharer: Sharer
  readonly #care: ShareCare
  readonly #linked: LinkedFiles
  readonly #homes: Homes
  #folder: ShareFolder
  #shareDir: string
  #settings: FileSettings
  #running = false

  constructor(deps: SharingDeps, init: SharingInit) {
    this.#deps = deps
    this.#init = init
    this.#shareDir = init.shareDir
    this.#settings = init.settings
    this.#drops = new DropBook(deps, { path: join(init.home, 'drops.json') })
    this.#unshared = new UnsharedBook(deps, { path: join(init.home, 'unshared.json') })
    this.#inspector = new LogInspector(deps)
    this.#homes = new Homes({ home: init.home, open: () => [this.#shareDir, deps.downloadDir()] })
    this.#sharer = new Sharer({
      ...deps,
      drops: this.#drops,
      unshared: this.#unshared,
      homes: this.#homes,
      inspect: async (path, about) => withFlight(await this.#inspector.inspectFile(path, about), about.name),
      shareDir: () => this.#shareDir,
      rules: () => this.#settings,
    })
    this.#care = new ShareCare({
      ...deps,
      whenDeleted: () => this.#settings.whenDeleted,
      repaired: (cids) => {
        deps.changed(cids)
        this.#folder.look()
      },
    })
    this.#linked = new LinkedFiles(
      {
        ...deps,
        homes: this.#homes,
        changed: (file, options) => this.#sharer.shareFound(file, { ...options, how: 'link' }),
        gone: (path) => this.#care.forgetLinked(path),
        closed: (path) => this.#care.forgetLinked(path, true),
      },
      init.rescanMs === undefined ? {} : { everyMs: init.rescanMs },
    )
    this.#folder = this.#openFolder()
  }

  async start(): Promise<void> {
    if (this.#running) return
    this.#running = true
    this.#unshared.load(this.#drops.load())
    await startAll([this.#inspector, this.#care, this.#folder, this.#linked])
    this.#sharer.resume()
  }

  /** The signal must have been aborted. */
  async stop(): Promise<void> {
    if (!this.#running) return
    this.#running = false
    await stopAll([this.#inspector, this.#care, this.#folder, this.#linked])
    await this.#sharer.stopped()
    this.#drops.save()
    this.#unshared.save()
  }

  /**
   * Writes what comes into the share folder under this name (or `name (2)`), and shares it at once. Resolves when it
   * has ended; one that failed has its `error`. @throws SwarmError INVALID_INPUT for a name that is none
   */
  shareStream(name: string, bytes: AsyncIterable<Uint8Array>, options: StreamOptions = {}): Promise<TransferView> {
    return this.#sharer.shareStream(name, bytes, options)
  }

  /** Shares files and folders of this machine: see `Sharer.sharePaths`. @throws SwarmError LIMIT_REACHED */
  sharePaths(
    paths: readonly string[],
    options: { readonly how?: 'copy' | 'link'; readonly channel?: string | null } = {},
  ): Promise<readonly TransferView[]> {
    return this.#sharer.sharePaths(paths, options)
  }

  /** Stops sharing a file, which stays where it lies. @throws SwarmError NOT_FOUND */
  unshare(cid: Cid): void {
    this.#sharer.unshare(cid)
    this.#deps.changed([cid])
  }

  /** A block was found damaged. */
  repairSoon(): void {
    this.#care.repairSoon()
  }

  /** Looks at the share folder, where something that could not be shared may now be. */
  look(): void {
    if (this.#running) this.#folder.look()
  }

  /** These files of the share folder are to be read and added once more. */
  addAgain(cids: readonly Cid[]): void {
    const { index } = this.#deps
    const wanted = new Set(cids)
    // The index goes on telling with whom each is shared: where no record does, nothing else could.
    for (const [path, { cid }] of index.files) if (wanted.has(cid)) index.unread(path)
    this.look()
  }

  applySettings(settings: FileSettings): void {
    this.#settings = settings
    if (this.#running) this.#folder.look()
  }

  /** What lies in the old folder is no longer shared once the new one was looked at. */
  async setShareDir(shareDir: string): Promise<void> {
    if (shareDir === this.#shareDir) return
    this.#shareDir = shareDir
    const old = this.#folder
    this.#folder = this.#openFolder()
    await old.stop()
    if (this.#running) await this.#folder.start()
  }

  /** What is in the share folder and is not shared, as of the last look. */
  get leftOut(): readonly LeftOut[] {
    return this.#folder.leftOut
  }

  warnings(): readonly { readonly code: string; readonly message: string }[] {
    return this.#folder.warnings()
  }

  #openFolder(): ShareFolder {
    const { quietMs, rescanMs } = this.#init
    return new ShareFolder(
      {
        ...this.#deps,
        homes: this.#homes,
        rules: () => this.#settings,
        known: (file) => this.#sharer.known(file),
        ready: (file, options) => this.#sharer.shareFound(file, options),
        seen: (files, lookedAtMs, isLeftOut) => {
          this.#care.forgetGone(files, lookedAtMs, isLeftOut)
          this.#sharer.forgetUnshared(files)
        },
      },
      {
        dir: this.#shareDir,
        ...(quietMs === undefined ? {} : { quietMs }),
        ...(rescanMs === undefined ? {} : { rescanMs }),
      },
    )
  }
}
