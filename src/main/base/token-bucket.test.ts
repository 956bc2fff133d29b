import { expect, test } from 'vitest'
import { FakeClock } from './clock.ts'
import { TokenBucket } from './token-bucket.ts'

test('lets a burst through, then as much as comes back', async () => {
  const clock = new FakeClock()
  const bucket = new TokenBucket(clock, { perS: 2, burst: 3 })
  expect([bucket.take(), bucket.take(), bucket.take(), bucket.take()]).toEqual([true, true, true, false])
  expect(bucket.waitMs()).toBe(500)
  await clock.advance(500)
  expect([bucket.take(), bucket.take()]).toEqual([true, false])
  await clock.advance(3_600_000)
  expect([bucket.take(3), bucket.take()]).toEqual([true, false])
})

test('what is larger than the bucket passes when it is full, and is owed afterwards', async () => {
  const clock = new FakeClock()
  const bucket = new TokenBucket(clock, { perS: 10, burst: 10 })
  expect(bucket.take(30)).toBe(true)
  expect(bucket.waitMs(1)).toBe(2_100)
  await clock.advance(2_100)
  expect(bucket.take()).toBe(true)
  bucket.spend(5)
  expect(bucket.take()).toBe(false)
})

test('however much is spent, no more than a burst is owed, and spending never pays', () => {
  const bucket = new TokenBucket(new FakeClock(), { perS: 10, burst: 10 })
  for (let i = 0; i < 1_000; i += 1) bucket.spend()
  expect(bucket.waitMs(0)).toBe(1_000)
  bucket.spend(30)
  expect(bucket.waitMs(0)).toBe(3_000)
  bucket.spend()
  expect(bucket.waitMs(0)).toBe(3_000)
})
