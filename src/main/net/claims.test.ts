import { expect, test } from 'vitest'
import { FakeClock } from '../base/clock.ts'
import { Claims } from './claims.ts'

const item = (n: number): Uint8Array => new Uint8Array(32).fill(n)

test('what one session fetches no other does, until it is given back or hangs', async () => {
  const clock = new FakeClock()
  const claims = new Claims({ clock })
  const [one, other] = [{}, {}]
  expect(claims.take(item(1), one)).toBe(true)
  expect(claims.take(item(1), one)).toBe(true)
  expect(claims.take(item(1), other)).toBe(false)
  expect(claims.take(item(2), other)).toBe(true)
  claims.release(one)
  expect(claims.take(item(1), other)).toBe(true)
  await clock.advance(61_000)
  expect(claims.take(item(1), one)).toBe(true)
  claims.release(one)
  claims.release(other)
  expect(claims.size).toBe(0)
})

test('stays bounded: past that nothing is claimed, and nothing refused', () => {
  const claims = new Claims({ clock: new FakeClock() })
  const bytes = new Uint8Array(32)
  const by = {}
  for (let n = 0; n < 21_000; n += 1) {
    new DataView(bytes.buffer).setUint32(0, n)
    expect(claims.take(bytes, by)).toBe(true)
  }
  expect(claims.size).toBe(20_000)
})
