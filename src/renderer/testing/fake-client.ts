import { createRouterClient, implement } from '@orpc/server'
import { contract, type ApiClient } from '../../shared/contract/contract.ts'
import type {
  HealthView,
  InfoView,
  LabView,
  LinkView,
  MachineView,
  Settings,
  ShareView,
  SystemStatusView,
  TransferView,
} from '../../shared/views.ts'
import { metricNames } from '../../shared/views.ts'
import type { Bridge } from '../bridge/bridge.ts'
import { createConnectionStore, type ConnectionStore } from '../bridge/connection.ts'
import { FakeList } from './fake-swarm.ts'
import { fakeInfo, fakeSettings, fakeTransfer } from './fake-views.ts'

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
  const info = fakeInfo(nowMs, init.info)

  const os = implement(contract)
  const guard = os.$context<Record<never, never>>().use(async ({ next, path }) => {
    const call = path.join('.')
    asked.push(call)
    const message = failing.get(call)
    if (message !== undefined) throw new Error(message)
    return await next()
  })

  const swarm: FakeSwarm = {
    connection,
    machines,
    shares,
    transfers,
    status,
    failing,
    asked,
    shared,
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
      reconnect: () => swarm.restore(),
      stop: () => line.abort(),
    },
  }

  const router = guard.router({
    system: {
      info: guard.system.info.handler(() => info),
      status: guard.system.status.handler(() => fakeStatus(machines.all(), Date.now())),
      watch: guard.system.watch.handler(async function* ({ signal }) {
        for await (const event of status.watch(signal, line.signal)) {
          const item = event.type === 'snapshot' ? event.items[0] : event.changed[0]
          if (item !== undefined) yield item
        }
      }),
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
    files: {
      list: guard.files.list.handler(() => shares.all()),
      watch: guard.files.watch.handler(({ signal }) => mutable(shares.watch(signal, line.signal))),
      transfers: guard.files.transfers.handler(() => transfers.all()),
      watchTransfers: guard.files.watchTransfers.handler(({ signal }) => mutable(transfers.watch(signal, line.signal))),
      fetch: guard.files.fetch.handler(({ input }) => {
        const share = shares.get(input.cid)
        const transfer = fakeTransfer(transfers.all().length, Date.now(), {
          cid: input.cid,
          ...(share === undefined ? {} : { name: share.name, sizeBytes: share.sizeBytes }),
        })
        transfers.put(transfer)
        return transfer
      }),
      transfer: guard.files.transfer.handler(({ input }) => found(transfers.get(input.id))),
      cancel: guard.files.cancel.handler(({ input }) => {
        const transfer = { ...found(transfers.get(input.id)), state: 'cancelled' as const, endedAtMs: Date.now() }
        transfers.put(transfer)
        return transfer
      }),
      clearTransfers: guard.files.clearTransfers.handler(() => {
        const ended = transfers.all().filter((transfer) => transfer.endedAtMs !== null)
        transfers.remove(...ended.map((transfer) => transfer.id))
      }),
      openFolder: guard.files.openFolder.handler(() => undefined),
    },
    records: {
      summary: guard.records.summary.handler(() => [
        { bucket: 'machines', kind: 'keyed' as const, records: machines.all().length, bytes: 4_200 },
        { bucket: 'files', kind: 'set' as const, records: shares.all().length, bytes: 9_100 },
      ]),
      list: guard.records.list.handler(() => ({ records: [], next: null })),
    },
    network: { links: guard.network.links.handler(() => [...(init.links ?? [])]) },
    settings: {
      get: guard.settings.get.handler(() => swarm.settings),
      update: guard.settings.update.handler(({ input }) => {
        const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined))
        swarm.settings = { ...swarm.settings, ...given }
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

function found<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('no such transfer')
  return value
}

/** The contract's arrays are mutable ones; ours are read-only. */
async function* mutable<Item>(
  stream: AsyncGenerator<
    | { readonly type: 'snapshot'; readonly items: readonly Item[] }
    | { readonly type: 'changes'; readonly changed: readonly Item[]; readonly removed: readonly string[] }
  >,
) {
  for await (const event of stream) {
    if (event.type === 'snapshot') yield { type: 'snapshot' as const, items: [...event.items] }
    else yield { type: 'changes' as const, changed: [...event.changed], removed: [...event.removed] }
  }
}

export function fakeStatus(machines: readonly MachineView[], nowMs: number): SystemStatusView {
  const count = (status: MachineView['status']): number => machines.filter((one) => one.status === status).length
  return {
    atMs: nowMs,
    links: machines.filter((machine) => machine.connected).length,
    machines: { alive: count('alive'), suspect: count('suspect'), gone: count('gone'), unknown: count('unknown') },
    transfersRunning: 0,
    records: machines.length * 3,
    counters: { 'ingest.added': 18_422, 'ingest.refused:known': 904, 'ingest.refused:bad-signature': 2 },
    warnings: [],
  }
}

function fakeHistory(peer: MachineView['peer'], fromMs: number, toMs: number) {
  const stepMs = Math.max(1_000, Math.round((toMs - fromMs) / 120))
  const high = { netRxBytesPerS: 190_000, netTxBytesPerS: 900_000, load1: 3, temperatureC: 66 } as const
  const series = metricNames.map((metric, m) => ({
    metric,
    points: Array.from({ length: 120 }, (_, i) => {
      const top = metric in high ? high[metric as keyof typeof high] : 80
      const avg = top * (0.45 + 0.25 * Math.sin(i / 9 + m) + 0.08 * Math.sin(i * 1.9 + m))
      return { atMs: fromMs + i * stepMs, min: avg * 0.9, avg, max: avg * 1.12 }
    }).filter((_, i) => i < 40 || i > 52),
  }))
  return { peer, fromMs, toMs, stepMs, series }
}
