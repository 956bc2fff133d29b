import { setImmediate } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { FakeClock } from '../../base/clock.ts'
import { Trickle } from './trickle.ts'

let clock: FakeClock
let trickle: Trickle
let said: number[] = []

async function start(enough: number): Promise<void> {
  clock = new FakeClock()
  said = []
  const say = async (): Promise<void> => void said.push(clock.monotonic())
  trickle = new Trickle({ clock, random: () => 0.5, say }, { minMs: 1_000, maxMs: 8_000, enough })
  await trickle.start()
}

async function pass(ms: number): Promise<void> {
  for (let at = 0; at < ms; at += 50) {
    await setImmediate()
    await clock.advance(50)
    await setImmediate()
  }
}

afterEach(() => trickle.stop())

test('as long as all say the same the intervals double, up to the longest', async () => {
  await start(2)
  await pass(40_000)
  // In the second half of intervals of 1, 2, 4, 8, 8, 8 s.
  expect(said).toEqual([750, 2_500, 6_000, 13_000, 21_000, 29_000, 37_000])
})

test('who has heard the same often enough says nothing in that interval', async () => {
  await start(2)
  trickle.agreed('one')
  trickle.agreed('other')
  await pass(1_000)
  expect(said).toEqual([])
  // One alone, however often it says it, silences nobody.
  for (let i = 0; i < 5; i += 1) trickle.agreed('one')
  await pass(2_000)
  expect(said).toEqual([2_500])
})

test('when somebody says something else the intervals are short again', async () => {
  await start(2)
  await pass(15_000)
  const before = said.length
  trickle.differed()
  await pass(1_000)
  expect(said.length).toBe(before + 1)
})

test('stopped, it says nothing more', async () => {
  await start(2)
  await trickle.stop()
  await pass(5_000)
  expect(said).toEqual([])
})
