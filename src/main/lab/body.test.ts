import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bodyNotes, dockBelowPercent, newBody, stepBody, type BodyState } from './body.ts'
import { kindOf, robotKinds, robotName, type RobotKind } from './kinds.ts'
import { seeded, subSeed } from './random.ts'

const kinds = fc.constantFrom(...robotKinds)
const seeds = fc.integer({ min: 0, max: 0xff_ff_ff_ff })

function live(kind: RobotKind, seed: number, steps: number, dtMs: number, pace = 1): BodyState[] {
  const random = seeded(seed)
  const states = [newBody({ kind }, random)]
  for (let i = 0; i < steps; i++) states.push(stepBody(states.at(-1) as BodyState, dtMs, { kind, pace }, random))
  return states
}

test('a body stays within what a body can be', () => {
  fc.assert(
    fc.property(
      kinds,
      seeds,
      fc.integer({ min: 1, max: 60_000 }),
      fc.integer({ min: 1, max: 20 }),
      (kind, seed, dtMs, pace) => {
        for (const state of live(kind, seed, 200, dtMs, pace)) {
          expect(state.batteryPercent).toBeGreaterThanOrEqual(0)
          expect(state.batteryPercent).toBeLessThanOrEqual(100)
          expect(state.cpuPercent).toBeGreaterThanOrEqual(0)
          expect(state.cpuPercent).toBeLessThanOrEqual(100)
          expect(state.memoryPercent).toBeGreaterThanOrEqual(0)
          expect(state.memoryPercent).toBeLessThanOrEqual(100)
          expect(state.temperatureC).toBeGreaterThan(20)
          expect(state.temperatureC).toBeLessThan(95)
          expect(Object.values(state).some((value) => Number.isNaN(value))).toBe(false)
          expect(bodyNotes(state)[0]).toMatch(/^(idle|driving|docked, charging|watching, recording)$/)
          expect(bodyNotes(state).slice(1)).toEqual(state.dipMs > 0 ? ['under-voltage now'] : [])
        }
      },
    ),
    { numRuns: 50 },
  )
})

test('a seed decides a life; another seed gives another', () => {
  const kind = kindOf(0)
  expect(live(kind, 7, 300, 500)).toEqual(live(kind, 7, 300, 500))
  expect(live(kind, 7, 300, 500)).not.toEqual(live(kind, 8, 300, 500))
  expect(subSeed(1, 0)).not.toBe(subSeed(1, 1))
})

test('a Duckiebot drives, docks when its battery is low, charges there, and drives again', () => {
  const states = live(kindOf(0), 3, 4 * 3_600, 1_000)
  const docked = states.findIndex((state) => state.activity === 'docked')
  expect(docked).toBeGreaterThan(0)
  expect(states[docked - 1]?.batteryPercent).toBeLessThan(dockBelowPercent + 1)
  const left = states.findIndex((state, index) => index > docked && state.activity !== 'docked')
  expect(states[left]?.batteryPercent).toBeGreaterThan(90)
  expect(states.slice(left).some((state) => state.activity === 'driving')).toBe(true)
})

test('a wheel blocks in every third drive, for some seconds, and never in a watchtower', () => {
  const states = live(kindOf(0), 3, 6 * 3_600, 500)
  const begun = states.filter(({ dipMs }, at) => dipMs > 0 && states[at - 1]?.dipMs === 0)
  expect(begun.length).toBeGreaterThan(2)
  expect(begun.every(({ drives, activity }) => drives % 3 === 0 && activity === 'driving')).toBe(true)
  expect(new Set(begun.map(({ drives }) => drives)).size).toBe(begun.length)
  expect(states.filter(({ dipMs }) => dipMs > 0)).toHaveLength(begun.length * 16)
  expect(live(kindOf(2), 3, 3_600, 500).some(({ dipMs }) => dipMs > 0)).toBe(false)
})

test('a watchtower never drives and has no battery to empty', () => {
  const states = live(kindOf(2), 5, 2_000, 1_000)
  expect(states.some((state) => state.activity === 'watching')).toBe(true)
  expect(
    states.every((state) => state.activity !== 'driving' && state.speed === 0 && state.batteryPercent === 100),
  ).toBe(true)
})

test('driving heats the processor, slowly', () => {
  const states = live(kindOf(1), 11, 1_200, 1_000)
  const hottest = Math.max(...states.map((state) => state.temperatureC))
  expect(hottest).toBeGreaterThan(kindOf(1).idleTemperatureC + 8)
  const jumps = states.slice(1).map((state, index) => Math.abs(state.temperatureC - (states[index]?.temperatureC ?? 0)))
  expect(Math.max(...jumps)).toBeLessThan(1)
})

test('the first drive is over within 20 s, so that there is soon a log to see', () => {
  for (const index of [0, 1, 2, 3]) {
    const states = live(kindOf(index), subSeed(1, index), 40, 500)
    const begun = states.findIndex((state) => state.drives === 1)
    expect(begun).toBeGreaterThan(0)
    expect(states.findIndex((state, at) => at > begun && state.activity === 'idle')).toBeGreaterThan(begun)
  }
})

test('names are fit to be host names', () => {
  expect([0, 1, 2, 3].map(robotName)).toEqual(['duckie01', 'duckie02', 'watchtower01', 'duckie03'])
})
