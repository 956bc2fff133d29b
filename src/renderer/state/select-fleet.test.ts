import { expect, test } from 'vitest'
import type { MachineView } from '../../shared/views.ts'
import { fakeMachine } from '../testing/fake-views.ts'
import { arrangeFleet, countBy, fleetHealth, kindOf, levelOf, noFleetFilter, troublesOf } from './select-fleet.ts'

const nowMs = 1_800_000_000_000

function machine(
  index: number,
  values: Partial<Record<string, number>> = {},
  change: Partial<MachineView> = {},
): MachineView {
  const plain = fakeMachine(index, nowMs)
  if (plain.health === null) throw new Error('a fake machine has health')
  const calm = { ...plain.health.values, temperatureC: 45, diskPercent: 30, batteryPercent: 80, memoryPercent: 40 }
  return { ...plain, health: { ...plain.health, batteryCharging: false, values: { ...calm, ...values } }, ...change }
}

test.each([
  ['calm', {}, []],
  ['warm', { temperatureC: 70 }, ['look']],
  ['hot', { temperatureC: 80 }, ['act']],
  ['disk filling', { diskPercent: 85 }, ['look']],
  ['disk full', { diskPercent: 95 }, ['act']],
  ['battery low', { batteryPercent: 25 }, ['look']],
  ['battery empty', { batteryPercent: 10 }, ['act']],
  ['memory short', { memoryPercent: 92 }, ['look']],
  ['several, worst first', { memoryPercent: 95, temperatureC: 85 }, ['act', 'look']],
])('%s: %o', (_, values, levels) => {
  expect(troublesOf(machine(1, values)).map((trouble) => trouble.level)).toEqual(levels)
})

test('a low battery that charges is no trouble', () => {
  const low = machine(1, { batteryPercent: 5 })
  if (low.health === null) throw new Error('a fake machine has health')
  expect(troublesOf({ ...low, health: { ...low.health, batteryCharging: true } })).toEqual([])
})

test('what is gone or unknown is never called ok, and its old values raise no alarm', () => {
  expect(levelOf(machine(1, { temperatureC: 95 }, { status: 'gone' }))).toBe('unknown')
  expect(levelOf(machine(1, {}, { status: 'unknown', health: null }))).toBe('unknown')
  expect(levelOf(machine(1))).toBe('ok')
})

test('says the health of the swarm in one line', () => {
  expect(fleetHealth([]).text).toBe('No robots yet')
  expect(fleetHealth([machine(1), machine(2)])).toEqual({ level: 'ok', text: '2 robots, all well' })
  const mixed = [
    machine(1, { temperatureC: 85 }),
    machine(2, {}, { status: 'suspect' }),
    machine(3, {}, { status: 'gone' }),
  ]
  expect(fleetHealth(mixed)).toEqual({ level: 'act', text: '3 robots, 1 needs help now, 1 needs a look, 1 gone' })
  const laptop = machine(4, {}, { robot: null, role: 'operator' })
  expect(fleetHealth([laptop]).text).toBe('No robots yet')
})

test('sorts by number in names, and puts what is not measured last either way', () => {
  const two = machine(1, {}, { name: 'duckie2' })
  const ten = machine(2, {}, { name: 'duckie10' })
  const none = machine(3, {}, { name: 'anna', health: null })
  const names = (by: string, down: boolean): string[] =>
    arrangeFleet([ten, none, two], noFleetFilter, { by, down }).map((one) => one.name)
  expect(names('name', false)).toEqual(['anna', 'duckie2', 'duckie10'])
  expect(names('name', true)).toEqual(['duckie10', 'duckie2', 'anna'])
  expect(names('disk', false)).toEqual(['duckie2', 'duckie10', 'anna'])
  expect(names('disk', true).at(-1)).toBe('anna')
})

test('filters by words, trouble, type and status together', () => {
  const machines = [
    machine(1),
    machine(2, { temperatureC: 75 }),
    machine(
      3,
      { temperatureC: 75 },
      { robot: { type: 'watchtower', configuration: 'WT21A', hardware: 'raspberry_pi_64' } },
    ),
    machine(4, {}, { status: 'gone' }),
  ]
  const pass = (change: object): string[] =>
    arrangeFleet(machines, { ...noFleetFilter, ...change }, { by: 'name', down: false }).map((one) => one.name)
  expect(pass({ trouble: true })).toEqual(['duckie02', 'duckie03'])
  expect(pass({ trouble: true, kinds: ['watchtower'] })).toEqual(['duckie03'])
  expect(pass({ search: ' wt21 ' })).toEqual(['duckie03'])
  expect(pass({ statuses: ['gone'] })).toEqual(['duckie04'])
  expect(countBy(machines, kindOf)).toEqual([
    { value: 'duckiebot', count: 3 },
    { value: 'watchtower', count: 1 },
  ])
})
