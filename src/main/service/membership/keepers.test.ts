import { expect, it } from 'vitest'
import type { PeerId } from '../../../shared/ids.ts'
import type { HealthView, MachineStatus } from '../../../shared/views.ts'
import { keeperOf, volunteersOf } from './keepers.ts'
import type { Machine } from './machine-table.ts'
import { factsOf } from './testing/machine-facts.ts'

const duckie = '12D3KooWDuckie' as PeerId

function machine(name: string, status: MachineStatus, more: { archive?: boolean; copies?: number } = {}): Machine {
  return {
    peer: `12D3KooW${name}` as PeerId,
    facts: factsOf({ name, role: 'server', ...more }),
    presence: undefined,
    health: undefined,
    spokeAtMs: {},
    last: { atMs: 1_000, how: 'direct', from: null },
    firstHeardAtMs: 1_000,
    left: undefined,
    connected: false,
    introduced: true,
    status,
  }
}

const health: HealthView = {
  atMs: 1,
  values: { batteryPercent: 12, diskPercent: 96 },
  batteryCharging: true,
  memoryTotalBytes: null,
  diskTotalBytes: null,
  diskFreeBytes: null,
  uptimeS: null,
  notes: [],
}

it('what is known of a holder comes from its machine record and its health', () => {
  const known = { name: 'west', nowMs: 61_000, self: false, trusted: true, health }
  expect(keeperOf(machine('west', 'gone', { archive: true }), known)).toEqual({
    name: 'west',
    status: 'gone',
    silentMs: 60_000,
    role: 'server',
    archive: true,
    batteryPercent: 12,
    charging: true,
    diskPercent: 96,
  })
})

it('one that was never heard is unknown, this peer is always up, and of a stranger nobody believes that it is an archive', () => {
  const base = { name: 'x', nowMs: 61_000, self: false, trusted: true, health: undefined }
  expect(keeperOf(undefined, base)).toMatchObject({ status: 'unknown', silentMs: null, role: null, archive: false })
  expect(keeperOf(undefined, { ...base, self: true }).status).toBe('alive')
  expect(keeperOf(machine('x', 'alive', { archive: true }), { ...base, trusted: false }).archive).toBe(false)
})

it('volunteers are those that are up, are believed, and want more than one copy', () => {
  const machines = [
    machine('west', 'alive', { copies: 2 }),
    machine('east', 'suspect', { copies: 3 }),
    machine('one', 'alive', { copies: 1 }),
    machine('gone', 'gone', { copies: 2 }),
    machine('stranger', 'alive', { copies: 2 }),
    { ...machine('silent', 'alive'), facts: undefined },
  ]
  const found = volunteersOf(machines, (peer) => peer !== '12D3KooWstranger' && peer !== duckie)
  expect(found).toEqual([
    { peer: '12D3KooWwest', copies: 2 },
    { peer: '12D3KooWeast', copies: 3 },
  ])
})
