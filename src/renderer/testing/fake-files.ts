import type { FileChannelView, FollowView, StorageView } from '../../shared/file-views.ts'
import type { LogPreview } from '../../shared/log-views.ts'
import type { ShareView, TransferView } from '../../shared/views.ts'
import { found, mutable, type Guard, type LineSignal } from './fake-guard.ts'
import { fakeCid } from './fake-ids.ts'
import { fakePreview, fakeStorage } from './fake-logs.ts'
import type { FakeList } from './fake-swarm.ts'
import { fakeEvidence, fakeTransfer } from './fake-views.ts'

/** The files of a scripted swarm: what is kept, followed, paused and joined takes effect. */
export class FakeFiles {
  readonly shares: FakeList<ShareView>
  readonly transfers: FakeList<TransferView>
  readonly nowMs: number
  /** What `files.preview` answers, by CID; the others get one after their kind. */
  readonly previews = new Map<string, LogPreview>()
  follows: FollowView[] = []
  storage: StorageView = fakeStorage
  channels: FileChannelView[] = [
    { name: 'calibration', joined: true, members: 3, files: 12 },
    { name: 'race-day', joined: false, members: 7, files: 204 },
  ]

  constructor(shares: FakeList<ShareView>, transfers: FakeList<TransferView>, nowMs: number) {
    this.shares = shares
    this.transfers = transfers
    this.nowMs = nowMs
  }

  change(id: string, change: Partial<TransferView>): TransferView {
    const transfer = { ...found(this.transfers.get(id)), ...change }
    this.transfers.put(transfer)
    return transfer
  }

  fetch(cid: string, change: Partial<TransferView> = {}): TransferView {
    const share = this.shares.get(cid)
    const transfer = fakeTransfer(this.transfers.all().length, Date.now(), {
      ...(share === undefined ? {} : { cid: share.cid, name: share.name, sizeBytes: share.sizeBytes }),
      ...change,
    })
    this.transfers.put(transfer)
    return transfer
  }

  join(name: string, joined: boolean): FileChannelView {
    const known = this.channels.find((one) => one.name === name) ?? { name, joined: false, members: 0, files: 0 }
    const members = known.members + (joined === known.joined ? 0 : joined ? 1 : -1)
    const changed = { ...known, joined, members }
    this.channels = [...this.channels.filter((one) => one.name !== name), changed]
    return changed
  }
}

export function fileRoutes(guard: Guard, files: FakeFiles, line: LineSignal) {
  const { shares, transfers } = files
  return {
    list: guard.files.list.handler(() => shares.all()),
    watch: guard.files.watch.handler(({ signal }) => mutable(shares.watch(signal, line()))),
    get: guard.files.get.handler(({ input }) => {
      const nowMs = Date.now()
      return {
        ...found(shares.get(input.cid), 'share'),
        evidence: [fakeEvidence(7, 'file', nowMs), fakeEvidence(8, 'copy', nowMs)],
      }
    }),
    transfers: guard.files.transfers.handler(() => transfers.all()),
    watchTransfers: guard.files.watchTransfers.handler(({ signal }) => mutable(transfers.watch(signal, line()))),
    fetch: guard.files.fetch.handler(({ input }) => files.fetch(input.cid, { priority: input.priority })),
    transfer: guard.files.transfer.handler(({ input }) => found(transfers.get(input.id))),
    cancel: guard.files.cancel.handler(({ input }) =>
      files.change(input.id, { state: 'cancelled', endedAtMs: Date.now() }),
    ),
    clearTransfers: guard.files.clearTransfers.handler(() => {
      const ended = transfers.all().filter((transfer) => transfer.endedAtMs !== null)
      transfers.remove(...ended.map((transfer) => transfer.id))
    }),
    openFolder: guard.files.openFolder.handler(() => undefined),
    fetchAll: guard.files.fetchAll.handler(({ input }) => {
      const { folder } = input
      const group = { id: `g${transfers.all().length}`, name: folder ?? input.search ?? 'all that match' }
      return shares
        .all()
        .filter((share) => !share.local && (input.cids === undefined || input.cids.includes(share.cid)))
        .filter((share) => input.origin === undefined || share.origin === input.origin)
        .filter((share) => folder === undefined || share.name.startsWith(`${folder}/`))
        .map((share) => files.fetch(share.cid, { group, state: 'waiting', doneBytes: 0 }))
    }),
    preview: guard.files.preview.handler(
      ({ input }) => files.previews.get(input.cid) ?? fakePreview(found(shares.get(input.cid), 'file')),
    ),
    sharePaths: guard.files.sharePaths.handler(({ input }) =>
      input.paths.map((path) =>
        files.fetch(fakeCid(transfers.all().length), { kind: 'share', name: path.split('/').at(-1) ?? path }),
      ),
    ),
    unshare: guard.files.unshare.handler(({ input }) => {
      const share = found(shares.get(input.cid), 'file')
      if (share.copies.length <= 1) shares.remove(share.cid)
      else shares.put({ ...share, own: false })
    }),
    keep: guard.files.keep.handler(({ input }) =>
      shares.put({ ...found(shares.get(input.cid), 'file'), kept: input.kept }),
    ),
    pause: guard.files.pause.handler(({ input }) => files.change(input.id, { state: 'paused', bytesPerS: 0 })),
    resume: guard.files.resume.handler(({ input }) =>
      files.change(input.id, { state: 'running', error: null, endedAtMs: null }),
    ),
    setPriority: guard.files.setPriority.handler(({ input }) => files.change(input.id, { priority: input.priority })),
    storage: guard.files.storage.handler(() => files.storage),
    follows: guard.files.follows.handler(() => files.follows),
    follow: guard.files.follow.handler(({ input }) => {
      const { origin = null, search = null, topic = null, to = null } = input
      const id = `f${files.follows.length}`
      const follow: FollowView = { id, origin, search, topic, to, sinceMs: Date.now(), fetched: 0 }
      files.follows = [...files.follows, follow]
      return follow
    }),
    unfollow: guard.files.unfollow.handler(({ input }) => {
      files.follows = files.follows.filter((follow) => follow.id !== input.id)
    }),
    find: guard.files.find.handler(({ input }) => {
      const share = shares.all().find((one) => input.uri.includes(one.cid))
      return {
        uri: input.uri,
        cid: share?.cid ?? null,
        sha1: share?.sha1 ?? null,
        name: share?.name ?? null,
        sizeBytes: share?.sizeBytes ?? null,
        local: share?.local ?? false,
        providers: (share?.copies ?? []).map((copy) => ({ ...copy, how: 'record' as const })),
      }
    }),
    channels: guard.files.channels.handler(() => files.channels),
    joinChannel: guard.files.joinChannel.handler(({ input }) => files.join(input.name, true)),
    leaveChannel: guard.files.leaveChannel.handler(({ input }) => files.join(input.name, false)),
  }
}
