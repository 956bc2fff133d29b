import { setImmediate } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import type { PeerId } from '../../../shared/ids.ts'
import { FakeClock } from '../../base/clock.ts'
import { CatchUpSchedule, type SessionEnd } from './catch-up-schedule.ts'

const [robot, laptop, server] = ['robot' as PeerId, 'laptop' as PeerId, 'server' as PeerId]
let schedule: CatchUpSchedule
let clock: FakeClock
const begun: { readonly peer: PeerId; readonly atMs: number }[] = []

function make(session: (peer: PeerId) => Promise<SessionEnd> | SessionEnd): CatchUpSchedule {
  clock = new FakeClock()
  begun.length = 0
  schedule = new CatchUpSchedule({
    clock,
    random: () => 0.5,
    session: async (peer) => {
      begun.push({ peer, atMs: clock.monotonic() })
      return session(peer)
    },
  })
  return schedule
}

/** Step by step: what wakes up sleeps again before the next. */
async function pass(ms: number, stepMs = 50): Promise<void> {
  for (let at = 0; at < ms; at += stepMs) {
    await setImmediate()
    await clock.advance(stepMs)
    await setImmediate()
  }
}

afterEach(() => schedule.stop())

test('on a new link at once, once more soon, then now and then', async () => {
  await make(() => 'done').start()
  schedule.add(robot)
  await pass(300_000)
  const times = begun.map(({ atMs }) => atMs)
  expect(times.slice(0, 4)).toEqual([50, 3_050, 123_050, 243_050])
})

test('who gives way lets the other begin, and leaves it at that', async () => {
  await make(() => 'done').start()
  schedule.add(robot, { givesWay: true })
  await pass(1_000)
  schedule.met(robot, 100)
  await pass(1_500)
  expect(begun).toEqual([])
  schedule.add(laptop, { givesWay: true })
  await pass(2_000)
  expect(begun.map(({ peer }) => peer)).toEqual([laptop])
})

test('what is said while another session runs is not forgotten with it', async () => {
  await make(() => 'done').start()
  schedule.add(robot)
  await pass(10_000)
  const before = begun.length
  schedule.soon(robot, 200)
  schedule.met(robot, clock.monotonic() - 50)
  await pass(1_000)
  expect(begun.length).toBe(before + 1)
})

test('after a failure with growing waits; when something is left, soon', async () => {
  const ends: SessionEnd[] = ['failed', 'failed', 'failed', 'more', 'done']
  await make(() => ends.shift() ?? 'done').start()
  schedule.add(robot)
  await pass(60_000)
  const times = begun.map(({ atMs }) => atMs)
  const waits = times.slice(1).map((at, i) => at - (times[i] ?? 0))
  expect(waits[1]).toBeGreaterThan(waits[0] ?? 0)
  expect(waits[2]).toBeGreaterThan(waits[1] ?? 0)
  expect(waits[3]).toBe(3_000)
})

test('a neighbour that says all the time that there is news is asked twice a second at most', async () => {
  await make(() => 'done').start()
  schedule.add(robot)
  for (let i = 0; i < 200; i += 1) {
    schedule.soon(robot, 0)
    await pass(50)
  }
  expect(begun.length).toBeLessThanOrEqual(22)
})

test('two sessions at the same time, and no third', async () => {
  const gates: ((end: SessionEnd) => void)[] = []
  await make(() => new Promise((resolve) => gates.push(resolve))).start()
  for (const peer of [robot, laptop, server]) schedule.add(peer)
  await pass(5_000)
  const atFirst = begun.length
  gates[0]?.('done')
  await pass(100)
  const then = begun.length
  for (const open of gates) open('done')
  expect([atFirst, then]).toEqual([2, 3])
})
