import { expect, test } from 'vitest'
import { rootRisk } from './root-risk.ts'

test.each([
  [1, 1, false],
  [2, 1, true],
  [2, 2, false],
  [3, 1, true],
  [3, 2, false],
  [4, 2, true],
  [4, 3, false],
])('of %i root keys %i sign: a risk %s', (keys, threshold, risky) => {
  expect(rootRisk(keys, threshold) !== null).toBe(risky)
})

test('says how many should sign', () => {
  expect(rootRisk(4, 2)).toContain('let 3 of 4 sign')
  expect(rootRisk(3, 1)).toContain('whoever steals one key too')
})
