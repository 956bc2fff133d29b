import { expect, test } from 'vitest'
import { fakePeer } from '../testing/fake-ids.ts'
import { fakeShare } from '../testing/fake-views.ts'
import { followOf, followWords, missingOf } from './file-query.ts'
import { noFilesFilter } from './select-files.ts'

const nowMs = 1_800_000_000_000
const shares = [fakeShare(1, nowMs, { local: false, sizeBytes: 10 }), fakeShare(2, nowMs, { local: true })]

test('a follow is one robot, one topic and words; other filters are named as left out', () => {
  const filter = { ...noFilesFilter, origins: ['duckie02'], topics: ['/imu'], search: ' run ', minBytes: 5 }
  const { query, leftOut } = followOf(filter, shares)
  expect(query).toEqual({ origin: fakePeer(2), topic: '/imu', search: 'run' })
  expect(leftOut).toEqual(['the size'])
  expect(followWords(query, () => 'duckie02')).toBe(
    'all that duckie02 shares, with the topic /imu, in which “run” is found',
  )
})

test('of several robots or topics none is followed, and that is said', () => {
  const { query, leftOut } = followOf({ ...noFilesFilter, origins: ['a', 'b'], topics: ['/x', '/y'] }, shares)
  expect(query).toEqual({ origin: null, topic: null, search: null })
  expect(leftOut).toEqual(['more than one robot', 'more than one topic'])
})

test('what is not here is what would be fetched', () => {
  expect(missingOf(shares)).toMatchObject({ bytes: 10, shares: [shares[0]] })
})
