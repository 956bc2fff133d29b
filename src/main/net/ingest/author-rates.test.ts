import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { FakeClock } from '../../base/clock.ts'
import { buckets } from '../../model/bucket.ts'
import { peerIdOfKey } from '../../model/peer-key.ts'
import { AuthorRates } from './author-rates.ts'

const author = peerIdOfKey(randomBytes(32))
const stranger = peerIdOfKey(randomBytes(32))
const make = () => {
  const clock = new FakeClock()
  return { clock, rates: new AuthorRates({ clock, isStranger: (peer) => peer === stranger }) }
}

const takeAll = (rates: AuthorRates, peer: typeof author): number => {
  let taken = 0
  while (rates.reserve(peer, 'machines') && rates.settle(peer, 'machines', true)) taken += 1
  return taken
}

test('lets a burst through, then as much a minute as the bucket says', async () => {
  const { clock, rates } = make()
  expect(takeAll(rates, author)).toBe(buckets.machines.burst)
  expect(rates.reserve(author, 'machines')).toBe(false)
  expect(rates.reserve(author, 'files')).toBe(true)
  await clock.advance(60_000)
  expect(takeAll(rates, author)).toBe(Math.min(buckets.machines.burst, buckets.machines.ratePerMinute))
})

test('strangers get a twentieth, and their full share once they are admitted', () => {
  const { rates } = make()
  expect(takeAll(rates, stranger)).toBe(buckets.machines.burst / 20)
  rates.reset([stranger])
  expect(rates.reserve(stranger, 'machines')).toBe(true)
})

test('a crowd of invented authors does not fill the memory', () => {
  const { rates } = make()
  for (let i = 0; i < 12_000; i += 1) rates.settle(`peer${i}` as typeof author, 'machines', true)
  expect(rates.size).toBe(10_000)
})

test('what is being verified counts, and what proves forged does not', () => {
  const { rates } = make()
  const { burst } = buckets.machines
  for (let i = 0; i < burst; i += 1) expect(rates.reserve(author, 'machines')).toBe(true)
  expect(rates.reserve(author, 'machines')).toBe(false)
  for (let i = 0; i < burst; i += 1) rates.settle(author, 'machines', false)
  expect(takeAll(rates, author)).toBe(burst)
})
