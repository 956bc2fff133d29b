import type { PinView } from '../../../shared/pinning-views.ts'
import { readCid } from '../../service/files/uri.ts'
import type { ApiPeer } from './api-peer.ts'
import type { Builder } from './builder.ts'
import { liveOptions } from './live-call.ts'
import { liveList } from './live-list.ts'

export function pinningRouter(os: Builder, peer: ApiPeer) {
  const { pinning } = peer
  return {
    services: os.pinning.services.handler(() => [...pinning.services()]),
    setService: os.pinning.setService.handler(({ input: { name, ...service } }) => pinning.setService(name, service)),
    removeService: os.pinning.removeService.handler(({ input }) => pinning.removeService(input.name)),
    list: os.pinning.list.handler(({ input }) => [...pinning.list(input)]),
    watch: os.pinning.watch.handler((call) =>
      liveList<PinView>(
        {
          ids: () => pinning.list().map(({ id }) => id),
          get: (id) => pinning.get(id),
          subscribe: (changed) => pinning.events.on('pins:changed', ({ ids }) => changed(ids)),
        },
        liveOptions(call, peer),
      ),
    ),
    add: os.pinning.add.handler(({ input }) => pinning.add(readCid(input.cid) ?? input.cid, input.service)),
    remove: os.pinning.remove.handler(({ input }) => pinning.remove(readCid(input.cid) ?? input.cid, input.service)),
  }
}
