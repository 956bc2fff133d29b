import { createStore, type StoreApi } from 'zustand/vanilla'
import type { CheckpointView } from '../../shared/checkpoint-views.ts'
import type { CourierView } from '../../shared/courier-views.ts'
import type { ArchiveView, FileChannelView, FollowView, StorageView } from '../../shared/file-views.ts'
import type { ChannelView, GraphView, RouteView } from '../../shared/network-views.ts'
import type { PinServiceView, PinView } from '../../shared/pinning-views.ts'
import type { BucketSummaryView } from '../../shared/record-views.ts'
import type { RecorderView } from '../../shared/recorder-views.ts'
import type { InviteView, TrustView } from '../../shared/trust-views.ts'
import type { LabView } from '../../shared/lab-view.ts'
import type { LinkView, MachineView, Settings, ShareView, TransferView } from '../../shared/views.ts'
import type { Bridge } from '../bridge/bridge.ts'
import { createAsyncStore, type AsyncStore } from './async-store.ts'
import { createGroupTallies, type GroupTallies } from './group-tally.ts'
import { createJoining, type JoiningStore } from './joining.ts'
import { createLiveStore, type LiveStore } from './live-store.ts'
import { createLiveValue, createLiveWhole } from './live-value.ts'
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
  readonly tallies: GroupTallies
  /** For which file channel files are shared from this window, until it is closed; null: the whole swarm. */
  readonly sharing: StoreApi<{ readonly channel: string | null }>
  readonly storage: AsyncStore<StorageView>
  readonly recorder: AsyncStore<RecorderView>
  readonly archive: AsyncStore<ArchiveView>
  readonly courier: AsyncStore<CourierView | null>
  /** The dialog of the stick is open; the page below it may change with the first file that comes from one. */
  readonly stick: StoreApi<{ readonly opened: boolean }>
  readonly follows: AsyncStore<readonly FollowView[]>
  readonly fileChannels: AsyncStore<readonly FileChannelView[]>
  readonly pinServices: AsyncStore<readonly PinServiceView[]>
  readonly settings: AsyncStore<Settings>
  readonly links: AsyncStore<readonly LinkView[]>
  readonly lab: AsyncStore<LabView>
  readonly trust: LiveStore<TrustView>
  readonly invites: AsyncStore<readonly InviteView[]>
  readonly joining: JoiningStore
  readonly prefs: StoreApi<Prefs>
  /** Listened to by the pages that show them. */
  readonly buckets: LiveStore<BucketSummaryView>
  readonly checkpoints: LiveStore<CheckpointView>
  readonly channels: LiveStore<ChannelView>
  readonly graph: LiveStore<GraphView>
  readonly pins: LiveStore<PinView>
  readonly routes: AsyncStore<readonly RouteView[]>
  /** Rises when the peer has changed to another swarm: pages begin anew. */
  readonly epoch: StoreApi<{ readonly no: number }>
  readonly start: () => void
  readonly stop: () => void
}

export function createStores(bridge: Bridge, storage: Pick<Storage, 'getItem' | 'setItem'> | null): Stores {
  const { api, connection } = bridge
  const system = createSystemStore(bridge)
  const always = {
    fleet: createLiveStore<MachineView>(
      connection,
      (signal) => api.fleet.watch(undefined, { signal }),
      (machine) => machine.peer,
    ),
    files: createLiveStore<ShareView>(
      connection,
      (signal) => api.files.watch(undefined, { signal }),
      (share) => share.cid,
    ),
    transfers: createLiveStore<TransferView>(
      connection,
      (signal) => api.files.watchTransfers(undefined, { signal }),
      (transfer) => transfer.id,
    ),
    trust: createLiveValue<TrustView>(connection, (signal) => api.trust.watch(undefined, { signal })),
  }
  const byPages = {
    buckets: createLiveWhole<BucketSummaryView>(
      connection,
      (signal) => api.records.watch(undefined, { signal }),
      (bucket) => bucket.bucket,
    ),
    checkpoints: createLiveStore<CheckpointView>(
      connection,
      (signal) => api.checkpoints.watch(undefined, { signal }),
      (checkpoint) => checkpoint.root,
    ),
    channels: createLiveStore<ChannelView>(
      connection,
      (signal) => api.network.watchChannels(undefined, { signal }),
      (channel) => channel.id,
    ),
    graph: createLiveValue<GraphView>(connection, (signal) => api.network.watchGraph(undefined, { signal })),
    pins: createLiveStore<PinView>(
      connection,
      (signal) => api.pinning.watch(undefined, { signal }),
      (pin) => pin.id,
    ),
  }
  const asked = {
    settings: createAsyncStore(() => api.settings.get()),
    links: createAsyncStore<readonly LinkView[]>(() => api.network.links()),
    lab: createAsyncStore(() => api.lab.status()),
    invites: createAsyncStore<readonly InviteView[]>(() => api.trust.invites()),
    routes: createAsyncStore<readonly RouteView[]>(() => api.network.routes()),
    storage: createAsyncStore<StorageView>(() => api.files.storage()),
    recorder: createAsyncStore<RecorderView>(() => api.recorder.status()),
    archive: createAsyncStore<ArchiveView>(() => api.archive.status()),
    courier: createAsyncStore<CourierView | null>(() => api.courier.status()),
    follows: createAsyncStore<readonly FollowView[]>(() => api.files.follows()),
    fileChannels: createAsyncStore<readonly FileChannelView[]>(() => api.files.channels()),
    pinServices: createAsyncStore<readonly PinServiceView[]>(() => api.pinning.services()),
  }
  const joining = createJoining(bridge)
  const epoch = createStore<{ readonly no: number }>(() => ({ no: 0 }))
  const sharing = createStore<{ readonly channel: string | null }>(() => ({ channel: null }))
  const stick = createStore<{ readonly opened: boolean }>(() => ({ opened: false }))
  const tallies = createGroupTallies(always.transfers.store)
  const running = [system, tallies, ...Object.values(always)]
  const undoes: (() => void)[] = []
  let swarm: string | null = null

  /** What the peer says of itself once the line is back: another swarm has other data, none of which is left standing. */
  const arrived = (id: string, name: string): void => {
    const before = swarm
    swarm = id
    if (before !== null && before !== id) {
      for (const store of [system.status, ...Object.values(always), ...Object.values(byPages)]) store.reset()
      for (const store of Object.values(asked)) store.reset()
      sharing.setState({ channel: null }, true)
      stick.setState({ opened: false }, true)
      epoch.setState({ no: epoch.getState().no + 1 }, true)
    }
    joining.inSwarm(id, name)
  }

  return {
    bridge,
    system,
    ...always,
    ...byPages,
    ...asked,
    uploads: createUploads(bridge),
    tallies,
    sharing,
    stick,
    joining,
    prefs: createPrefsStore(storage),
    epoch,
    start: () => {
      if (undoes.length > 0) return
      undoes.push(
        system.info.store.subscribe((state, before) => {
          if (state.phase === 'ready' && state !== before) arrived(state.value.swarm.id, state.value.swarm.name)
        }),
        connection.subscribe((state) => {
          if (state.phase === 'lost') joining.dropped()
        }),
      )
      for (const store of running) store.start()
    },
    stop: () => {
      for (const undo of undoes.splice(0)) undo()
      for (const store of running) store.stop()
    },
  }
}
