import { createHash } from 'node:crypto'
import type { Cid, PeerId } from '../../../../shared/ids.ts'
import { SwarmError } from '../../../../shared/errors.ts'
import type { HealthView, MachineView, Settings, ShareView, TransferView } from '../../../../shared/views.ts'
import { systemClock, type Clock } from '../../../base/clock.ts'
import { Counters } from '../../../base/counters.ts'
import { Emitter } from '../../../base/emitter.ts'
import { silentLog } from '../../../base/log.ts'
import type { StoredRecord } from '../../../store/record-store.ts'
import type { ApiBook, ApiPeer } from '../api-peer.ts'
import type { ShellActions } from '../shell-actions.ts'
import { MemoryBook } from './memory-book.ts'
import { MemoryNetwork } from './memory-network.ts'
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
  readonly fileEvents = new Emitter<{
    'shares:changed': { readonly cids: readonly Cid[] }
    'transfers:changed': { readonly ids: readonly string[] }
  }>()
  readonly contents = new Map<Cid, Uint8Array>()
  readonly names = new Map<Cid, string>()
  readonly ended: TransferView[] = []
  readonly records: StoredRecord[]
  readonly book: ApiBook
  /** Bytes that uploads have brought. */
  uploaded = 0
  /** Uploads that were given up before their end. */
  aborted = 0
  fetched: unknown[] = []

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
      this.fileEvents.listenerCount +
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

  readonly files: ApiPeer['files'] = {
    events: this.fileEvents,
    shares: () => [...this.contents.keys()].map((cid) => this.#share(cid)),
    share: (cid) => (this.contents.has(cid) ? this.#share(cid) : undefined),
    transfers: () => this.ended,
    transfer: (id) => this.ended.find((transfer) => transfer.id === id),
    cancel: (id) => this.#transfer(id, null, 0),
    clearEnded: () => void this.ended.splice(0),
    fetch: (cid, { to }) => {
      this.fetched.push(to)
      return this.#transfer('f1', cid, 0)
    },
    shareStream: async (name, bytes, { signal }) => {
      if (name.includes('/')) throw new SwarmError('INVALID_INPUT', `"${name}" is not a file name`)
      const chunks: Uint8Array[] = []
      try {
        for await (const chunk of bytes) {
          signal?.throwIfAborted()
          chunks.push(chunk)
          this.uploaded += chunk.length
        }
      } catch (error) {
        this.aborted += 1
        throw error
      }
      return this.#transfer('s1', this.put(name, Buffer.concat(chunks)), 1)
    },
    content: (cid, { offset = 0, length }) => this.#content(cid, offset, length),
    stat: async (cid) => {
      const bytes = this.contents.get(cid)
      if (bytes === undefined) throw new SwarmError('FETCH_FAILED', 'no peer that has it can be reached')
      return { sizeBytes: bytes.length, local: true }
    },
  }

  readonly trust = new MemoryTrust()

  readonly checkpoints = new MemoryCheckpoints()

  readonly settings: ApiPeer['settings'] = {
    get: () => this.#settings,
    update: (patch) => {
      this.#settings = { ...this.#settings, ...patch }
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
      catchUp: {
        phase: 'idle',
        doneRecords: 0,
        totalRecords: 0,
        doneChunks: 0,
        totalChunks: 0,
        recordsPerS: 0,
        root: null,
        sources: [],
        startedAtMs: null,
        reason: '',
      },
      records: 0,
      counters: { ...this.counters.snapshot() },
      warnings: [],
    }
  }

  put(name: string, bytes: Uint8Array): Cid {
    const digest = createHash('sha256').update(bytes).digest('hex')
    const cid = `bafy${digest.replace(/[0189]/g, 'z')}` as Cid
    this.contents.set(cid, bytes)
    this.names.set(cid, name)
    this.fileEvents.emit('shares:changed', { cids: [cid] })
    return cid
  }

  async *#content(cid: Cid, offset: number, length: number | undefined): AsyncGenerator<Uint8Array> {
    const bytes = this.contents.get(cid) ?? new Uint8Array()
    const end = length === undefined ? bytes.length : offset + length
    for (let at = offset; at < end; at += 1_000) yield bytes.subarray(at, Math.min(at + 1_000, end))
  }

  #share(cid: Cid): ShareView {
    return {
      cid,
      name: this.names.get(cid) ?? '',
      sizeBytes: this.contents.get(cid)?.length ?? 0,
      mediaType: 'text/plain',
      origin: peerA,
      originName: 'laptop',
      simulated: false,
      modifiedAtMs: 1,
      sharedAtMs: 1,
      copies: [],
      local: true,
      evidence: [],
    }
  }

  #transfer(id: string, cid: Cid | null, doneBytes: number): TransferView {
    return {
      id,
      kind: cid === null ? 'fetch' : 'share',
      name: cid === null ? '' : (this.names.get(cid) ?? ''),
      cid,
      sizeBytes: null,
      doneBytes,
      bytesPerS: 0,
      remainingMs: null,
      state: 'done',
      step: 'done',
      error: null,
      startedAtMs: 1,
      endedAtMs: 1,
      path: null,
    }
  }
}

/** A shell without a desktop and without a lab. */
export const bareShell: ShellActions = {
  can: { openFolder: false, choosePlace: false, lab: false, join: false },
  web: () => null,
  askSavePlace: async () => null,
  showInFolder: () => {},
  lab: null,
  join: async () => {
    throw new SwarmError('UNSUPPORTED', 'a memory peer joins nobody')
  },
}
