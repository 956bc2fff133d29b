import { expect, it } from 'vitest'
import { FakeClock, systemClock } from './clock.ts'

it('a fake clock wakes sleepers in the order of their time', async () => {
  const clock = new FakeClock(1_000)
  const woken: string[] = []
  void clock.sleep(200).then(() => woken.push('second'))
  void clock.sleep(100).then(() => woken.push('first'))
  await clock.advance(99)
  expect(woken).toEqual([])
  await clock.advance(200)
  expect(woken).toEqual(['first', 'second'])
  expect(clock.now()).toBe(1_299)
})

it.each([
  ['system', systemClock],
  ['fake', new FakeClock()],
])('a sleep of the %s clock ends when its signal aborts', async (_name, clock) => {
  const controller = new AbortController()
  const sleep = clock.sleep(60_000, { signal: controller.signal })
  controller.abort()
  await expect(sleep).rejects.toThrow()
  await expect(clock.sleep(1, { signal: controller.signal })).rejects.toThrow()
})
