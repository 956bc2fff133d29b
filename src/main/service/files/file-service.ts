import { defaultFileSettings, type FileSettings, type StorageView } from '../../../shared/file-views.ts'
import type { Cid } from '../../../shared/ids.ts'
import { Emitter, type EventSource, type Unsubscribe } from '../../base/emitter.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { LogReader } from '../logs/log-reader.ts'
import type { BlockStore } from './block-store.ts'
import type { Fetching } from './fetching.ts'
import type { FileFinder } from './file-finder.ts'
import { makeFileParts, type FileParts } from './file-parts.ts'
import type { FileReader } from './file-reader.ts'
import type { FileServiceDeps, FileServiceEvents, FileServiceInit } from './file-service-init.ts'
import type { ShareList } from './share-list.ts'
import type { Sharing } from './sharing.ts'
import { storageView } from './storage.ts'
import type { TransferList } from './transfer-list.ts'
import { removeParts } from './write-file.ts'

export type { FileServiceDeps, FileServiceEvents, FileServiceInit } from './file-service-init.ts'

/** The swarm's files as this peer sees them; each part is asked for what it does, and this starts and stops them all. */
export class FileService implements Startable {
  /** What the swarm shares. */
  readonly shares: ShareList
  /** What is on its way. */
  readonly transfers: TransferList
  /** Makes files of this machine shares of the swarm. */
  readonly sharing: Sharing
  /** Brings files here and keeps them. */
  readonly fetching: Fetching
  /** Reads files, also those that are not here. */
  readonly reader: FileReader
  /** What a URI stands for, who has it, and the file channels. */
  readonly finder: FileFinder
  /** Looks into files without all of them being fetched. */
  readonly logs: LogReader
  /** Single blocks in the store of the files; to be used while the service runs. */
  readonly blocks: BlockStore
  readonly #deps: FileServiceDeps
  readonly #events: Emitter<FileServiceEvents>
  readonly #parts: FileParts
  #dirs: { readonly shareDir: string; readonly downloadDir: string }
  #settings: FileSettings
  #run = new AbortController()
  #running = false
  #off: Unsubscribe[] = []

  constructor(deps: FileServiceDeps, init: FileServiceInit) {
    this.#deps = deps
    this.#dirs = { shareDir: init.shareDir, downloadDir: init.downloadDir }
    this.#settings = init.settings ?? defaultFileSettings
    this.#events = new Emitter((err, name) => deps.log.error({ err, event: name }, 'a listener of the files failed'))
    this.#parts = makeFileParts(deps, init, {
      events: this.#events,
      signal: () => this.#run.signal,
      downloadDir: () => this.#dirs.downloadDir,
    })
    const { shares, transfers, sharing, fetching, reader, finder, logs, blocks } = this.#parts
    this.shares = shares
    this.transfers = transfers
    this.sharing = sharing
    this.fetching = fetching
    this.reader = reader
    this.finder = finder
    this.logs = logs
    this.blocks = blocks
  }

  get events(): EventSource<FileServiceEvents> {
    return this.#events
  }

  /** @throws SwarmError DISK_FULL, PERMISSION_DENIED when the block store cannot be opened */
  async start(): Promise<void> {
    if (this.#running) return
    this.#running = true
    this.#run = new AbortController()
    const { node, book, peerId } = this.#deps
    const { store, index, pins, shareBook, copies, collector } = this.#parts
    await store.start()
    await index.load()
    pins.load()
    this.fetching.load()
    await removeParts([this.#dirs.shareDir, this.#dirs.downloadDir], peerId)
    await this.finder.start()
    await shareBook.start()
    await copies.start()
    this.#off = [
      node.events.on('link:up', () => this.fetching.look()),
      book.events.on('bucket:merged', ({ bucket, arrival }) => {
        // A peer that is heard again is "alive" again; its files' copies show it.
        if (bucket === 'machines' && arrival.via !== 'authored') this.fetching.look()
      }),
    ]
    await this.sharing.start()
    await this.fetching.start()
    await collector.start()
    store.settle()
    await this.logs.start()
  }

  async stop(): Promise<void> {
    if (!this.#running) return
    this.#running = false
    this.#run.abort()
    for (const off of this.#off) off()
    this.#off = []
    const { store, index, shareBook, copies, collector } = this.#parts
    await this.logs.stop()
    await collector.stop()
    await this.sharing.stop()
    await this.fetching.stop()
    for (const transfer of this.transfers.all())
      if (!transfer.over && transfer.view.state === 'running') await transfer.ended
    await index.save()
    await copies.stop()
    shareBook.stop()
    await this.finder.stop()
    await store.stop()
  }

  /** Changes the folders; what lies in the old share folder is no longer shared once the new one was looked at. */
  async setDirs(dirs: { readonly shareDir: string; readonly downloadDir: string }): Promise<void> {
    this.#dirs = { shareDir: dirs.shareDir, downloadDir: dirs.downloadDir }
    await this.sharing.setShareDir(dirs.shareDir)
  }

  /** Takes effect at once. */
  applySettings(settings: FileSettings): void {
    this.#settings = settings
    const { bandwidth, store } = this.#parts
    bandwidth.apply(settings)
    this.fetching.applySettings(settings)
    this.sharing.applySettings(settings)
    store.use(settings.store).catch((err: unknown) => {
      this.#deps.log.error({ err }, 'the store of the files could not be changed')
    })
  }

  /** A pinning service has these now, or no longer. */
  pinsChanged(cids: readonly Cid[]): void {
    this.#parts.copies.heard(cids)
    this.#events.emit('shares:changed', { cids })
  }

  /** How the bytes are kept here, and how much room they take. */
  storage(): Promise<StorageView> {
    const { index, store, bandwidth } = this.#parts
    const { files, held } = index
    const kept = new Set([...files.values()].map(({ cid }) => cid).concat(this.fetching.wanted()))
    for (const [cid, { copy }] of held) if (!copy || this.fetching.isKept(cid)) kept.add(cid)
    const { quotaBytes } = this.#settings
    return storageView({ stores: store, bandwidth, held, kept, quotaBytes }, { signal: this.#run.signal })
  }

  /** What may still be written where the bytes are kept; null: that cannot be told. */
  async freeBytes(): Promise<number | null> {
    return (await this.#parts.store.room())?.freeBytes ?? null
  }

  /** Where the Kubo that keeps the files can be dialled by other peers; undefined: there is none. */
  get kuboAddresses(): readonly string[] | undefined {
    return this.#parts.store.kuboAddresses
  }

  /** What an operator should know and do something about. */
  warnings(): readonly { readonly code: string; readonly message: string }[] {
    const { store, copies } = this.#parts
    return [...this.sharing.warnings(), ...store.warnings(), ...copies.warnings()]
  }
}
