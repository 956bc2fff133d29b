import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { FileSettings, FollowView } from '../../../shared/file-views.ts'
import type { Cid } from '../../../shared/ids.ts'
import type { TransferView } from '../../../shared/views.ts'
import { bytesHere } from './bytes-here.ts'
import { CopyBook } from './copy-book.ts'
import { CopyRoom } from './copy-room.ts'
import { FetchOrders } from './fetch-orders.ts'
import { FetchQueue, folderOf } from './fetch-queue.ts'
import { Fetcher, type FetchOptions } from './fetcher.ts'
import type { FetchingDeps, FetchingInit } from './fetching-init.ts'
import type { FollowDraft } from './follow-book.ts'
import { Following } from './following.ts'
import { parseCid } from './parse-cid.ts'
import { takeIn } from './take-in.ts'
import { asked, groupName, mustFit, wantedFiles, type FetchAllQuery, type FolderTarget } from './wanted-files.ts'
import { removeParts } from './write-file.ts'

/** All that brings files here and keeps them: single fetches, many at once, what is followed, copies and their room. */
export class Fetching {
  readonly #deps: FetchingDeps
  readonly #queue: FetchQueue
  readonly #copies: CopyBook
  readonly #following: Following
  readonly #orders: FetchOrders
  readonly #room: CopyRoom
  readonly #fetcher: Fetcher

  constructor(deps: FetchingDeps, init: FetchingInit) {
    this.#deps = deps
    const { shares } = deps
    this.#queue = new FetchQueue(deps, {
      path: join(init.home, 'fetches.json'),
      ...(init.maxFetches === undefined ? {} : { max: init.maxFetches }),
    })
    this.#copies = new CopyBook(deps, { path: join(init.home, 'copies.json') })
    this.#following = new Following(
      { ...deps, queue: this.#queue, fetch: (cid, options) => this.fetch(cid, options) },
      { path: join(init.home, 'follows.json') },
    )
    this.#orders = new FetchOrders(
      {
        ...deps,
        wanted: (query, to) => wantedFiles(deps, query, to),
        fetch: (cid, options) => this.fetch(cid, options),
        goesTo: (cid) => this.#fetcher.goesTo(cid),
        room: () => this.#queue.room,
        begun: (id) => this.#queue.all().flatMap(({ cid, group }) => (group?.id === id ? cid : [])),
        saveBegun: () => this.#queue.save(),
      },
      { path: join(init.home, 'fetch-orders.json') },
    )
    this.#room = new CopyRoom(
      {
        ...deps,
        copies: this.#copies,
        wanted: () => this.wanted(),
        withdraw: (cids) => shares.withdrawCopies(cids),
        here: (cid, options) => bytesHere(cid, deps.blocks, options),
        collect: (options) => deps.collector().now(options),
        soon: () => deps.collector().soon(),
      },
      { storeDir: init.blocksDir, quotaBytes: init.settings.quotaBytes },
    )
    this.#fetcher = new Fetcher(
      {
        ...deps,
        queue: this.#queue,
        makeRoom: (need) => this.#room.make(need),
        forgetFailures: () => deps.store.forgetFailures(),
        came: (cid, sizeBytes) => this.#came(cid, sizeBytes),
        released: (view) => {
          deps.collector().soon()
          this.#ended(view)
        },
        finished: (view) => {
          deps.finished(view)
          if (view.state === 'done') this.#ended(view)
          this.#room.tidy()
        },
      },
      init.patienceMs === undefined ? {} : { patienceMs: init.patienceMs },
    )
  }

  /** Which files are kept: before anything looks after what is here. */
  load(): void {
    this.#copies.load()
  }

  /** Goes on with what was under way, once it was loaded and the shares are known. */
  async start(): Promise<void> {
    this.#queue.load()
    this.#following.load()
    // What a killed process left half written; those in the download folder are removed by the service.
    const places = this.#queue.all().flatMap(({ to }) => folderOf(to) ?? [])
    await removeParts(places, this.#deps.peerId)
    this.#fetcher.resume()
    this.#room.tidy()
    this.#orders.start()
    this.#following.start()
  }

  /** The service's signal must have been aborted. */
  async stop(): Promise<void> {
    await this.#fetcher.stopped()
    this.#orders.stop()
    this.#copies.save()
    this.#following.stop()
  }

  /**
   * Begins to fetch a file; it goes on by itself, also after a restart. @throws SwarmError INVALID_INPUT, LIMIT_REACHED
   */
  fetch(cid: Cid, options: FetchOptions): TransferView {
    parseCid(cid)
    return this.#fetcher.fetch(cid, options)
  }

  /**
   * Begins to fetch all that match: see `wantedFiles`. Tells their transfers, which are of one group; of more than can wait
   * the one that stands for all, which begins them by and by. What nobody gives just now waits until somebody does.
   * @throws SwarmError INVALID_INPUT; LIMIT_REACHED when more are named one by one than may wait
   */
  fetchAll(what: FetchAllQuery, { to }: { readonly to: FolderTarget }): readonly TransferView[] {
    const { query, wanted } = asked(this.#deps, what, to)
    const first = wanted[0]
    if (first === undefined) return []
    const name = groupName(query, first.share.originName, wanted.length)
    const more = wanted.filter(({ share }) => !this.#queue.has(share.cid)).length
    if (more > this.#queue.room && query.cids === undefined)
      return [this.#orders.add(query, to, { name, files: wanted })]
    mustFit(more, this.#queue.room)
    const group = { id: randomUUID(), name }
    const begun = wanted.map((one) => this.fetch(one.share.cid, { to: one.to, group }))
    // A person was told that it goes on by itself. Of single fetches scripts begin thousands: those are saved together.
    this.#queue.save()
    return begun
  }

  /** It is a copy from now on. */
  #came(cid: Cid, sizeBytes: number): void {
    const { index, shares, signal } = this.#deps
    index.keepCopy(cid, sizeBytes)
    index.changed(signal())
    shares.copy(cid, sizeBytes)
    this.#copies.used(cid)
  }

  /** For now at least. */
  #ended(view: TransferView): void {
    this.#following.ended(view)
    this.#orders.ended(view)
  }

  isKept(cid: Cid): boolean {
    return this.#copies.isKept(cid)
  }

  /** Keeps a file here for good, fetching it if need be, or lets the quota decide again. @throws SwarmError INVALID_INPUT */
  keep(cid: Cid, kept: boolean): void {
    parseCid(cid)
    this.#copies.keep(cid, kept)
    const { index, signal } = this.#deps
    const held = index.held.get(cid)
    if (kept && held === undefined && !this.#queue.has(cid)) this.fetch(cid, { to: 'store' })
    if (kept) this.#fetcher.claim(cid)
    if (kept && held !== undefined) {
      // It stays though its file in the share folder may go.
      index.keepCopy(cid, held.sizeBytes)
      index.changed(signal())
    }
    if (!kept) this.#room.tidy()
    this.#deps.changed([cid])
  }

  /** Of these, in their order, as many as `hold` takes now: what is here, or on its way, takes no room. */
  fitting(cids: readonly Cid[]): readonly Cid[] {
    const { index } = this.#deps
    let { room } = this.#queue
    return cids.filter((cid) => {
      if (index.held.has(cid) || this.#queue.has(cid)) return true
      room -= 1
      return room >= 0
    })
  }

  /**
   * Keeps these here for good and fetches what is not here, all of one group. Tells the transfers that it takes. What nobody
   * gives just now waits until somebody does. @throws SwarmError LIMIT_REACHED when there are more than may wait: then
   * none is kept
   *
   * @param background what is on its way already stays as it is, urgent or held, and what nobody gives fails and is not
   *   waited for
   */
  hold(
    cids: readonly Cid[],
    {
      background = false,
      ...options
    }: Required<Pick<FetchOptions, 'priority' | 'group'>> & { readonly background?: boolean },
  ): readonly TransferView[] {
    const { index, signal, changed } = this.#deps
    const missing = cids.filter((cid) => !index.held.has(cid))
    mustFit(missing.filter((cid) => !this.#queue.has(cid)).length, this.#queue.room)
    this.#copies.keepAll(cids)
    for (const cid of cids) {
      const held = index.held.get(cid)
      if (held !== undefined) index.keepCopy(cid, held.sizeBytes)
    }
    index.changed(signal())
    changed(cids)
    return missing.map(
      (cid) =>
        (background ? this.#fetcher.active(cid) : undefined) ??
        this.fetch(cid, { to: 'store', ...options, patient: !background }),
    )
  }

  /**
   * Ends a fetch that `hold` began in the background and nobody else has asked for since; false when there is none.
   * @param kept whether it is to stay here once it comes from elsewhere
   */
  callOff(cid: Cid, { kept }: { readonly kept: boolean }): boolean {
    const isOff = this.#fetcher.callOff(cid)
    if (isOff && !kept) this.keep(cid, false)
    return isOff
  }

  /** One that waits, runs or is held; not one that has failed and may be tried again. */
  active(cid: Cid): TransferView | undefined {
    return this.#fetcher.active(cid)
  }

  /** Whether it is on its way, or waits for that, or is tried again when somebody gives it. */
  isWanted(cid: Cid): boolean {
    return this.#queue.has(cid)
  }

  /** See `takeIn`. */
  takeIn(cid: Cid, bytes: AsyncIterable<Uint8Array>, options: { readonly signal: AbortSignal }): Promise<boolean> {
    const { store, signal, collector, changed } = this.#deps
    const came = (one: Cid, sizeBytes: number): void => this.#came(one, sizeBytes)
    const all = { signal: AbortSignal.any([options.signal, signal()]) }
    return takeIn({ store, came, changed, soon: () => collector().soon() }, { cid, bytes }, all)
  }

  /** Somebody here reads it: it is not the next to go. */
  used(cid: Cid): void {
    if (this.#deps.index.held.has(cid)) this.#copies.used(cid)
  }

  /** What is fetched by itself as soon as somebody shares it. */
  follows(): readonly FollowView[] {
    return this.#following.all()
  }

  /** Fetches all that matches, now and from now on. @throws SwarmError INVALID_INPUT, LIMIT_REACHED */
  follow(draft: FollowDraft): FollowView {
    return this.#following.add(draft)
  }

  /** What it has begun goes on. @throws SwarmError NOT_FOUND */
  unfollow(id: string): void {
    this.#following.remove(id)
  }

  applySettings({ quotaBytes }: Pick<FileSettings, 'quotaBytes'>): void {
    this.#room.setQuota(quotaBytes)
  }

  /** A link came up or a record came in: whoever waits looks again. */
  look(): void {
    this.#fetcher.look()
  }

  /** Shares came or changed. */
  heard(cids: readonly Cid[]): void {
    this.#following.heard(cids)
  }

  /** Files on their way, held ones, and those that are tried again. */
  wanted(): readonly Cid[] {
    return this.#fetcher.wanted()
  }
}
