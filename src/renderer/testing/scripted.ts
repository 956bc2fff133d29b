import type { MachineView } from '../../shared/views.ts'
import { createFakeSwarm, type FakeSwarm } from './fake-client.ts'
import { fakeCid, fakePeer } from './fake-ids.ts'
import { fakeMachine, fakeShare, fakeTransfer } from './fake-views.ts'

/** A lively swarm to look at while drawing the pages: `robots` of them, some in trouble, values moving. */
export function createScriptedSwarm(robots: number, kind: 'desktop' | 'browser'): FakeSwarm {
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
    { robot: { type: 'duckiedrone', configuration: 'DD24', hardware: 'raspberry_pi_64' } },
  ]
  const machines = Array.from({ length: robots }, (_, i) =>
    fakeMachine(i, nowMs, robots > 3 ? (oddities[i] ?? {}) : {}),
  )
  const self = fakeMachine(1_000, nowMs, {
    self: true,
    name: 'lab-laptop',
    role: 'operator',
    robot: null,
    simulated: false,
    lastHeardHow: 'self',
  })
  const swarm = createFakeSwarm({
    kind,
    nowMs,
    machines: [self, ...machines],
    shares: robots === 0 ? [] : Array.from({ length: Math.max(24, robots) }, (_, i) => fakeShare(i, nowMs)),
    transfers:
      robots === 0
        ? []
        : [
            fakeTransfer(1, nowMs),
            fakeTransfer(2, nowMs, {
              state: 'done',
              path: '/home/ana/Downloads/drive-2.mcap',
              endedAtMs: nowMs,
              step: 'done',
              cid: fakeCid(2),
            }),
          ],
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
  let turn = 0
  // A quarter of the swarm changes four times a second: every robot once a second.
  setInterval(() => {
    const atMs = Date.now()
    const moved = swarm.machines.all().filter((machine) => machine.status === 'alive' && machine.health !== null)
    turn += 1
    swarm.machines.put(...moved.filter((_, i) => i % 4 === turn % 4).map((one) => move(one, atMs)))
    const running = swarm.transfers.get('t1')
    if (running !== undefined && running.state === 'running') {
      swarm.transfers.put({ ...running, doneBytes: (running.doneBytes + 400_000) % 50_000_000 })
    }
  }, 250)
  return swarm
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

export const scriptedSelf = fakePeer(1_000)
