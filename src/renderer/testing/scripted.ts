import type { MachineView } from '../../shared/views.ts'
import { createFakeSwarm, type FakeInit, type FakeSwarm } from './fake-client.ts'
import { fakePeer, fakeRecord } from './fake-ids.ts'
import { fakeShelfOfFiles, fakeTransfers } from './scripted-files.ts'
import { fakeMachine, fakeStatus } from './fake-views.ts'
import { fakeCheckpoints } from './fake-checkpoints.ts'
import { fakeChannels, fakeGraph, fakeMessage, fakeRoutes } from './fake-network.ts'
import { fakeRecords, fakeSigner } from './fake-records.ts'
import { fakeAsk, fakeInvite, fakeMember } from './fake-trust.ts'

/** A lively swarm to look at while drawing the pages: `robots` of them, some in trouble, values moving. */
export function createScriptedSwarm(
  robots: number,
  kind: 'desktop' | 'browser',
  files = Math.max(24, robots),
): FakeSwarm {
  const nowMs = Date.now()
  const oddities: readonly Partial<MachineView>[] = [
    {},
    { health: hot(fakeMachine(1, nowMs), 81.4, 8) },
    { robot: { type: 'watchtower', configuration: 'WT21A', hardware: 'raspberry_pi_64' }, simulated: false },
    {
      status: 'suspect',
      statusReason: 'silent for 48 s; it announces every 10 s',
      lastHeardAtMs: nowMs - 48_000,
      lastHeardHow: 'relayed',
      lastHeardFromName: 'lab-server',
      connected: false,
    },
    {
      status: 'gone',
      statusReason: 'silent for 22 min; last heard by way of lab-server',
      lastHeardAtMs: nowMs - 22 * 60_000,
      lastHeardHow: 'relayed',
      lastHeardFromName: 'lab-server',
      connected: false,
      version: '0.0.9',
    },
    {
      status: 'unknown',
      statusReason: 'named by a file record; never heard itself',
      lastHeardAtMs: null,
      lastHeardHow: null,
      firstHeardAtMs: null,
      health: null,
      connected: false,
      version: null,
      robot: null,
      spark: { atMs: [], cpuPercent: [], temperatureC: [] },
      lastLog: null,
      role: null,
    },
    { robot: { type: 'duckiedrone', configuration: 'DD24', hardware: 'raspberry_pi_64' }, clockSkewMs: -1.75e12 },
    {
      standing: 'stranger',
      roles: [],
      standingReason: 'nobody in this swarm has spoken for it',
      simulated: false,
      name: 'duckie-new',
      rootVersion: null,
    },
    {
      standing: 'revoked',
      roles: [],
      standingReason: 'revoked by lab-laptop (root key): lost on the tram',
      simulated: false,
    },
  ]
  const machines = Array.from({ length: robots }, (_, i) =>
    fakeMachine(i, nowMs, { rootVersion: i === 2 ? 1 : 2, ...(robots > 3 ? oddities[i] : {}) }),
  )
  const self = fakeMachine(1_000, nowMs, {
    self: true,
    name: 'lab-laptop',
    role: 'operator',
    standing: 'root',
    roles: ['operator', 'release'],
    standingReason: 'one of the root keys',
    robot: null,
    simulated: false,
    lastHeardHow: 'self',
  })
  const swarm = createFakeSwarm({
    kind,
    nowMs,
    machines: [self, ...machines],
    shares: robots === 0 ? [] : fakeShelfOfFiles(files, nowMs),
    transfers: robots === 0 ? [] : fakeTransfers(nowMs),
    ...(robots === 0 ? {} : lively(machines, self, nowMs)),
    links: machines.slice(0, 6).map((machine, i) => ({
      peer: machine.peer,
      name: machine.name,
      role: machine.role,
      version: machine.version,
      address: machine.addresses[0] ?? '',
      transport: i % 2 === 0 ? ('tcp' as const) : ('quic' as const),
      encryption: i % 2 === 0 ? '/tls/1.0.0' : null,
      direction: i % 2 === 0 ? ('outbound' as const) : ('inbound' as const),
      sinceMs: nowMs - 600_000 * (i + 1),
      latencyMs: 2.1 + i,
    })),
  })
  if (robots > 0) {
    swarm.desk.invites.push(fakeInvite(1, nowMs), fakeInvite(2, nowMs, { role: null, usesLeft: 1 }))
    swarm.status.put({ ...fakeStatus(swarm.machines.all(), nowMs), asks: 1, proposals: 1 })
  }
  let turn = 0
  let no = 400
  // A quarter of the swarm changes four times a second: every robot once a second.
  setInterval(() => {
    const atMs = Date.now()
    const moved = swarm.machines.all().filter((machine) => machine.status === 'alive' && machine.health !== null)
    turn += 1
    if (robots > 0) swarm.air.messages.put(fakeMessage((no += 1), atMs), fakeMessage((no += 1), atMs))
    for (const channel of swarm.air.channels.all()) {
      if (turn % 4 !== 0 || channel.state !== 'up') continue
      const messages = channel.received.messages + Math.round(channel.received.messagesPerS)
      const messagesPerS = Math.max(0.2, channel.received.messagesPerS + (Math.random() - 0.5) * 2)
      swarm.air.channels.put({ ...channel, received: { ...channel.received, messages, messagesPerS } })
    }
    swarm.machines.put(...moved.filter((_, i) => i % 4 === turn % 4).map((one) => move(one, atMs)))
    const running = swarm.transfers.get('t1')
    if (running !== undefined && running.state === 'running') {
      swarm.transfers.put({ ...running, doneBytes: (running.doneBytes + 400_000) % 50_000_000 })
    }
  }, 250)
  return swarm
}

/** Trust with something to decide, records in each state, checkpoints, channels and messages. */
function lively(machines: readonly MachineView[], self: MachineView, nowMs: number): Partial<FakeInit> {
  const everybody = [self, ...machines]
  const root = fakeMember(1_000, nowMs, {
    name: 'lab-laptop',
    standing: 'root',
    roles: ['operator', 'release'],
    reason: 'one of the root keys',
  })
  const others = machines
    .filter((machine) => machine.standing !== 'stranger')
    .map(({ peer, name, standing, roles, standingReason }, i) =>
      fakeMember(i, nowMs, { peer, name, standing, roles, reason: standingReason }),
    )
  return {
    trust: {
      members: [root, ...others],
      root: {
        version: 2,
        threshold: 2,
        keys: [
          { peer: root.peer, name: root.name },
          { peer: fakePeer(901), name: 'lab-server' },
          { peer: fakePeer(902), name: null },
        ],
        expiresAtMs: nowMs + 360 * 86_400_000,
        recordId: fakeRecord(9_002),
      },
      asks: [fakeAsk(6, nowMs, { name: 'duckie-new' })],
      proposals: [
        {
          recordId: fakeRecord(9_003),
          what: 'desk becomes operator',
          missing: 'needs 1 more root key',
          mine: true,
          proposedAtMs: nowMs - 4_000_000,
          signers: [fakeSigner(901, nowMs, { name: 'lab-server', standing: 'root', roles: ['operator'] })],
        },
      ],
      problems: [],
    },
    records: fakeRecords(nowMs, 400),
    checkpoints: fakeCheckpoints(nowMs),
    channels: fakeChannels(nowMs),
    graph: fakeGraph(everybody, nowMs, machines.length > 8),
    messages: Array.from({ length: 400 }, (_, i) => fakeMessage(i + 1, nowMs - (400 - i) * 700)),
    routes: fakeRoutes(nowMs),
  }
}

function hot(machine: MachineView, temperatureC: number, batteryPercent: number): MachineView['health'] {
  if (machine.health === null) return null
  const values = { ...machine.health.values, temperatureC, batteryPercent }
  return { ...machine.health, values, batteryCharging: false, notes: ['under-voltage seen'] }
}

function move(machine: MachineView, atMs: number): MachineView {
  if (machine.health === null) return machine
  const { cpuPercent = 30, temperatureC = 50 } = machine.health.values
  const cpu = Math.min(98, Math.max(2, cpuPercent + (Math.random() - 0.5) * 14))
  const values = { ...machine.health.values, cpuPercent: cpu, temperatureC: temperatureC + (Math.random() - 0.5) }
  return { ...machine, lastHeardAtMs: atMs, health: { ...machine.health, atMs, values } }
}
