import { expect, test } from 'vitest'
import type { PeerId } from '../../../shared/ids.ts'
import { FakeClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { Offenders } from './offenders.ts'

const peer = (n: number): PeerId => `peer${n}` as PeerId

function make() {
  const clock = new FakeClock()
  const banned: PeerId[] = []
  const offenders = new Offenders(
    { clock, counters: new Counters(), onBanned: (id) => banned.push(id) },
    { limit: 100, halfLifeMs: 60_000, banMs: 1_000, maxPeers: 50 },
  )
  return { clock, banned, offenders }
}

test('bans once past the limit, for a while, and longer the next time', async () => {
  const { clock, banned, offenders } = make()
  for (let i = 0; i < 12; i += 1) offenders.add(peer(1))
  expect(banned).toEqual([peer(1)])
  expect(offenders.banned(peer(1))).toBe(true)
  await clock.advance(1_000)
  expect(offenders.banned(peer(1))).toBe(false)
  offenders.add(peer(1), 100)
  await clock.advance(1_500)
  expect(offenders.banned(peer(1))).toBe(true)
  await clock.advance(500)
  expect(offenders.banned(peer(1))).toBe(false)
})

test('forgives what is rare', async () => {
  const { clock, banned, offenders } = make()
  for (let i = 0; i < 40; i += 1) {
    offenders.add(peer(1))
    await clock.advance(60_000)
  }
  expect(banned).toEqual([])
})

test('remembers a bounded number of peers', () => {
  const { offenders } = make()
  for (let i = 0; i < 500; i += 1) offenders.add(peer(i))
  expect(offenders.size).toBe(50)
})

test('a crowd of small offenders washes out no ban', async () => {
  const { clock, offenders } = make()
  offenders.add(peer(1), 100)
  for (let i = 2; i < 500; i += 1) offenders.add(peer(i))
  expect(offenders.banned(peer(1))).toBe(true)
  await clock.advance(1_000)
  // That it was banned before is not forgotten either: the next time is longer.
  for (let i = 500; i < 1_000; i += 1) offenders.add(peer(i))
  offenders.add(peer(1), 100)
  await clock.advance(1_500)
  expect(offenders.banned(peer(1))).toBe(true)
})

test('bans are bounded too: those that are over go first, then those that end first', async () => {
  const { clock, offenders } = make()
  for (let i = 0; i < 49; i += 1) offenders.add(peer(i), 100)
  await clock.advance(1_000)
  offenders.add(peer(0), 100)
  expect(offenders.banned(peer(0))).toBe(true)
  for (let i = 100; i < 149; i += 1) offenders.add(peer(i), 100)
  expect([offenders.size, offenders.banned(peer(0))]).toEqual([50, true])
  for (let i = 200; i < 205; i += 1) offenders.add(peer(i), 100)
  expect([offenders.size, offenders.banned(peer(0)), offenders.banned(peer(204))]).toEqual([50, true, true])
})
