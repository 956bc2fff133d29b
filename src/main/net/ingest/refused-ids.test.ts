import { expect, test } from 'vitest'
import type { PeerId } from '../../../shared/ids.ts'
import { FakeClock } from '../../base/clock.ts'
import { RefusedIds } from './refused-ids.ts'

const [robot, laptop] = ['robot' as PeerId, 'laptop' as PeerId]
const id = (n: number): Uint8Array => new Uint8Array(32).fill(n)

test('a refusal counts for the neighbour it came from, and for half an hour', async () => {
  const clock = new FakeClock()
  const refused = new RefusedIds({ clock })
  refused.add(robot, id(1))
  expect([refused.has(robot, id(1)), refused.has(laptop, id(1)), refused.has(robot, id(2))]).toEqual([
    true,
    false,
    false,
  ])
  await clock.advance(29 * 60_000)
  expect(refused.has(robot, id(1))).toBe(true)
  await clock.advance(2 * 60_000)
  expect(refused.has(robot, id(1))).toBe(false)
  expect(refused.size).toBe(0)
})

test('stays bounded: the oldest are forgotten first', () => {
  const refused = new RefusedIds({ clock: new FakeClock() }, { maxRemembered: 3 })
  for (let n = 0; n < 10; n += 1) refused.add(robot, id(n))
  expect(refused.size).toBe(3)
  expect([6, 7, 8, 9].map((n) => refused.has(robot, id(n)))).toEqual([false, true, true, true])
})

test('a clock that is set forgets all: what came from the future may be of today', () => {
  const clock = new FakeClock()
  const refused = new RefusedIds({ clock })
  refused.add(robot, id(1))
  clock.jump(1_000)
  expect(refused.has(robot, id(1))).toBe(true)
  clock.jump(3_600_000)
  expect(refused.has(robot, id(1))).toBe(false)
})

test('what came too fast is welcome after a minute, whatever else is said of it meanwhile', async () => {
  const clock = new FakeClock()
  const refused = new RefusedIds({ clock })
  refused.add(robot, id(1), { isOverRate: true })
  refused.add(robot, id(1))
  expect(refused.has(robot, id(1))).toBe(true)
  await clock.advance(61_000)
  expect(refused.has(robot, id(1))).toBe(false)
})
