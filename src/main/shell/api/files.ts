import { SwarmError } from '../../../shared/errors.ts'
import type { Cid } from '../../../shared/ids.ts'
import type { ShareView, TransferView } from '../../../shared/views.ts'
import { readCid } from '../../service/files/uri.ts'
import type { ApiPeer } from './api-peer.ts'
import type { Builder } from './builder.ts'
import { liveOptions } from './live-call.ts'
import { liveList } from './live-list.ts'
import type { ShellActions } from './shell-actions.ts'

export function filesRouter(os: Builder, peer: ApiPeer, shell: ShellActions) {
  const { files } = peer
  return {
    list: os.files.list.handler(({ input }) => [...files.shares.matching(input)]),
    watch: os.files.watch.handler((call) =>
      liveList<ShareView>(
        {
          // The last that were heard of are seen first.
          ids: () => [...files.shares.cids()].toReversed(),
          get: (cid) => files.shares.get(cid as Cid),
          subscribe: (changed) => files.events.on('shares:changed', ({ cids }) => changed(cids)),
        },
        liveOptions(call, peer),
      ),
    ),
    get: os.files.get.handler(({ input }) => {
      const cid = oneForm(input.cid)
      const share = files.shares.get(cid)
      if (share === undefined) throw new SwarmError('NOT_FOUND', `nobody whom this peer hears shares ${cid}`)
      return { ...share, evidence: [...files.shares.evidence(cid)] }
    }),
    transfers: os.files.transfers.handler(() => [...files.transfers.views()]),
    watchTransfers: os.files.watchTransfers.handler((call) =>
      liveList<TransferView>(
        {
          ids: () => files.transfers.views().map(({ id }) => id),
          get: (id) => files.transfers.view(id),
          subscribe: (changed) => files.events.on('transfers:changed', ({ ids }) => changed(ids)),
        },
        liveOptions(call, peer),
      ),
    ),
    fetch: os.files.fetch.handler(async ({ input }) => {
      const { priority } = input
      const cid = oneForm(input.cid)
      if (input.to !== 'ask') return files.fetching.fetch(cid, { to: input.to, priority })
      if (!shell.can.choosePlace) {
        throw new SwarmError(
          'UNSUPPORTED',
          'no dialog can be opened here: fetch to "downloads", or download the content',
        )
      }
      const place = await shell.askSavePlace(files.shares.get(cid)?.name ?? cid)
      return place === null ? null : files.fetching.fetch(cid, { to: { path: place }, priority })
    }),
    transfer: os.files.transfer.handler(({ input }) => transferOf(peer, input.id)),
    cancel: os.files.cancel.handler(({ input }) => {
      transferOf(peer, input.id)
      return files.transfers.cancel(input.id)
    }),
    clearTransfers: os.files.clearTransfers.handler(() => files.transfers.clearEnded()),
    openFolder: os.files.openFolder.handler(({ input }) => {
      const { path, name } = transferOf(peer, input.id)
      if (!shell.can.openFolder) throw new SwarmError('UNSUPPORTED', 'there is no file manager here')
      if (path === null) throw new SwarmError('NOT_FOUND', `"${name}" has not been written to a folder yet`)
      shell.showInFolder(path)
    }),
    fetchAll: os.files.fetchAll.handler(({ input: { to, ...query } }) => [...files.fetching.fetchAll(query, { to })]),
    preview: os.files.preview.handler(({ input, signal }) =>
      files.logs.preview(oneForm(input.cid), signal === undefined ? {} : { signal }),
    ),
    sharePaths: os.files.sharePaths.handler(async ({ input: { paths, how, channel } }) => [
      ...(await files.sharing.sharePaths(paths, { how, channel })),
    ]),
    unshare: os.files.unshare.handler(({ input }) => files.sharing.unshare(oneForm(input.cid))),
    keep: os.files.keep.handler(({ input }) => files.fetching.keep(oneForm(input.cid), input.kept)),
    pause: os.files.pause.handler(({ input }) => files.transfers.pause(input.id)),
    resume: os.files.resume.handler(({ input }) => files.transfers.resume(input.id)),
    setPriority: os.files.setPriority.handler(({ input }) => files.transfers.setPriority(input.id, input.priority)),
    storage: os.files.storage.handler(() => files.storage()),
    follows: os.files.follows.handler(() => [...files.fetching.follows()]),
    follow: os.files.follow.handler(({ input }) =>
      files.fetching.follow({
        origin: input.origin ?? null,
        search: input.search ?? null,
        topic: input.topic ?? null,
        to: input.to ?? null,
      }),
    ),
    unfollow: os.files.unfollow.handler(({ input }) => files.fetching.unfollow(input.id)),
    find: os.files.find.handler(({ input: { uri, channel }, signal }) =>
      files.finder.find(uri, { channel, ...(signal === undefined ? {} : { signal }) }),
    ),
    channels: os.files.channels.handler(() => [...files.finder.listChannels()]),
    joinChannel: os.files.joinChannel.handler(({ input }) => files.finder.joinChannel(input.name)),
    leaveChannel: os.files.leaveChannel.handler(({ input }) => files.finder.leaveChannel(input.name)),
  }
}

/** A CID in the one form that records and stores use: v0 and v1 of a file are the same file. */
function oneForm(cid: Cid): Cid {
  return readCid(cid) ?? cid
}

function transferOf(peer: ApiPeer, id: string): TransferView {
  const found = peer.files.transfers.view(id)
  if (found !== undefined) return found
  throw new SwarmError('NOT_FOUND', `no transfer "${id}" is known: ended transfers are forgotten after a while`)
}
