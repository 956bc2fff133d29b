import { expect, it } from 'vitest'
import { FakeClock } from './clock.ts'
import { Throttle } from './throttle.ts'

const { signal } = new AbortController()
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function flow(limit: number | null) {
  const clock = new FakeClock()
  const state = { limit }
  const throttle = new Throttle({ clock, limit: () => state.limit })
  const passed: string[] = []
  const take = (name: string, bytes: number, either = signal): Promise<void> =>
    throttle.take(bytes, either).then(() => void passed.push(name))
  return { clock, state, throttle, passed, take }
}

it('without a limit everything passes at once', async () => {
  const { passed, take } = flow(null)
  await Promise.all([take('a', 1e9), take('b', 1e9)])
  expect(passed).toEqual(['a', 'b'])
})

it('tells what is owed: nothing for what passes without a limit', async () => {
  const { clock, state, throttle } = flow(null)
  expect(await throttle.take(1_000, signal)).toBe(0)
  state.limit = 1_000
  await clock.advance(1_000)
  expect(await throttle.take(1_000, signal)).toBe(1_000)
  const waits = throttle.take(500, signal)
  state.limit = null
  await clock.advance(300)
  expect(await waits).toBe(0)
})

it('lets through what the limit allows over time, in the order of asking', async () => {
  const { clock, passed, take } = flow(1_000)
  await clock.advance(1_000)
  for (let n = 0; n < 20; n += 1) void take(`${n}`, 500)
  await settled()
  await clock.advance(10_000)
  // A quarter of a second is saved up; then half a second for each.
  expect(passed.length).toBeGreaterThanOrEqual(19)
  expect(passed.length).toBeLessThanOrEqual(21)
  expect(passed).toEqual([...passed.keys()].map(String))
})

it('a limit that is lifted or set counts at once, also for those who wait', async () => {
  const { clock, state, passed, take } = flow(10)
  await clock.advance(1_000)
  void take('first', 1_000)
  void take('second', 1_000)
  await settled()
  await clock.advance(5_000)
  expect(passed).toEqual(['first'])
  state.limit = null
  await clock.advance(300)
  expect(passed).toEqual(['first', 'second'])
})

it('what was given back may be taken by the next', async () => {
  const { clock, throttle, passed, take } = flow(100)
  await clock.advance(1_000)
  await take('reserved', 10_000)
  void take('next', 10)
  await settled()
  await clock.advance(1_000)
  expect(passed).toEqual(['reserved'])
  throttle.giveBack(10_000)
  await clock.advance(300)
  expect(passed).toEqual(['reserved', 'next'])
})

it('who gives up waiting leaves its place to the next, at once', async () => {
  const { clock, passed, take } = flow(100)
  await clock.advance(1_000)
  await take('first', 200)
  const gone = new AbortController()
  const second = take('second', 100, gone.signal)
  void take('third', 10)
  await settled()
  gone.abort(new Error('no longer'))
  await expect(second).rejects.toThrow('no longer')
  await settled()
  await clock.advance(3_000)
  expect(passed).toEqual(['first', 'third'])
})
