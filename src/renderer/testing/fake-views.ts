import type {
  EvidenceView,
  InfoView,
  MachineView,
  Settings,
  ShareView,
  SystemStatusView,
  TransferView,
} from '../../shared/views.ts'
import { idleCatchUp } from '../../shared/checkpoint-views.ts'
import { defaultFileSettings } from '../../shared/file-views.ts'
import { defaultRecorderSettings } from '../../shared/recorder-views.ts'
import { fakeCid, fakePeer, fakeRecord } from './fake-ids.ts'
import { fakeLog, fakeTextLog } from './fake-logs.ts'
import { fakeSwarmView, fingerprintOf } from './fake-trust.ts'

/** A robot as a screen sees it: alive, healthy, heard directly a moment ago. */
export function fakeMachine(index: number, nowMs: number, change: Partial<MachineView> = {}): MachineView {
  const peer = change.peer ?? fakePeer(index)
  const wave = (i: number, low: number, high: number): number =>
    low + ((Math.sin(index * 1.7 + i / 5) + 1) / 2) * (high - low)
  const heardAtMs = nowMs - 1_000 - ((index * 731) % 9_000)
  return {
    peer,
    self: false,
    name: `duckie${String(index).padStart(2, '0')}`,
    role: 'robot',
    version: '0.1.0',
    robot: { type: 'duckiebot', configuration: 'DB21J', hardware: 'jetson_nano' },
    simulated: true,
    standing: 'member',
    roles: ['robot'],
    standingReason: 'granted robot by lab-laptop (root key)',
    clockSkewMs: 12,
    rootVersion: 1,
    os: 'Ubuntu 22.04, Linux 5.15, arm64',
    addresses: [
      `/ip4/192.168.1.${10 + (index % 240)}/tcp/4040`,
      `/ip4/192.168.1.${10 + (index % 240)}/udp/4001/quic-v1`,
    ],
    status: 'alive',
    statusReason: 'announced a few seconds ago',
    lastHeardAtMs: heardAtMs,
    lastHeardHow: 'direct',
    lastHeardFrom: peer,
    lastHeardFromName: null,
    firstHeardAtMs: nowMs - 3_600_000,
    connected: true,
    latencyMs: 3.4 + (index % 7),
    health: {
      atMs: heardAtMs,
      values: {
        cpuPercent: wave(60, 8, 74),
        memoryPercent: wave(31, 30, 62),
        diskPercent: 38 + (index % 20),
        temperatureC: wave(60, 44, 62),
        batteryPercent: 34 + ((index * 13) % 64),
        netRxBytesPerS: wave(9, 2_000, 190_000),
        netTxBytesPerS: wave(4, 1_000, 900_000),
        load1: wave(7, 0.2, 2.4),
      },
      batteryCharging: index % 4 === 0,
      memoryTotalBytes: 4_000_000_000,
      diskTotalBytes: 64_000_000_000,
      diskFreeBytes: 31_000_000_000,
      uptimeS: 7_420 + index * 60,
      notes: index % 4 === 0 ? ['docked, charging'] : [],
    },
    spark: {
      atMs: Array.from({ length: 30 }, (_, i) => nowMs - (30 - i) * 10_000),
      cpuPercent: Array.from({ length: 30 }, (_, i) => wave(30 + i, 8, 74)),
      temperatureC: Array.from({ length: 30 }, (_, i) => wave(30 + i, 44, 62)),
    },
    lastLog: { cid: fakeCid(index), name: `drive-${index}.mcap`, sharedAtMs: nowMs - 240_000 - index * 1_000 },
    archive: false,
    evidence: [fakeEvidence(index, 'presence', nowMs), fakeEvidence(index + 500, 'health', nowMs)],
    ...change,
  }
}

export function fakeEvidence(index: number, fact: EvidenceView['fact'], nowMs: number): EvidenceView {
  return {
    fact,
    recordId: fakeRecord(index),
    author: fakePeer(index % 500),
    seq: 40 + index,
    how: 'direct',
    from: fakePeer(index % 500),
    fromName: `duckie${String(index % 500).padStart(2, '0')}`,
    receivedAtMs: nowMs - 4_000,
    validFromMs: nowMs - 5_000,
    validUntilMs: nowMs + 600_000,
    rule: 'signed by the machine itself; of its records in machines under "self" the newest counts',
  }
}

export function fakeShare(index: number, nowMs: number, change: Partial<ShareView> = {}): ShareView {
  const origin = fakePeer(1 + (index % 4))
  const originName = `duckie${String(1 + (index % 4)).padStart(2, '0')}`
  const recording = index % 3 !== 2
  return {
    cid: fakeCid(index),
    name: recording ? `drive-${index}.mcap` : `system-${index}.log`,
    sizeBytes: recording ? 18_400_000 + index * 7_310_000 : 64_000 + index * 931,
    mediaType: recording ? 'application/octet-stream' : 'text/plain',
    origin,
    originName,
    simulated: true,
    modifiedAtMs: nowMs - 300_000 - index * 420_000,
    sharedAtMs: nowMs - 240_000 - index * 420_000,
    copies: [
      { peer: origin, name: originName, alive: true },
      ...(index % 2 === 0 ? [{ peer: fakePeer(900), name: 'lab-server', alive: false }] : []),
    ],
    safety:
      index % 2 === 0
        ? { copies: 2, aliveCopies: 1, risk: 'none', why: `2 copies: ${originName}, lab-server (silent for 20 min)` }
        : { copies: 1, aliveCopies: 1, risk: 'low', why: `only copy, on ${originName}` },
    local: index % 5 === 0,
    kept: false,
    own: false,
    sha1: null,
    channel: null,
    log: recording ? fakeLog(nowMs - 300_000 - index * 420_000) : fakeTextLog(),
    ...change,
  }
}

export function fakeTransfer(index: number, nowMs: number, change: Partial<TransferView> = {}): TransferView {
  return {
    id: `t${index}`,
    kind: 'fetch',
    name: `drive-${index}.mcap`,
    cid: fakeCid(index),
    sizeBytes: 50_000_000,
    doneBytes: 21_000_000,
    bytesPerS: 8_200_000,
    remainingMs: 3_500,
    state: 'running',
    step: 'fetching from duckie02',
    error: null,
    startedAtMs: nowMs - 2_600,
    endedAtMs: null,
    path: null,
    priority: 'normal',
    group: null,
    from: ['duckie02'],
    ...change,
  }
}

export const fakeSettings: Settings = {
  name: 'lab-laptop',
  role: 'operator',
  shareDir: '/home/ana/shared-logs',
  downloadDir: '/home/ana/Downloads',
  listen: ['/ip4/0.0.0.0/tcp/0', '/ip4/0.0.0.0/udp/0/quic-v1'],
  bootstrap: [],
  mdns: true,
  channels: [{ address: '/ipfs-pubsub/records/dswarm-line', mode: 'dial', enabled: true }],
  files: defaultFileSettings,
  recorder: defaultRecorderSettings,
  theme: 'system',
}

export function fakeInfo(nowMs: number, change: Partial<InfoView> = {}): InfoView {
  return {
    peer: fakePeer(1_000),
    name: 'lab-laptop',
    role: 'operator',
    version: '0.1.0',
    swarm: fakeSwarmView,
    standing: 'root',
    roles: ['operator', 'release'],
    fingerprint: fingerprintOf(fakePeer(1_000)),
    home: '/home/ana/.dt-swarm',
    simulated: false,
    startedAtMs: nowMs - 3_700_000,
    addresses: ['/ip4/192.168.1.5/tcp/41001', '/ip4/192.168.1.5/udp/41001/quic-v1'],
    web: 'http://127.0.0.1:8765/',
    identityProtection: 'file',
    can: { openFolder: true, choosePlace: true, lab: true, join: true },
    ...change,
  }
}

export function fakeStatus(machines: readonly MachineView[], nowMs: number): SystemStatusView {
  const count = (status: MachineView['status']): number => machines.filter((one) => one.status === status).length
  return {
    atMs: nowMs,
    links: machines.filter((machine) => machine.connected).length,
    machines: { alive: count('alive'), suspect: count('suspect'), gone: count('gone'), unknown: count('unknown') },
    transfersRunning: 0,
    asks: 0,
    proposals: 0,
    time: { offsetMs: 3, source: 'own', peers: 3, reason: 'within 2 s of the median of 3 trusted peers' },
    catchUp: idleCatchUp,
    records: machines.length * 3,
    counters: { 'ingest.added': 18_422, 'ingest.refused:known': 904, 'ingest.refused:bad-signature': 2 },
    warnings: [],
  }
}
