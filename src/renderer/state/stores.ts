import type { StoreApi } from 'zustand/vanilla'
import type { LabView, LinkView, MachineView, Settings, ShareView, TransferView } from '../../shared/views.ts'
import type { Bridge } from '../bridge/bridge.ts'
import { createAsyncStore, type AsyncStore } from './async-store.ts'
import { createLiveStore, type LiveStore } from './live-store.ts'
import { createPrefsStore, type Prefs } from './prefs.ts'
import { createSystemStore, type SystemStore } from './system.ts'
import { createUploads, type Uploads } from './uploads.ts'

/** All state of a window: one store an area, made for one line to a peer. */
export interface Stores {
  readonly bridge: Bridge
  readonly system: SystemStore
  readonly fleet: LiveStore<MachineView>
  readonly files: LiveStore<ShareView>
  readonly transfers: LiveStore<TransferView>
  readonly uploads: Uploads
  readonly settings: AsyncStore<Settings>
  readonly links: AsyncStore<readonly LinkView[]>
  readonly lab: AsyncStore<LabView>
  readonly prefs: StoreApi<Prefs>
  readonly start: () => void
  readonly stop: () => void
}

export function createStores(bridge: Bridge, storage: Pick<Storage, 'getItem' | 'setItem'> | null): Stores {
  const { api, connection } = bridge
  const system = createSystemStore(bridge)
  const fleet = createLiveStore<MachineView>(
    connection,
    (signal) => api.fleet.watch(undefined, { signal }),
    (machine) => machine.peer,
  )
  const files = createLiveStore<ShareView>(
    connection,
    (signal) => api.files.watch(undefined, { signal }),
    (share) => share.cid,
  )
  const transfers = createLiveStore<TransferView>(
    connection,
    (signal) => api.files.watchTransfers(undefined, { signal }),
    (transfer) => transfer.id,
  )
  const all = [system, fleet, files, transfers]
  return {
    bridge,
    system,
    fleet,
    files,
    transfers,
    uploads: createUploads(bridge),
    settings: createAsyncStore(() => api.settings.get()),
    links: createAsyncStore(() => api.network.links()),
    lab: createAsyncStore(() => api.lab.status()),
    prefs: createPrefsStore(storage),
    start: () => all.forEach((store) => store.start()),
    stop: () => all.forEach((store) => store.stop()),
  }
}
