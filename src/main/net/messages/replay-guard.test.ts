import fc from 'fast-check'
import { expect, test } from 'vitest'
import { messageWindowMs, ReplayGuard } from './replay-guard.ts'

test('takes an id once, within its time', () => {
  const guard = new ReplayGuard()
  expect(guard.take('a', 1_000_000, 1_000_000)).toBe('new')
  expect(guard.take('a', 1_000_000, 1_000_001)).toBe('repeated')
  expect(guard.take('b', 1_000_000, 1_000_001 + messageWindowMs)).toBe('stale')
  expect(guard.take('c', 2_000_000 + messageWindowMs, 1_999_999)).toBe('stale')
})

test('what is only judged is not remembered', () => {
  const guard = new ReplayGuard({ max: 2 })
  for (let i = 0; i < 100; i += 1) expect(guard.judge(`m${i}`, 1_000_000, 1_000_000)).toBe('new')
  expect([guard.size, guard.take('m1', 999_999, 1_000_000), guard.judge('m1', 999_999, 1_000_000)]).toEqual([
    0,
    'new',
    'repeated',
  ])
})

test('one of the future does not keep out what is said now', () => {
  const guard = new ReplayGuard({ max: 2 })
  const now = 10_000_000
  for (const id of ['a', 'b', 'c', 'd']) expect(guard.take(id, now + messageWindowMs, now)).toBe('new')
  expect(guard.take('e', now + 1, now + 1)).toBe('new')
})

test('however many come, none is taken twice, and memory is bounded', () => {
  const messages = fc.array(fc.record({ id: fc.nat(60), lag: fc.nat(messageWindowMs), step: fc.nat(40_000) }), {
    maxLength: 200,
  })
  fc.assert(
    fc.property(messages, (list) => {
      const guard = new ReplayGuard({ max: 10 })
      const taken = new Set<string>()
      let now = 10_000_000
      const begun = new Map<number, number>()
      for (const { id, lag, step } of list) {
        now += step
        // A message is what it is: its time is signed with its id.
        const at = begun.get(id) ?? now - lag
        begun.set(id, at)
        if (guard.take(`m${id}`, at, now) !== 'new') continue
        expect(taken.has(`m${id}`)).toBe(false)
        taken.add(`m${id}`)
        expect(guard.size).toBeLessThanOrEqual(10)
      }
    }),
  )
})
