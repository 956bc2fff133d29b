import { expect, test } from 'vitest'
import type { PeerId } from '../../../shared/ids.ts'
import { FakeClock } from '../../base/clock.ts'
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
    neighbours.done(other, { isFruitful: false, isSilent: false })
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

test('a link is what counts: who says another name there takes nothing from that one', () => {
  const { neighbours } = make()
  const honest = neighbours.heard(robot, 'a')
  honest.fruitless = 3
  const liar = neighbours.heard(robot, 'b')
  expect([honest.link, liar.link, liar.fruitless]).toEqual(['a', 'b', 0])
  neighbours.heard(laptop, 'b').digest = digest
  expect([neighbours.next(), neighbours.next()?.peer]).toEqual([liar, laptop])
})

test('who was silent is asked last, then who brought nothing, then new links of a host that was silent', async () => {
  const { clock, neighbours } = make()
  const [silent, sibling] = [neighbours.heard(robot, '10.0.0.9:1'), neighbours.heard(robot, '10.0.0.9:2')]
  const [fruitless, honest] = [neighbours.heard(robot, 'nick'), neighbours.heard(laptop, '10.0.0.7:1')]
  neighbours.done(silent, { isFruitful: false, isSilent: true })
  neighbours.done(fruitless, { isFruitful: false, isSilent: false })
  await clock.advance(pace.digestMaxMs)
  const order = [honest, sibling, fruitless, silent]
  for (const one of order) one.digest = digest
  for (const one of order) {
    expect(neighbours.next()).toBe(one)
    one.digest = null
  }
  expect(neighbours.isBetter(honest, silent)).toBe(true)
  expect(neighbours.isBetter(sibling, honest)).toBe(false)
})

test('nobody waits for a rest of another: whose time has come is next, however doubtful', () => {
  const { clock, neighbours } = make()
  const [resting, doubtful] = [neighbours.heard(robot, 'a'), neighbours.heard(laptop, 'b')]
  resting.digest = digest
  doubtful.digest = digest
  neighbours.asked(resting)
  neighbours.done(doubtful, { isFruitful: false, isSilent: true })
  doubtful.notBeforeMs = clock.monotonic()
  expect(neighbours.next()).toBe(doubtful)
})

test('only so many links are known, and a host with very many pushes out its own', () => {
  const { neighbours } = make()
  neighbours.heard(robot, 'a').fruitless = 3
  for (let i = 0; i < 2_000; i += 1) neighbours.heard(laptop, `10.0.0.9:${i}`)
  expect(neighbours.size).toBe(257)
  expect(neighbours.heard(robot, 'a').fruitless).toBe(3)
})

test('a host with many links leaves others some of the answers', async () => {
  const { clock, neighbours } = make()
  let answered = 0
  for (let i = 0; i < 100; i += 1) {
    await clock.advance(100)
    for (let port = 0; port < 50; port += 1) neighbours.mayAsk(`10.0.0.9:${port}`)
    if (i % 5 === 0 && neighbours.mayAsk('10.0.0.7:1')) answered += 1
  }
  expect(answered).toBe(20)
})
