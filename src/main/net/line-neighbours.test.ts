import { expect, test } from 'vitest'
import type { PeerId } from '../../shared/ids.ts'
import { FakeClock } from '../base/clock.ts'
import type { Digest } from './line-frames.ts'
import { LineNeighbours } from './line-neighbours.ts'
import { linePaceOf } from './line-pace.ts'

const [robot, laptop] = ['robot' as PeerId, 'laptop' as PeerId]
const digest: Digest = { beforeMs: 0, buckets: new Map() }
const pace = linePaceOf({ kind: 'udp', address: '' })

function make() {
  const clock = new FakeClock()
  return { clock, neighbours: new LineNeighbours({ clock, random: () => 0.5 }, { pace }) }
}

test('a link that floods with questions gets its share, and leaves others theirs', async () => {
  const { clock, neighbours } = make()
  let answered = 0
  for (let i = 0; i < 5_000; i += 1) if (neighbours.mayAsk('flood')) answered += 1
  expect(answered).toBeLessThanOrEqual(100)
  expect(neighbours.mayAsk('honest')).toBe(true)
  for (let i = 0; i < 100; i += 1) {
    await clock.advance(100)
    for (let j = 0; j < 50; j += 1) neighbours.mayAsk('flood')
    expect(neighbours.mayAsk('honest')).toBe(true)
  }
})

test('who differs and waits longest is next; after sessions in vain the waits grow, up to a bound', () => {
  const { clock, neighbours } = make()
  const [one, other] = [neighbours.heard(robot, 'a'), neighbours.heard(laptop, 'b')]
  expect(neighbours.next()).toBeUndefined()
  one.digest = digest
  other.digest = digest
  neighbours.asked(one)
  expect(neighbours.next()).toBe(other)
  const waits: number[] = []
  for (let i = 0; i < 12; i += 1) {
    neighbours.done(other, { isFruitful: false })
    waits.push(other.notBeforeMs - clock.monotonic())
  }
  expect(waits[1]).toBeGreaterThan(waits[0] ?? 0)
  expect(waits.at(-1)).toBe(pace.digestMaxMs)
  expect(neighbours.next()).toBe(one)
  neighbours.forgive()
  expect(other.notBeforeMs).toBe(clock.monotonic())
})

test('a new name goes behind those that wait already', async () => {
  const { clock, neighbours } = make()
  const known = neighbours.heard(robot, 'a')
  neighbours.asked(known)
  await clock.advance(60_000)
  known.digest = digest
  neighbours.heard(laptop, 'b').digest = digest
  expect(neighbours.next()).toBe(known)
})

test('a peer is known by its last link, and only so many are', () => {
  const { neighbours } = make()
  neighbours.heard(robot, 'a')
  expect(neighbours.heard(robot, 'b').link).toBe('b')
  neighbours.heard(robot, 'b').fruitless = 3
  for (let i = 0; i < 2_000; i += 1) neighbours.heard(`peer${i}` as PeerId, 'c')
  expect(neighbours.heard(robot, 'b').fruitless).toBe(0)
})
