import fc from 'fast-check'
import { expect, it } from 'vitest'
import { backoffMs } from './backoff.ts'

const randoms = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

it('stays between half the first wait and the longest, for any attempt', () => {
  fc.assert(
    fc.property(fc.nat(10_000), randoms, (attempt, random) => {
      const ms = backoffMs(attempt, random, { minMs: 100, maxMs: 5_000 })
      expect(ms).toBeGreaterThanOrEqual(50)
      expect(ms).toBeLessThanOrEqual(5_000)
    }),
  )
})

it('grows with the attempts until the cap', () => {
  const ceilings = [0, 1, 2, 3, 4, 20].map((attempt) => backoffMs(attempt, 0.999_999, { minMs: 100, maxMs: 1_000 }))
  expect(ceilings.map((ms) => Math.round(ms))).toEqual([100, 200, 400, 800, 1_000, 1_000])
})

it('spreads peers that lost the same link', () => {
  expect(backoffMs(5, 0.1)).not.toBe(backoffMs(5, 0.9))
})
