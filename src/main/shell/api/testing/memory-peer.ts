import { idleCatchUp } from '../../../../shared/checkpoint-views.ts'
import { defaultFileSettings } from '../../../../shared/file-views.ts'
import { defaultRecorderSettings } from '../../../../shared/recorder-views.ts'
import type { PeerId } from '../../../../shared/ids.ts'
import { SwarmError } from '../../../../shared/errors.ts'
import { changedSettings } from '../../../../shared/settings-change.ts'
import type { HealthView, MachineView, Settings } from '../../../../shared/views.ts'
import { systemClock, type Clock } from '../../../base/clock.ts'
import { Counters } from '../../../base/counters.ts'
import { Emitter } from '../../../base/emitter.ts'
import { silentLog } from '../../../base/log.ts'
import type { StoredRecord } from '../../../store/record-store.ts'
import type { ApiBook, ApiPeer } from '../api-peer.ts'
import type { ShellActions } from '../shell-actions.ts'
import { MemoryArchive } from './memory-archive.ts'
import { MemoryBook } from './memory-book.ts'
import { MemoryFiles } from './memory-files.ts'
import { MemoryNetwork } from './memory-network.ts'
import { MemoryCourier } from './memory-courier.ts'
import { MemoryRecorder } from './memory-recorder.ts'
import { MemoryPinning } from './memory-pinning.ts'
import { MemoryCheckpoints } from './memory-checkpoints.ts'
import { MemoryTrust, memorySwarm } from './memory-trust.ts'

export const peerA = '12D3KooWAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' as PeerId
export const peerB = '12D3KooWBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB' as PeerId

export function machine(peer: PeerId, name: string): MachineView {
  return {
    peer,
    self: peer === peerA,
    name,
    role: 'robot',
    version: '0.1.0',
    robot: null,
    simulated: false,
    standing: 'member',
    roles: ['robot'],
    standingReason: 'granted robot',
    clockSkewMs: null,
    rootVersion: null,
    os: null,
    addresses: [],
    status: 'alive',
    statusReason: 'announced just now',
    lastHeardAtMs: 1,
    lastHeardHow: 'direct',
    lastHeardFrom: null,
    lastHeardFromName: null,
    firstHeardAtMs: 1,
    connected: true,
    latencyMs: 3,
    health: null,
    spark: { atMs: [], cpuPercent: [], temperatureC: [] },
    lastLog: null,
    archive: false,
    evidence: [],
  }
}

/** The parts of a peer that the API uses, in memory: what it is given is what it tells. */
export class MemoryPeer implements ApiPeer {
  readonly peerId = peerA
  readonly log = silentLog
  readonly clock: Clock
  readonly counters = new Counters()
  readonly machines = new Map<PeerId, MachineView>([[peerA, machine(peerA, 'laptop')]])
  readonly machineEvents = new Emitter<{ 'machines:changed': { readonly peers: readonly PeerId[] } }>()
  readonly healthEvents = new Emitter<{ 'health:heard': { readonly peer: PeerId; readonly health: HealthView } }>()
  readonly records: StoredRecord[]
  readonly book: ApiBook
  /** @param book default: one in memory, which `records` fills */
  constructor(clock: Clock = systemClock, book?: ApiBook) {
    this.clock = clock
    const memory = new MemoryBook(peerA)
    this.records = memory.records
    this.book = book ?? memory
    this.network = new MemoryNetwork(peerA, clock)
  }

  get listenerCount(): number {
    return (
      this.machineEvents.listenerCount +
      this.healthEvents.listenerCount +
      this.files.events.listenerCount +
      this.trust.heard.listenerCount
    )
  }

  readonly membership: ApiPeer['membership'] = {
    events: this.machineEvents,
    list: () => [...this.machines.values()],
    get: (peer) => this.machines.get(peer),
    nameOf: (peer) => this.machines.get(peer)?.name ?? peer,
    forget: (peer) => {
      this.machines.delete(peer)
      this.machineEvents.emit('machines:changed', { peers: [peer] })
    },
  }

  readonly diagnostics: ApiPeer['diagnostics'] = {
    events: this.healthEvents,
    latest: () => undefined,
    history: ({ peer, fromMs, toMs, maxPoints }) => ({
      peer,
      fromMs,
      toMs,
      stepMs: (toMs - fromMs) / maxPoints,
      series: [],
    }),
  }

  readonly files = new MemoryFiles()

  readonly archive = new MemoryArchive()
  readonly pinning = new MemoryPinning()

  readonly courier = new MemoryCourier()
  readonly recorder = new MemoryRecorder()

  readonly trust = new MemoryTrust()

  readonly checkpoints = new MemoryCheckpoints()

  readonly settings: ApiPeer['settings'] = {
    get: () => this.#settings,
    update: (change) => {
      this.#settings = { ...this.#settings, ...changedSettings(this.#settings, change) }
      return { settings: this.#settings, waiting: [] }
    },
  }

  readonly node: ApiPeer['node'] = { links: () => [] }
  readonly network: MemoryNetwork

  #settings: Settings = {
    name: 'laptop',
    role: 'operator',
    shareDir: '/share',
    downloadDir: '/downloads',
    listen: [],
    bootstrap: [],
    mdns: false,
    channels: [],
    files: defaultFileSettings,
    recorder: defaultRecorderSettings,
    theme: 'system',
  }

  info(): ReturnType<ApiPeer['info']> {
    return {
      peer: peerA,
      name: 'laptop',
      role: 'operator',
      version: '0.1.0',
      swarm: memorySwarm,
      standing: 'root',
      roles: ['operator', 'release'],
      fingerprint: 'AAAA AAAA AAAA AAAA',
      home: '/home',
      simulated: false,
      startedAtMs: 1,
      addresses: [],
      identityProtection: 'file',
    }
  }

  status(): ReturnType<ApiPeer['status']> {
    return {
      atMs: this.clock.now(),
      links: 0,
      machines: { alive: this.machines.size, suspect: 0, gone: 0, unknown: 0 },
      transfersRunning: 0,
      asks: 0,
      proposals: 0,
      time: { offsetMs: 0, source: 'own', peers: 0, reason: 'nobody else is there' },
      catchUp: idleCatchUp,
      records: 0,
      counters: { ...this.counters.snapshot() },
      warnings: [],
    }
  }
}

/** A shell without a desktop and without a lab. */
export const bareShell: ShellActions = {
  can: { openFolder: false, choosePlace: false, lab: false, join: false },
  web: () => null,
  askSavePlace: async () => null,
  askFolder: async () => null,
  showInFolder: () => {},
  lab: null,
  join: async () => {
    throw new SwarmError('UNSUPPORTED', 'a memory peer joins nobody')
  },
}
