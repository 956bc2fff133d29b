import { createRouterClient } from '@orpc/server'
import type { ApiClient } from '../../shared/contract/contract.ts'
import type { LabView } from '../../shared/lab-view.ts'
import { changedSettings } from '../../shared/settings-change.ts'
import type {
  HealthView,
  InfoView,
  LinkView,
  MachineView,
  Settings,
  ShareView,
  SystemStatusView,
  TransferView,
} from '../../shared/views.ts'
import type { Bridge } from '../bridge/bridge.ts'
import { createConnectionStore, type ConnectionStore } from '../bridge/connection.ts'
import type { CheckpointView } from '../../shared/checkpoint-views.ts'
import type { ChannelView, GraphView, RouteView, SwarmMessageView } from '../../shared/network-views.ts'
import type { RecordView } from '../../shared/record-views.ts'
import type { TrustView } from '../../shared/trust-views.ts'
import { FakeAir, networkRoutes } from './fake-air.ts'
import { FakeDesk, trustRoutes } from './fake-desk.ts'
import { FakeFiles, fileRoutes } from './fake-files.ts'
import { courierRoutes, FakeCourier } from './fake-courier.ts'
import { FakeRecorder, recorderRoutes } from './fake-recorder.ts'
import { FakePinning, pinningRoutes } from './fake-pinning.ts'
import { createGuard, mutable, valueOf } from './fake-guard.ts'
import { fakeHistory } from './fake-history.ts'
import { archiveRoutes, FakeArchive } from './fake-archive.ts'
import { fakePicture } from './fake-logs.ts'
import { fakeGraph } from './fake-network.ts'
import { checkpointRoutes, FakeShelf, recordRoutes } from './fake-shelf.ts'
import { FakeList } from './fake-swarm.ts'
import { fakeTrust } from './fake-trust.ts'
import { fakeInfo, fakeSettings, fakeStatus } from './fake-views.ts'

export interface FakeSwarm {
  readonly bridge: Bridge
  readonly connection: ConnectionStore
  readonly machines: FakeList<MachineView>
  readonly shares: FakeList<ShareView>
  readonly transfers: FakeList<TransferView>
  readonly status: FakeList<SystemStatusView>
  /** Calls that fail with this text until it is deleted: `fleet.watch`, … */
  readonly failing: Map<string, string>
  /** What was asked, in order: `files.fetch`, … */
  readonly asked: string[]
  readonly shared: File[]
  readonly files: FakeFiles
  readonly archive: FakeArchive
  readonly pinning: FakePinning
  readonly courier: FakeCourier
  readonly recorder: FakeRecorder
  readonly desk: FakeDesk
  readonly shelf: FakeShelf
  readonly air: FakeAir
  /** What `system.info` answers; change it while the line is lost to stand for another swarm. */
  info: InfoView
  settings: Settings
  lab: LabView
  /** Breaks all streams and the line; `restore` brings it back. */
  lose(): void
  restore(): void
}

export interface FakeInit {
  readonly kind?: 'desktop' | 'browser'
  readonly machines?: readonly MachineView[]
  readonly shares?: readonly ShareView[]
  readonly transfers?: readonly TransferView[]
  readonly links?: readonly LinkView[]
  readonly info?: Partial<InfoView>
  readonly trust?: Partial<TrustView>
  readonly records?: readonly RecordView[]
  readonly checkpoints?: readonly CheckpointView[]
  readonly channels?: readonly ChannelView[]
  readonly graph?: GraphView
  readonly messages?: readonly SwarmMessageView[]
  readonly routes?: readonly RouteView[]
  readonly nowMs?: number
}

/** A scripted swarm behind the real contract: inputs and outputs are checked as at the real peer. */
export function createFakeSwarm(init: FakeInit = {}): FakeSwarm {
  const nowMs = init.nowMs ?? Date.now()
  const connection = createConnectionStore()
  connection.setState({ phase: 'open', sinceMs: nowMs }, true)
  let line = new AbortController()
  const failing = new Map<string, string>()
  const asked: string[] = []
  const shared: File[] = []
  const machines = new FakeList<MachineView>((machine) => machine.peer, init.machines ?? [])
  const shares = new FakeList<ShareView>((share) => share.cid, init.shares ?? [])
  const transfers = new FakeList<TransferView>((transfer) => transfer.id, init.transfers ?? [])
  const status = new FakeList<SystemStatusView>(() => 'status', [fakeStatus(machines.all(), nowMs)])
  const files = new FakeFiles(shares, transfers, nowMs)
  const archive = new FakeArchive()
  const pinning = new FakePinning()
  const courier = new FakeCourier()
  const recorder = new FakeRecorder()
  const desk = new FakeDesk(fakeTrust(nowMs, init.trust), nowMs)
  const shelf = new FakeShelf(init.records ?? [], init.checkpoints ?? [])
  const air = new FakeAir(
    init.channels ?? [],
    init.graph ?? fakeGraph(machines.all(), nowMs),
    init.messages ?? [],
    init.routes ?? [],
  )
  const guard = createGuard(failing, asked)
  const lineSignal = (): AbortSignal => line.signal

  const swarm: FakeSwarm = {
    connection,
    machines,
    shares,
    transfers,
    status,
    failing,
    asked,
    shared,
    files,
    archive,
    pinning,
    courier,
    recorder,
    desk,
    shelf,
    air,
    info: fakeInfo(nowMs, init.info),
    settings: { ...fakeSettings },
    lab: { running: false, robots: [] },
    lose: () => {
      line.abort()
      connection.setState({ phase: 'lost', sinceMs: Date.now(), nextTryAtMs: null }, true)
    },
    restore: () => {
      line = new AbortController()
      connection.setState({ phase: 'open', sinceMs: Date.now() }, true)
    },
    bridge: {
      kind: init.kind ?? 'desktop',
      get api(): ApiClient {
        return api
      },
      connection,
      shareFiles: (files) => {
        shared.push(...files)
        return Promise.resolve({ accepted: files.length, rejected: [] })
      },
      contentUrl: (cid, name) => (init.kind === 'browser' ? `/api/files/${cid}/content?name=${name}` : null),
      imageUrl: (cid) => fakePicture(cid),
      frameUrl: (cid, topic, atMs) => fakePicture(`${cid} ${topic} ${atMs}`),
      importCheckpoint: (file) => api.checkpoints.import({ file }),
      checkpointUrl: (root) => (init.kind === 'browser' ? `/api/checkpoints/${root}/car` : null),
      reconnect: () => swarm.restore(),
      stop: () => line.abort(),
    },
  }

  const router = guard.router({
    system: {
      info: guard.system.info.handler(() => swarm.info),
      status: guard.system.status.handler(() => fakeStatus(machines.all(), Date.now())),
      watch: guard.system.watch.handler(({ signal }) => valueOf(status, signal, line.signal)),
    },
    fleet: {
      list: guard.fleet.list.handler(() => machines.all()),
      get: guard.fleet.get.handler(({ input, errors }) => {
        const machine = machines.get(input.peer)
        if (machine === undefined) throw errors.NOT_FOUND({ message: `no machine ${input.peer}` })
        return machine
      }),
      watch: guard.fleet.watch.handler(({ signal }) => mutable(machines.watch(signal, line.signal))),
      forget: guard.fleet.forget.handler(({ input }) => machines.remove(input.peer)),
    },
    diagnostics: {
      history: guard.diagnostics.history.handler(({ input }) => fakeHistory(input.peer, input.fromMs, input.toMs)),
      watch: guard.diagnostics.watch.handler(async function* ({ input, signal }) {
        let last: HealthView | null = null
        for await (const _ of machines.watch(signal, line.signal)) {
          const health = machines.get(input.peer)?.health ?? null
          if (health !== null && health !== last) yield health
          last = health
        }
      }),
    },
    files: fileRoutes(guard, files, lineSignal),
    archive: archiveRoutes(guard, archive, files),
    pinning: pinningRoutes(guard, pinning, lineSignal),
    courier: courierRoutes(guard, courier),
    recorder: recorderRoutes(guard, recorder),
    records: recordRoutes(guard, shelf, lineSignal),
    trust: trustRoutes(guard, desk, lineSignal),
    checkpoints: checkpointRoutes(guard, shelf, lineSignal),
    network: networkRoutes(guard, air, init.links ?? [], lineSignal),
    settings: {
      get: guard.settings.get.handler(() => swarm.settings),
      update: guard.settings.update.handler(({ input }) => {
        swarm.settings = { ...swarm.settings, ...changedSettings(swarm.settings, input) }
        const waiting = (['listen', 'mdns', 'role'] as const).filter((key) => input[key] !== undefined)
        return { settings: swarm.settings, waiting }
      }),
    },
    lab: {
      status: guard.lab.status.handler(() => swarm.lab),
      start: guard.lab.start.handler(({ input }) => {
        const robots = Array.from({ length: input.robots }, (_, i) => ({
          name: `duckie${String(i + 1).padStart(2, '0')}`,
          peer: null,
          state: 'starting' as const,
          error: null,
        }))
        swarm.lab = { running: true, robots }
        return swarm.lab
      }),
      stop: guard.lab.stop.handler(() => {
        swarm.lab = { running: false, robots: [] }
        return swarm.lab
      }),
    },
  })
  const api: ApiClient = createRouterClient(router, { context: {} })
  return swarm
}
