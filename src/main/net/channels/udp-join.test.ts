import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FakeClock } from '../../base/clock.ts'
import { maxFrameBytes } from './line.ts'
import {
  askFor,
  datagramBytes,
  partBytes,
  readDatagram,
  splitFrame,
  type Datagram,
  type PartHeader,
} from './udp-datagram.ts'
import { UdpJoin } from './udp-join.ts'

const tag = randomBytes(8)
const swarm = { tag, greetingKey: null }
const sender = randomBytes(8).toString('hex')

function partsOf(frame: Uint8Array, no = 0, over: Partial<PartHeader> = {}) {
  return splitFrame(tag, { type: 'all', sender, no, ...over }, frame).map((datagram) => {
    const read = readDatagram(swarm, datagram)
    if (read.kind !== 'part') throw new Error(read.kind)
    return read
  })
}

function make(init?: ConstructorParameters<typeof UdpJoin>[2]) {
  const clock = new FakeClock()
  return { clock, join: new UdpJoin(clock, () => 0.5, init) }
}

test('a frame of any size is joined from its parts in any order, with copies among them', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 * partBytes }), fc.integer(), (size, seed) => {
      const frame = new Uint8Array(randomBytes(size))
      const parts = [...partsOf(frame), ...partsOf(frame)]
      const shuffled = fc.sample(fc.shuffledSubarray(parts, { minLength: parts.length }), { seed, numRuns: 1 })[0] ?? []
      const { join } = make()
      const frames = shuffled.map((part) => join.add('a', part)).filter((joined) => joined !== null)
      expect(frames).toEqual([frame])
      expect([join.unfinished, join.bytes]).toEqual([0, 0])
    }),
    { numRuns: 50 },
  )
})

test('no datagram is larger than allowed, and the largest frame can be split', () => {
  const datagrams = splitFrame(tag, { type: 'one', sender, no: 2 ** 32 - 1 }, new Uint8Array(maxFrameBytes))
  expect(Math.max(...datagrams.map(({ length }) => length))).toBe(datagramBytes)
  expect(datagrams.every((datagram) => readDatagram(swarm, datagram).kind === 'part')).toBe(true)
})

test('what lacks is asked for with growing pauses, then given up', async () => {
  const { clock, join } = make()
  const parts = partsOf(new Uint8Array(5 * partBytes))
  for (const part of parts) if (part.part !== 1 && part.part !== 3) join.add('a', part)
  expect(join.due()).toEqual([])
  await clock.advance(90)
  expect(join.due()).toEqual([{ link: 'a', type: 'all', sender, no: 0, parts: [1, 3] }])
  expect(join.due()).toEqual([])
  let asked = 1
  for (let i = 0; i < 100; i += 1) {
    await clock.advance(100)
    asked += join.due().length
  }
  expect(asked).toBe(5)
  expect([join.unfinished, join.bytes, join.takeLost(), join.takeLost()]).toEqual([0, 0, 1, 0])
  // A part that comes after all begins nothing anew.
  expect(parts.map((part) => join.add('a', part)).every((frame) => frame === null)).toBe(true)
  expect(join.unfinished).toBe(0)
})

test('a message of which nothing came is noticed by the next one, unless it was for somebody else', async () => {
  const { clock, join } = make()
  const single = new Uint8Array(10)
  const add = (no: number, type: 'all' | 'one') => partsOf(single, no, { type }).forEach((part) => join.add('a', part))
  for (const type of ['all', 'one'] as const) for (const no of [7, 10, 500]) add(no, type)
  await clock.advance(200)
  expect(join.due().map(({ no, parts, type }) => ({ no, parts, type }))).toEqual([
    { no: 8, parts: [], type: 'all' },
    { no: 9, parts: [], type: 'all' },
  ])
  add(8, 'all')
  expect(join.unfinished).toBe(1)
})

test('numbers that begin anew are no gap', async () => {
  const { clock, join } = make()
  for (const no of [2 ** 32 - 1, 0, 1]) partsOf(new Uint8Array(10), no).forEach((part) => join.add('a', part))
  await clock.advance(200)
  expect(join.due()).toEqual([])
})

test('unfinished messages are bounded, by link and in all; an honest link is not pushed out by one that floods', () => {
  const { join } = make({ maxLinkBytes: 20_000, maxBytes: 60_000 })
  const honest = partsOf(new Uint8Array(3 * partBytes))
  honest.slice(0, 2).forEach((part) => join.add('honest', part))
  for (let no = 0; no < 5_000; no += 1) {
    partsOf(new Uint8Array(9 * partBytes), no, { type: 'one' })
      .slice(0, 8)
      .forEach((part) => join.add('flood', part))
    expect(join.bytes).toBeLessThanOrEqual(60_000)
    expect(join.unfinished).toBeLessThanOrEqual(512)
  }
  expect(join.takeLost()).toBeGreaterThan(4_000)
  expect(honest[2] === undefined ? null : join.add('honest', honest[2])).toHaveLength(3 * partBytes)
  for (let i = 0; i < 2_000; i += 1) {
    const part = partsOf(new Uint8Array(2 * partBytes), 0)[0]
    if (part !== undefined) join.add(`link ${i}`, part)
  }
  expect(join.bytes).toBeLessThanOrEqual(60_000)
  join.clear()
  expect([join.bytes, join.unfinished]).toEqual([0, 0])
})

test('parts that contradict each other are left out', () => {
  const { join } = make()
  const [first] = partsOf(new Uint8Array(2 * partBytes))
  const other = partsOf(new Uint8Array(3 * partBytes))
  if (first === undefined) throw new Error('no part')
  join.add('a', first)
  for (const part of other) expect(join.add('a', part)).toBe(null)
  expect(join.unfinished).toBe(1)
})

test('an asking names its message and parts', () => {
  const header: PartHeader = { type: 'one', sender, no: 77 }
  expect(readDatagram(swarm, askFor(tag, header, [0, 5, 200]))).toEqual({
    kind: 'ask',
    ...header,
    missing: [0, 5, 200],
  })
  expect(
    askFor(
      tag,
      header,
      Array.from({ length: 5_000 }, (_, i) => i),
    ).length,
  ).toBeLessThanOrEqual(datagramBytes)
})

test('strangers’ datagrams give a reason and never throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1_400 }), fc.boolean(), (bytes, dressed) => {
      const datagram = Buffer.from(bytes)
      if (dressed) Buffer.concat([Buffer.from('dS\0'), tag]).copy(datagram)
      const read: Datagram = readDatagram(swarm, datagram)
      if (read.kind === 'part') expect(read.bytes.length).toBeLessThanOrEqual(partBytes)
      else if (!dressed) expect(read.kind).toBe('rejected')
    }),
  )
  expect(
    readDatagram(
      { ...swarm, tag: randomBytes(8) },
      splitFrame(tag, { type: 'all', sender, no: 0 }, new Uint8Array(9))[0] ?? tag,
    ),
  ).toEqual({ kind: 'rejected', reason: 'other-swarm' })
})
