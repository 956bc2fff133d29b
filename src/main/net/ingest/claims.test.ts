import { expect, test } from 'vitest'
import { FakeClock } from '../../base/clock.ts'
import { Claims } from './claims.ts'

const item = (n: number): Uint8Array => new Uint8Array(32).fill(n)

function make() {
  const clock = new FakeClock()
  return { clock, claims: new Claims({ clock }), one: {}, other: {} }
}

test('what one session fetches no other does, until it is given back or hangs', async () => {
  const { clock, claims, one, other } = make()
  expect(claims.take('machines', item(1), one)).toBe(true)
  expect(claims.take('machines', item(1), one)).toBe(true)
  expect(claims.take('machines', item(1), other)).toBe(false)
  expect(claims.take('machines', item(2), other)).toBe(true)
  claims.release(one)
  expect(claims.take('machines', item(1), other)).toBe(true)
  expect(claims.take('machines', item(2), one)).toBe(false)
  await clock.advance(61_000)
  expect(claims.take('machines', item(2), one)).toBe(true)
})

test('nobody keeps an item from the others by claiming it again and again', async () => {
  const { clock, claims, one, other } = make()
  claims.take('machines', item(1), one)
  for (let i = 0; i < 61; i += 1) {
    await clock.advance(1_000)
    claims.take('machines', item(1), one)
  }
  expect(claims.take('machines', item(1), other)).toBe(true)
  const again = {}
  claims.release(one)
  claims.take('machines', item(1), again)
  expect(claims.take('machines', item(1), other)).toBe(true)
})

test('what was not brought goes free at once, and nothing else', () => {
  const { claims, one, other } = make()
  for (const n of [1, 2]) claims.take('machines', item(n), one)
  claims.free(item(1), one)
  claims.free(item(2), other)
  expect(claims.take('machines', item(1), other)).toBe(true)
  expect(claims.take('machines', item(2), other)).toBe(false)
})

test('what trust rests on is never claimed', () => {
  const { claims, one, other } = make()
  expect([claims.take('trust', item(1), one), claims.take('trust', item(1), other)]).toEqual([true, true])
  expect(claims.size).toBe(0)
})

test('stays bounded: past that nothing is claimed, and nothing refused; what is over makes room', () => {
  const { claims, one, other } = make()
  const bytes = new Uint8Array(32)
  const numbered = (n: number): Uint8Array => {
    new DataView(bytes.buffer).setUint32(0, n)
    return bytes
  }
  for (let n = 0; n < 21_000; n += 1) expect(claims.take('machines', numbered(n), one)).toBe(true)
  expect(claims.size).toBe(20_000)
  expect(claims.take('machines', numbered(20_500), other)).toBe(true)
  claims.release(one)
  expect(claims.take('machines', numbered(20_500), other)).toBe(true)
  expect(claims.take('machines', numbered(20_500), one)).toBe(false)
  expect(claims.size).toBe(20_000)
})
