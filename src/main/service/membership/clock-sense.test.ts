import { expect, test } from 'vitest'
import type { SwarmTimeView } from '../../../shared/trust-views.ts'
import { clockWarning } from './clock-sense.ts'

const ownMs = Date.UTC(2027, 3, 1)
const hourMs = 3_600_000
const own: SwarmTimeView = { offsetMs: 0, source: 'own', peers: 0, reason: '' }

test.each<[string, number, SwarmTimeView, RegExp | null]>([
  [
    'in 1970, with nobody who knows better',
    60_000,
    { ...own, source: 'floor', offsetMs: ownMs },
    /1970-01-01, which cannot be.*timedatectl/,
  ],
  ['in 1970, and told better', 60_000, { ...own, source: 'swarm', offsetMs: ownMs }, /1970-01-01.*it uses swarm time/],
  ['two hours ahead', ownMs, { ...own, source: 'swarm', offsetMs: -2 * hourMs }, /2 h ahead of the swarm's/],
  ['some seconds off', ownMs, { ...own, source: 'swarm', offsetMs: 5_000 }, null],
  ['as all the others', ownMs, own, null],
])('a clock that is %s', (_, nowMs, time, message) => {
  const warning = clockWarning({ ownMs: nowMs, time, neighbours: 0, behindMs: [] })
  if (message === null) expect(warning).toBeNull()
  else expect(warning).toMatchObject({ code: 'CLOCK_WRONG', message: expect.stringMatching(message) as string })
})

test.each([
  ['nobody is refused', 3, [], null],
  ['one of three is refused: it is wrong, not we', 3, [hourMs], null],
  ['half are refused: nobody can tell', 2, [hourMs], null],
  ['most are ahead of us', 3, [-2 * hourMs, -3 * hourMs], /is 2 h behind that of 2 of 3 neighbours/],
  ['most are behind us', 3, [2 * hourMs, 3 * hourMs], /is 3 h ahead of that of 2 of 3 neighbours/],
  ['the only one', 1, [-hourMs], /1 of 1 .*If it is this one/],
] as const)('of neighbours %s', (_, neighbours, behindMs, message) => {
  const warning = clockWarning({ ownMs, time: own, neighbours, behindMs })
  if (message === null) expect(warning).toBeNull()
  else expect(warning?.message).toMatch(message)
})
