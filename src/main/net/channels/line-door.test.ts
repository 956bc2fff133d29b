import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { FakeClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { silentLog } from '../../base/log.ts'
import { LineCodec } from './line.ts'
import { LineDoor, type LineDoorInit, type LinkLimits } from './line-door.ts'
import { messageOf, someone } from './testing/channel-suite.ts'

const small: LinkLimits = {
  messagesPerS: 10,
  burstMessages: 20,
  bytesPerS: 1_000,
  burstBytes: 2_000,
  shares: 2,
  cutMs: 60_000,
}

function make(over: Partial<LineDoorInit> = {}) {
  const clock = new FakeClock()
  const counters = new Counters()
  const codec = new LineCodec({ swarm: 'test', networkKey: null })
  const cut: string[] = []
  const door = new LineDoor(
    { codec, clock, counters, random: () => 0.5, log: silentLog },
    { id: 'x', kind: 'udp', limits: small, ...over },
    (link) => cut.push(link),
  )
  door.open()
  return { door, clock, counters, cut }
}

const passed = (door: LineDoor, link: string, times: number, bytes = 1) =>
  Array.from({ length: times }, () => door.admits(link, bytes)).filter(Boolean).length

test('a link brings no more than its rate, in messages and in bytes, and whoever goes on is cut off', async () => {
  const { door, clock, cut } = make()
  expect(passed(door, 'a', 30)).toBe(20)
  expect(passed(door, 'b', 30, 500)).toBe(4)
  await clock.advance(1_000)
  expect(passed(door, 'a', 30)).toBe(10)
  expect(cut).toEqual([])
  passed(door, 'a', 200)
  expect([cut, door.cut('a'), door.cut('b')]).toEqual([['a'], true, false])
  await clock.advance(61_000)
  expect(door.cut('a')).toBe(false)
})

test('many links together bring no more than their common rate, and nobody of them is blamed for it', () => {
  const { door, cut } = make()
  const links = Array.from({ length: 50 }, (_, i) => `link ${i}`)
  expect(links.reduce((sum, link) => sum + passed(door, link, 10), 0)).toBe(40)
  expect([cut, door.ledger.facts().dropped]).toEqual([[], { flood: 460 }])
})

test('a link that can be made to wait is told for how long', () => {
  const { door } = make()
  for (let i = 0; i < 20; i += 1) expect(door.waitMs('a', 1)).toBe(0)
  for (let i = 0; i < 10; i += 1) door.waitMs('a', 1)
  expect(door.waitMs('a', 1)).toBe(1_100)
  for (let i = 0; i < 20; i += 1) expect(door.waitMs('b', 1)).toBe(0)
  // A link of its own keeps within its share, but all together are above theirs.
  expect(door.waitMs('c', 1)).toBe(50)
})

test('what one link says above its share makes nobody else wait', () => {
  const { door } = make()
  for (let i = 0; i < 65_536; i += 1) door.waitMs('flood', 1)
  expect(door.waitMs('flood', 1)).toBe(2_000)
  expect(door.waitMs('honest', 1)).toBe(0)
})

test('an empty line costs its byte and is no message', () => {
  const { door } = make()
  for (let i = 0; i < 1_000; i += 1) expect(door.waitMs('a', 1, 0)).toBe(0)
  for (let i = 0; i < 20; i += 1) expect(door.waitMs('a', 1)).toBe(0)
  expect(door.waitMs('a', 1)).toBe(100)
})

test('a host whose links are cut again and again is cut off with all its links', () => {
  const { door } = make({ hostOf: (link) => link.split(':')[0] ?? '' })
  for (let port = 1; port <= 4; port += 1) for (let i = 0; i < 10; i += 1) door.blame(`bad:${port}`, 'malformed')
  expect([door.cut('bad:99'), door.cut('good:1')]).toEqual([true, false])
})

test('a cut doubles each time, but not where somebody else may be meant', async () => {
  for (const [forgeable, lastsMs] of [
    [false, 120_000],
    [true, 60_000],
  ] as const) {
    const { door, clock } = make({ forgeable })
    const cutOnce = (): void => {
      for (let i = 0; i < 12; i += 1) door.blame('a', 'malformed')
    }
    cutOnce()
    await clock.advance(61_000)
    expect(door.cut('a')).toBe(false)
    await clock.advance(600_000)
    cutOnce()
    await clock.advance(lastsMs - 1_000)
    expect(door.cut('a')).toBe(true)
    await clock.advance(2_000)
    expect(door.cut('a')).toBe(false)
  }
})

test('rates may be those of a host', () => {
  const { door } = make({ hostOf: (link) => link.split(':')[0] ?? '', rateBy: 'host' })
  expect(passed(door, 'a:1', 15) + passed(door, 'a:2', 15)).toBe(20)
})

test('links are remembered in bounds', () => {
  const { door } = make({ limits: { ...small, shares: 1e6 } })
  for (let i = 0; i < 5_000; i += 1) expect(door.admits(`link ${i}`, 1)).toBe(true)
})

test('a message is told once it is read, settled once, and its garbage is its link’s', () => {
  const { door, counters } = make()
  const codec = new LineCodec({ swarm: 'test', networkKey: null })
  const encoded = codec.encode(messageOf(someone()))
  if (encoded.kind !== 'ok') throw new Error(encoded.reason)
  door.events.on('message:received', ({ settle }) => {
    settle('garbage', 50)
    settle('garbage', 50)
  })
  door.take(codec.decode(encoded.frame), 100, 'a')
  expect(counters.get('channels.blamed:garbage')).toBe(1)
  door.take(codec.decode(randomBytes(100).fill(255, 0, 1)), 100, 'a')
  expect(door.ledger.facts()).toMatchObject({ received: { messages: 1, bytes: 200 }, dropped: { malformed: 1 } })
  door.shut()
  door.take(codec.decode(encoded.frame), 100, 'a')
  expect(door.ledger.facts()).toMatchObject({ state: 'off', received: { messages: 1 } })
})
