import { join } from 'node:path'
import { SwarmError } from '../../../shared/errors.ts'
import {
  defaultFileSettings,
  type FileChannelView,
  type FileSettings,
  type FollowView,
  type FoundView,
  type StorageView,
} from '../../../shared/file-views.ts'
import type { Cid, PeerId } from '../../../shared/ids.ts'
import type { ShareView, TransferView } from '../../../shared/views.ts'
import { Emitter, type EventSource, type Unsubscribe } from '../../base/emitter.ts'
import type { Startable } from '../../base/lifecycle.ts'
import { LogReader } from '../logs/log-reader.ts'
import { FileBandwidth } from './bandwidth.ts'
import { BlockPins } from './block-pins.ts'
import { blockStoreOf, type BlockStore } from './block-store.ts'
import { Collector } from './collector.ts'
import { ContentStores } from './content-stores.ts'
import { roomAt } from './disk-room.ts'
import type { FetchTarget } from './fetch-queue.ts'
import type { FetchOptions } from './fetcher.ts'
import { Fetching, type FetchAllQuery } from './fetching.ts'
import type { FollowDraft } from './follow-book.ts'
import { FileFinder, type FindOptions } from './file-finder.ts'
import { fits, type FileQuery } from './file-query.ts'
import type { FileServiceDeps, FileServiceEvents, FileServiceInit } from './file-service-init.ts'
import { Holders } from './holders.ts'
import { parseCid } from './parse-cid.ts'
import { NoProviderError } from './provider-pool.ts'
import { ShareBook, type Here } from './share-book.ts'
import { ShareIndex } from './share-index.ts'
import { Sharing } from './sharing.ts'
import type { StreamOptions } from './sharer.ts'
import { storageView } from './storage.ts'
import { TransferList } from './transfer-list.ts'
import { removeParts } from './write-file.ts'

export type { FileServiceDeps, FileServiceEvents, FileServiceInit } from './file-service-init.ts'

/** How long `stat` looks for a file that is not here. */
const statTimeoutMs = 15_000

/** The swarm's files as this peer sees them: what is shared, what is on its way, and the bytes themselves. */
export class FileService implements Startable {
  /** Single blocks in the store of the files; to be used while the service runs. */
  readonly blocks: BlockStore
  /** Looks into files without all of them being fetched. */
  readonly logs: LogReader
  readonly #deps: FileServiceDeps
  readonly #events: Emitter<FileServiceEvents>
  readonly #store: ContentStores
  readonly #bandwidth: FileBandwidth
  readonly #pins: BlockPins
  readonly #book: ShareBook
  readonly #index: ShareIndex
  readonly #transfers: TransferList
  readonly #finder: FileFinder
  readonly #holders: Holders
  readonly #sharing: Sharing
  readonly #fetching: Fetching
  readonly #collector: Collector
  readonly #here: Here = { isLocal: (cid) => this.#index.held.has(cid), isKept: (cid) => this.#fetching.isKept(cid) }
  #dirs: { readonly shareDir: string; readonly downloadDir: string }
  #settings: FileSettings
  #run = new AbortController()
  #running = false
  #off: Unsubscribe[] = []

  constructor(deps: FileServiceDeps, init: FileServiceInit) {
    this.#deps = deps
    this.#dirs = { shareDir: init.shareDir, downloadDir: init.downloadDir }
    const settings = init.settings ?? defaultFileSettings
    this.#settings = settings
    const { clock, counters, log, book, node, peerId } = deps
    this.#events = new Emitter((err, name) => log.error({ err, event: name }, 'a listener of the files failed'))
    const signal = (): AbortSignal => this.#run.signal
    this.#index = new ShareIndex(deps, { path: join(init.home, 'files.json') })
    this.#transfers = new TransferList({
      clock,
      changed: ({ id }) => this.#events.emit('transfers:changed', { ids: [id] }),
    })
    this.#pins = new BlockPins(deps, { path: join(init.home, 'pins.json') })
    const blocksDir = init.blocksDir ?? join(init.home, 'blocks')
    this.#bandwidth = new FileBandwidth(deps, settings)
    this.#store = new ContentStores(
      {
        ...deps,
        libp2p: () => node.libp2p,
        bandwidth: this.#bandwidth,
        blame: (peer) => node.offenders.add(peer),
        mayGive: (peer, cid) => this.mayGive(peer, cid),
        held: () => this.#index.held,
        onCorrupt: () => this.#sharing.repairSoon(),
        lost: () => this.#sharing.repairSoon(),
        away: (cids) => this.#sharing.addAgain(cids),
        onBack: () => {
          this.#sharing.look()
          this.#fetching.look()
          this.#collector.soon()
        },
      },
      { ...init, blocksDir, store: settings.store },
    )
    this.blocks = blockStoreOf(this.#store.own, this.#pins, () => this.#collector.soon())
    this.#book = new ShareBook({
      book,
      counters,
      self: peerId,
      nameOf: deps.nameOf,
      isAlive: (peer) => peer === peerId || deps.statusOf(peer) === 'alive',
      now: () => clock.now(),
      changed: (cids) => {
        this.#events.emit('shares:changed', { cids })
        this.#fetching.look()
        this.#fetching.heard(cids)
      },
    })
    this.#finder = new FileFinder(
      {
        ...deps,
        shares: this.#book,
        index: this.#index,
        events: this.#events,
        signal,
        changed: (cids) => {
          this.#events.emit('shares:changed', { cids })
          // What is followed may be on a channel that was joined just now.
          this.#fetching.heard(cids)
        },
      },
      { home: init.home },
    )
    this.#holders = new Holders({ ...deps, shares: this.#book, finder: this.#finder })
    const common = {
      ...deps,
      store: this.#store,
      shares: this.#book,
      index: this.#index,
      transfers: this.#transfers,
      holders: this.#holders,
      signal,
    }
    this.#sharing = new Sharing(
      {
        ...common,
        changed: (cids) => this.#events.emit('shares:changed', { cids }),
        finished: (view) => this.#finished('share:finished', view),
        forgot: (id) => this.#events.emit('transfers:changed', { ids: [id] }),
      },
      { ...init, settings },
    )
    this.#fetching = new Fetching(
      {
        ...common,
        blocks: this.#store.blocks,
        roomAt: (folder) => (folder === blocksDir ? this.#store.room() : roomAt(folder)),
        collector: () => this.#collector,
        downloadDir: () => this.#dirs.downloadDir,
        share: (cid) => this.share(cid),
        listed: () => this.shares(),
        changed: (cids) => this.#events.emit('shares:changed', { cids }),
        finished: (view) => this.#finished('fetch:finished', view),
      },
      { ...init, settings, blocksDir },
    )
    this.#collector = new Collector(
      {
        ...common,
        kept: () => ({ whole: this.#index.held, partial: this.#partial(), blocks: this.#pins.all() }),
      },
      init.collectAfterMs === undefined ? {} : { afterMs: init.collectAfterMs },
    )
    this.#index.onReleased = () => this.#collector.soon()
    this.logs = new LogReader({
      ...deps,
      content: (cid, options) => this.content(cid, options),
      stat: (cid) => this.stat(cid),
      share: (cid) => this.share(cid),
    })
  }

  get events(): EventSource<FileServiceEvents> {
    return this.#events
  }

  /** @throws SwarmError DISK_FULL, PERMISSION_DENIED when the block store cannot be opened */
  async start(): Promise<void> {
    if (this.#running) return
    this.#running = true
    this.#run = new AbortController()
    await this.#store.start()
    await this.#index.load()
    this.#pins.load()
    await removeParts([this.#dirs.shareDir, this.#dirs.downloadDir], this.#deps.peerId)
    await this.#finder.start()
    await this.#book.start()
    this.#off = [
      this.#deps.node.events.on('link:up', () => this.#fetching.look()),
      this.#deps.book.events.on('bucket:merged', ({ bucket, arrival }) => {
        // A peer that is heard again is "alive" again; its files' copies show it.
        if (bucket === 'machines' && arrival.via !== 'authored') this.#fetching.look()
      }),
    ]
    await this.#sharing.start()
    await this.#fetching.start()
    await this.#collector.start()
    this.#store.settle()
    await this.logs.start()
  }

  async stop(): Promise<void> {
    if (!this.#running) return
    this.#running = false
    this.#run.abort()
    for (const off of this.#off) off()
    this.#off = []
    await this.logs.stop()
    await this.#collector.stop()
    await this.#sharing.stop()
    await this.#fetching.stop()
    for (const transfer of this.#transfers.all())
      if (!transfer.over && transfer.view.state === 'running') await transfer.ended
    await this.#index.save()
    this.#book.stop()
    await this.#finder.stop()
    await this.#store.stop()
  }

  /** What the swarm shares, newest first; of file channels only those that this peer has joined. */
  shares(): readonly ShareView[] {
    return this.#book.list(this.#here).filter((share) => this.#finder.isShown(share))
  }

  share(cid: Cid): ShareView | undefined {
    const share = this.#book.view(cid, this.#here)
    return share !== undefined && this.#finder.isShown(share) ? share : undefined
  }

  /** Those of the shared files that are meant, newest first. */
  matching(query: FileQuery): readonly ShareView[] {
    return this.shares().filter((share) => fits(share, query))
  }

  /** What a URI stands for, and who has it. @throws SwarmError INVALID_INPUT */
  find(uri: string, options: FindOptions = {}): Promise<FoundView> {
    return this.#finder.find(uri, options)
  }

  /** The file that a URI stands for. @throws SwarmError INVALID_INPUT, NOT_FOUND */
  resolve(uri: string, options: { readonly signal: AbortSignal }): Promise<Cid> {
    return this.#finder.resolve(uri, options)
  }

  /** All of a file was read, and its SHA-1 is not what was said: the next file that is said to have it is tried. */
  disproveSha1(sha1: string, cid: Cid): void {
    this.#finder.disprove(sha1, cid)
  }

  /** Whether a peer may be given a file: one of a file channel only to those on it. */
  mayGive(peer: PeerId | null, cid: Cid): boolean {
    return this.#finder.scope.sees(peer, cid)
  }

  channels(): readonly FileChannelView[] {
    return this.#finder.listChannels()
  }

  /** @throws SwarmError INVALID_INPUT, LIMIT_REACHED */
  joinChannel(name: string): FileChannelView {
    this.#finder.channels.join(name)
    return this.#finder.viewChannel(name)
  }

  /** @throws SwarmError INVALID_INPUT */
  leaveChannel(name: string): FileChannelView {
    this.#finder.channels.leave(name)
    return this.#finder.viewChannel(name)
  }

  /** Transfers under way and the last hundred that ended, oldest first. */
  transfers(): readonly TransferView[] {
    return this.#transfers.all().map((transfer) => transfer.view)
  }

  transfer(id: string): TransferView | undefined {
    return this.#transfers.get(id)?.view
  }

  /** Stops a transfer; what came stays in the store. One that has ended stays as it is. @throws SwarmError NOT_FOUND */
  cancel(id: string): TransferView {
    return this.#transfers.cancel(id)
  }

  /** Holds a transfer; it keeps what it has. @throws SwarmError NOT_FOUND, UNSUPPORTED */
  pause(id: string): TransferView {
    return this.#transfers.pause(id)
  }

  /** Goes on with a held one, or tries a failed one again. @throws SwarmError NOT_FOUND, UNSUPPORTED */
  resume(id: string): TransferView {
    return this.#transfers.resume(id)
  }

  /** Which of those that wait comes first. @throws SwarmError NOT_FOUND */
  setPriority(id: string, priority: TransferView['priority']): TransferView {
    return this.#transfers.setPriority(id, priority)
  }

  clearEnded(): void {
    const ids = this.#transfers.clearEnded()
    if (ids.length > 0) this.#events.emit('transfers:changed', { ids })
  }

  /**
   * Writes what comes into the share folder under this name (or `name (2)`), and shares it at once. Resolves when it
   * has ended; one that failed has its `error`. @throws SwarmError INVALID_INPUT for a name that is none
   */
  shareStream(name: string, bytes: AsyncIterable<Uint8Array>, options: StreamOptions = {}): Promise<TransferView> {
    return this.#sharing.shareStream(name, bytes, options)
  }

  /** Shares files and folders of this machine: see `Sharer.sharePaths`. @throws SwarmError LIMIT_REACHED */
  sharePaths(
    paths: readonly string[],
    options: { readonly how?: 'copy' | 'link'; readonly channel?: string | null } = {},
  ): Promise<readonly TransferView[]> {
    return this.#sharing.sharePaths(paths, options)
  }

  /** Stops sharing a file, which stays where it lies. @throws SwarmError NOT_FOUND */
  unshare(cid: Cid): void {
    this.#sharing.unshare(cid)
  }

  /**
   * Begins to fetch a file; it goes on by itself, also after a restart. @throws SwarmError INVALID_INPUT, LIMIT_REACHED
   */
  fetch(cid: Cid, options: FetchOptions): TransferView {
    parseCid(cid)
    return this.#fetching.fetch(cid, options)
  }

  /** Begins to fetch all that match and are not here; tells their transfers. @throws SwarmError LIMIT_REACHED */
  fetchAll(query: FetchAllQuery, options: { readonly to: FetchTarget }): readonly TransferView[] {
    return this.#fetching.fetchAll(query, options)
  }

  /** Keeps a file here for good, fetching it if need be, or no longer. @throws SwarmError INVALID_INPUT */
  keep(cid: Cid, kept: boolean): void {
    parseCid(cid)
    this.#fetching.keep(cid, kept)
  }

  /** Takes in a file that somebody brought; false when the bytes are not those that the CID names. @throws SwarmError DISK_FULL */
  takeIn(cid: Cid, bytes: AsyncIterable<Uint8Array>, options: { readonly signal: AbortSignal }): Promise<boolean> {
    return this.#fetching.takeIn(cid, bytes, { signal: AbortSignal.any([options.signal, this.#run.signal]) })
  }

  /** What is fetched by itself as soon as somebody shares it. */
  follows(): readonly FollowView[] {
    return this.#fetching.follows()
  }

  /** Fetches all that matches, now and from now on. @throws SwarmError INVALID_INPUT, LIMIT_REACHED */
  follow(draft: FollowDraft): FollowView {
    return this.#fetching.follow(draft)
  }

  /** @throws SwarmError NOT_FOUND */
  unfollow(id: string): void {
    this.#fetching.unfollow(id)
  }

  /** The bytes, checked, from here or from the swarm. @throws SwarmError FETCH_FAILED when no peer gives them */
  async *content(
    cid: Cid,
    options: { readonly offset?: number; readonly length?: number; readonly signal: AbortSignal },
  ): AsyncGenerator<Uint8Array> {
    parseCid(cid)
    const signal = AbortSignal.any([options.signal, this.#run.signal])
    this.#fetching.used(cid)
    try {
      if (!this.#index.held.has(cid)) await this.#holders.connect(cid, signal)
      yield* this.#store.read(cid, { ...options, signal, from: this.#holders.source(cid) })
    } catch (error) {
      throw this.#told(error, cid)
    } finally {
      // What was read from the swarm stays only as long as a look at it may be repeated.
      if (!this.#index.held.has(cid)) this.#collector.soon()
    }
  }

  /** @throws SwarmError FETCH_FAILED when it is not here and no peer tells within 15 s */
  async stat(cid: Cid): Promise<{ readonly sizeBytes: number; readonly local: boolean }> {
    parseCid(cid)
    const held = this.#index.held.get(cid)
    if (held !== undefined) return { sizeBytes: held.sizeBytes, local: true }
    const signal = AbortSignal.any([this.#run.signal, AbortSignal.timeout(statTimeoutMs)])
    try {
      await this.#holders.connect(cid, signal)
      return { sizeBytes: await this.#store.sizeBytes(cid, { signal, from: this.#holders.source(cid) }), local: false }
    } catch (error) {
      throw this.#told(signal.aborted ? new NoProviderError(parseCid(cid), []) : error, cid)
    }
  }

  /** Changes the folders; what lies in the old share folder is no longer shared once the new one was looked at. */
  async setDirs(dirs: { readonly shareDir: string; readonly downloadDir: string }): Promise<void> {
    this.#dirs = { shareDir: dirs.shareDir, downloadDir: dirs.downloadDir }
    await this.#sharing.setShareDir(dirs.shareDir)
  }

  /** Takes effect at once. */
  applySettings(settings: FileSettings): void {
    this.#settings = settings
    this.#bandwidth.apply(settings)
    this.#fetching.applySettings(settings)
    this.#sharing.applySettings(settings)
    this.#store.use(settings.store).catch((err: unknown) => {
      this.#deps.log.error({ err }, 'the store of the files could not be changed')
    })
  }

  /** How the bytes are kept here, and how much room they take. */
  storage(): Promise<StorageView> {
    const { files, held } = this.#index
    const kept = new Set([...files.values()].map(({ cid }) => cid).concat(this.#fetching.wanted()))
    for (const [cid, { copy }] of held) if (!copy || this.#fetching.isKept(cid)) kept.add(cid)
    const { quotaBytes } = this.#settings
    return storageView(
      { stores: this.#store, bandwidth: this.#bandwidth, held, kept, quotaBytes },
      { signal: this.#run.signal },
    )
  }

  /** Where the Kubo that keeps the files can be dialled by other peers; undefined: there is none. */
  get kuboAddresses(): readonly string[] | undefined {
    return this.#store.kuboAddresses
  }

  /** What an operator should know and do something about. */
  warnings(): readonly { readonly code: string; readonly message: string }[] {
    return [...this.#sharing.warnings(), ...this.#store.warnings()]
  }

  #partial(): readonly Cid[] {
    return [...this.#book.ownCids(), ...this.#fetching.wanted()]
  }

  #finished(event: 'fetch:finished' | 'share:finished', view: TransferView): void {
    if (view.cid !== null) this.#events.emit('shares:changed', { cids: [view.cid] })
    if (view.cid !== null && event === 'fetch:finished' && view.state === 'done') this.#store.cameIn(view.cid)
    this.#events.emit(event, view)
  }

  #told(error: unknown, cid: Cid): unknown {
    if (!(error instanceof NoProviderError)) return error
    return new SwarmError('FETCH_FAILED', this.#holders.explain(cid), { cause: error, detail: { cid } })
  }
}
