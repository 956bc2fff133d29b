import { SwarmError } from '../../../shared/errors.ts'
import type { PeerId } from '../../../shared/ids.ts'
import type { MachineView } from '../../../shared/views.ts'
import type { ApiPeer } from './api-peer.ts'
import type { Builder } from './builder.ts'
import { liveOptions } from './live-call.ts'
import { liveList } from './live-list.ts'

export function fleetRouter(os: Builder, peer: ApiPeer) {
  const machine = (id: PeerId): MachineView => {
    const found = peer.membership.get(id)
    if (found !== undefined) return found
    throw new SwarmError('NOT_FOUND', `no machine ${id} is known here: it has never been heard of, or was forgotten`)
  }
  return {
    list: os.fleet.list.handler(() => [...peer.membership.list()]),
    get: os.fleet.get.handler(({ input }) => machine(input.peer)),
    watch: os.fleet.watch.handler((call) =>
      liveList<MachineView>(
        {
          ids: () => peer.membership.list().map((one) => one.peer),
          get: (id) => peer.membership.get(id as PeerId),
          subscribe: (changed) => peer.membership.events.on('machines:changed', ({ peers }) => changed(peers)),
        },
        liveOptions(call, peer),
      ),
    ),
    forget: os.fleet.forget.handler(async ({ input }) => {
      machine(input.peer)
      await peer.membership.forget(input.peer)
    }),
  }
}
