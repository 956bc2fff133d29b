import { join } from 'node:path'
import { defaultFileSettings } from '../../../shared/file-views.ts'
import type { Cid } from '../../../shared/ids.ts'
import type { TransferView } from '../../../shared/views.ts'
import type { Emitter } from '../../base/emitter.ts'
import { LogReader } from '../logs/log-reader.ts'
import { FileBandwidth } from './bandwidth.ts'
import { BlockPins } from './block-pins.ts'
import { blockStoreOf } from './block-store.ts'
import { Collector } from './collector.ts'
import { anyKeeper, CopyWatch } from './copy-watch.ts'
import { ContentStores } from './content-stores.ts'
import { roomAt } from './disk-room.ts'
import { Fetching } from './fetching.ts'
import { FileFinder } from './file-finder.ts'
import { FileReader } from './file-reader.ts'
import type { FileServiceDeps, FileServiceEvents, FileServiceInit } from './file-service-init.ts'
import { Holders } from './holders.ts'
import { ShareBook } from './share-book.ts'
import { ShareIndex } from './share-index.ts'
import { ShareList } from './share-list.ts'
import { Sharing } from './sharing.ts'
import { TransferList } from './transfer-list.ts'

/** What the parts learn from the service. */
export interface FileRun {
  readonly events: Emitter<FileServiceEvents>
  /** Aborts when the service stops. */
  readonly signal: () => AbortSignal
  readonly downloadDir: () => string
}

export type FileParts = ReturnType<typeof makeFileParts>

/** Makes the parts of the service of files and wires them; none is started. */
export function makeFileParts(deps: FileServiceDeps, init: FileServiceInit, { events, signal, downloadDir }: FileRun) {
  const { clock, counters, book, node, peerId } = deps
  const settings = init.settings ?? defaultFileSettings
  const blocksDir = init.blocksDir ?? join(init.home, 'blocks')
  const sharesChanged = (cids: readonly Cid[]): void => events.emit('shares:changed', { cids })
  const finished = (event: 'fetch:finished' | 'share:finished', view: TransferView): void => {
    if (view.cid !== null) sharesChanged([view.cid])
    if (view.cid !== null && event === 'fetch:finished' && view.state === 'done') store.cameIn(view.cid)
    events.emit(event, view)
  }

  const index = new ShareIndex(deps, { path: join(init.home, 'files.json') })
  const transfers = new TransferList({
    clock,
    changed: ({ id }) => events.emit('transfers:changed', { ids: [id] }),
    forgot: (ids) => events.emit('transfers:changed', { ids }),
  })
  const pins = new BlockPins(deps, { path: join(init.home, 'pins.json') })
  const bandwidth = new FileBandwidth(deps, settings)
  const store = new ContentStores(
    {
      ...deps,
      libp2p: () => node.libp2p,
      bandwidth,
      blame: (peer) => node.offenders.add(peer),
      mayGive: (peer, cid) => finder.scope.sees(peer, cid),
      held: () => index.held,
      onCorrupt: () => sharing.repairSoon(),
      lost: () => sharing.repairSoon(),
      away: (cids) => sharing.addAgain(cids),
      onBack: () => {
        sharing.look()
        fetching.look()
        collector.soon()
      },
    },
    { ...init, blocksDir, store: settings.store },
  )
  const blocks = blockStoreOf(store.own, pins, () => collector.soon())
  const shareBook = new ShareBook({
    book,
    counters,
    self: peerId,
    nameOf: deps.nameOf,
    // One that was not heard for some seconds counts as up, as it does for how safe a file is.
    isAlive: (peer) => peer === peerId || ['alive', 'suspect'].includes(deps.statusOf(peer)),
    now: () => clock.now(),
    changed: (cids) => {
      copies.heard(cids)
      sharesChanged(cids)
      fetching.look()
      fetching.heard(cids)
    },
  })
  const finder = new FileFinder(
    {
      ...deps,
      shares: shareBook,
      index,
      events,
      signal,
      changed: (cids) => {
        sharesChanged(cids)
        // What is followed may be on a channel that was joined just now.
        fetching.heard(cids)
      },
    },
    { home: init.home },
  )
  const copies = new CopyWatch({
    ...deps,
    self: peerId,
    shares: shareBook,
    keeperOf:
      deps.keeperOf ??
      ((peer) => ({ ...anyKeeper, name: deps.nameOf(peer), status: deps.statusOf(peer), silentMs: 0 })),
    pinnedAt: deps.pinnedAt ?? (() => []),
    isShown: (cid) => finder.closedTo(cid) === null,
    changed: sharesChanged,
  })
  const here = {
    held: (cid: Cid) => index.held.get(cid),
    isKept: (cid: Cid) => fetching.isKept(cid),
    safetyOf: (cid: Cid) => copies.of(cid),
  }
  const shares = new ShareList({ book: shareBook, finder, here })
  const holders = new Holders({ ...deps, shares: shareBook, finder })
  const common = { ...deps, store, shares: shareBook, index, transfers, holders, signal }
  const sharing = new Sharing(
    {
      ...common,
      storeRoom: () => store.room(),
      freeRoom: async (options) => store.freesBytes && (await collector.now(options)),
      changed: sharesChanged,
      downloadDir,
      isJoined: (channel) => finder.channels.joined(channel),
      isKept: (cid) => fetching.isKept(cid),
      fetchAgain: (cid) => fetching.keep(cid, true),
      finished: (view) => finished('share:finished', view),
    },
    { ...init, settings },
  )
  const fetching: Fetching = new Fetching(
    {
      ...common,
      blocks: store.blocks,
      roomAt: (folder) => (folder === blocksDir ? store.room() : roomAt(folder)),
      collector: () => collector,
      downloadDir,
      share: (cid) => shares.get(cid),
      listed: () => shares.all(),
      changed: sharesChanged,
      finished: (view) => finished('fetch:finished', view),
    },
    { ...init, settings, blocksDir },
  )
  const collector: Collector = new Collector(
    {
      ...common,
      kept: () => ({
        whole: index.held,
        partial: [...shareBook.ownCids(), ...fetching.wanted()],
        blocks: pins.all(),
      }),
    },
    init.collectAfterMs === undefined ? {} : { afterMs: init.collectAfterMs },
  )
  index.onReleased = () => collector.soon()
  const reader = new FileReader({ ...common, fetching, collector })
  const logs = new LogReader({
    ...deps,
    content: (cid, options) => reader.content(cid, options),
    stat: (cid) => reader.stat(cid),
    share: (cid) => shares.get(cid),
  })
  return {
    index,
    transfers,
    pins,
    bandwidth,
    store,
    blocks,
    shareBook,
    copies,
    finder,
    shares,
    sharing,
    fetching,
    collector,
    reader,
    logs,
  }
}
