import { SwarmError } from '../../../shared/errors.ts'
import type { Cid } from '../../../shared/ids.ts'
import type { ShareView, TransferView } from '../../../shared/views.ts'
import { toApiError } from './api-errors.ts'
import type { ApiPeer } from './api-peer.ts'
import type { Builder } from './builder.ts'
import { liveList } from './live.ts'
import type { ShellActions } from './shell-actions.ts'

export function filesRouter(os: Builder, peer: ApiPeer, shell: ShellActions) {
  const { files } = peer
  return {
    list: os.files.list.handler(({ input }) => {
      const wanted = input.search?.trim().toLowerCase() ?? ''
      return files
        .shares()
        .filter((share) => input.origin === undefined || share.origin === input.origin)
        .filter((share) => wanted === '' || matches(share, wanted))
    }),
    watch: os.files.watch.handler(({ signal, context, path }) =>
      liveList<ShareView>(
        {
          all: () => files.shares(),
          get: (cid) => files.share(cid as Cid),
          subscribe: (changed) => files.events.on('shares:changed', ({ cids }) => changed(cids)),
        },
        {
          clock: peer.clock,
          slots: context.liveSlots,
          signal,
          onError: (error) => toApiError(error, path.join('.'), peer),
        },
      ),
    ),
    transfers: os.files.transfers.handler(() => [...files.transfers()]),
    watchTransfers: os.files.watchTransfers.handler(({ signal, context, path }) =>
      liveList<TransferView>(
        {
          all: () => files.transfers(),
          get: (id) => files.transfer(id),
          subscribe: (changed) => files.events.on('transfers:changed', ({ ids }) => changed(ids)),
        },
        {
          clock: peer.clock,
          slots: context.liveSlots,
          signal,
          onError: (error) => toApiError(error, path.join('.'), peer),
        },
      ),
    ),
    fetch: os.files.fetch.handler(async ({ input }) => {
      if (input.to !== 'ask') return files.fetch(input.cid, { to: input.to })
      if (!shell.can.choosePlace) {
        throw new SwarmError(
          'UNSUPPORTED',
          'no dialog can be opened here: fetch to "downloads", or download the content',
        )
      }
      const place = await shell.askSavePlace(files.share(input.cid)?.name ?? input.cid)
      return place === null ? null : files.fetch(input.cid, { to: { path: place } })
    }),
    transfer: os.files.transfer.handler(({ input }) => transferOf(peer, input.id)),
    cancel: os.files.cancel.handler(({ input }) => {
      transferOf(peer, input.id)
      return files.cancel(input.id)
    }),
    clearTransfers: os.files.clearTransfers.handler(() => files.clearEnded()),
    openFolder: os.files.openFolder.handler(({ input }) => {
      const { path, name } = transferOf(peer, input.id)
      if (!shell.can.openFolder) throw new SwarmError('UNSUPPORTED', 'there is no file manager here')
      if (path === null) throw new SwarmError('NOT_FOUND', `"${name}" has not been written to a folder yet`)
      shell.showInFolder(path)
    }),
  }
}

function matches(share: ShareView, wanted: string): boolean {
  return [share.name, share.originName, share.cid].some((text) => text.toLowerCase().includes(wanted))
}

function transferOf(peer: ApiPeer, id: string): TransferView {
  const found = peer.files.transfer(id)
  if (found !== undefined) return found
  throw new SwarmError('NOT_FOUND', `no transfer "${id}" is known: ended transfers are forgotten after a while`)
}
