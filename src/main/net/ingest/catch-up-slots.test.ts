import { expect, test } from 'vitest'
import { FakeClock } from '../../base/clock.ts'
import { CatchUpSlots } from './catch-up-slots.ts'

const free = (slots: CatchUpSlots, slot: string): number => {
  let versions = 0
  while (slots.isFree(slot)) versions += 1
  return versions
}

test('a few versions of each are free, and again after ten minutes', async () => {
  const clock = new FakeClock()
  const slots = new CatchUpSlots(clock)
  expect([free(slots, 'one'), free(slots, 'other'), free(slots, 'one')]).toEqual([4, 4, 0])
  await clock.advance(9 * 60_000)
  expect(free(slots, 'one')).toBe(0)
  await clock.advance(60_000)
  expect(free(slots, 'one')).toBe(4)
})

test('a crowd of invented names does not fill the memory', () => {
  const slots = new CatchUpSlots(new FakeClock())
  for (let i = 0; i < 21_000; i += 1) slots.isFree(`slot ${i}`)
  expect(slots.size).toBe(20_000)
})
