import { expect, test } from 'vitest'
import { clockWarning, isPossibleTime } from './clock-sense.ts'

const nowMs = Date.UTC(2027, 3, 1)
const hourMs = 3_600_000

test('a clock from before the first release is wrong, whatever the neighbours say', () => {
  expect([isPossibleTime(60_000), isPossibleTime(nowMs)]).toEqual([false, true])
  const warning = clockWarning({ nowMs: 60_000, neighbours: 0, behindMs: [] })
  expect(warning?.code).toBe('CLOCK_WRONG')
  expect(warning?.message).toMatch(/1970-01-01.*timedatectl/)
})

test.each([
  ['nobody is refused', 3, [], null],
  ['one of three is refused: it is wrong, not we', 3, [hourMs], null],
  ['half are refused: nobody can tell', 2, [hourMs], null],
  ['most are ahead of us', 3, [-2 * hourMs, -3 * hourMs], /is 2 h behind that of 2 of 3 neighbours/],
  ['most are behind us', 3, [2 * hourMs, 3 * hourMs], /is 3 h ahead of that of 2 of 3 neighbours/],
  ['the only one', 1, [-hourMs], /1 of 1 .*If it is this one/],
] as const)('%s', (_, neighbours, behindMs, message) => {
  const warning = clockWarning({ nowMs, neighbours, behindMs })
  if (message === null) expect(warning).toBeNull()
  else expect(warning?.message).toMatch(message)
})
