import { expect, test } from 'vitest'
import { fakeLog } from '../testing/fake-logs.ts'
import { formatHz, formatNumber, ratesOf, topicLines } from './preview-rates.ts'

test('messages a second are those of all topics in a step', () => {
  const rows = ratesOf({
    fromMs: 1_000,
    stepMs: 500,
    topics: [
      { name: '/a', counts: [1, 2] },
      { name: '/b', counts: [3] },
    ],
  })
  expect(rows).toEqual([
    { atMs: 1_250, perS: 8 },
    { atMs: 1_750, perS: 4 },
  ])
})

test('topics come by how much they say, with a rate where one can be told', () => {
  const info = fakeLog(10_000, {
    startMs: 0,
    topics: [
      { name: '/once', type: 'std_msgs/Empty', count: 1 },
      { name: '/often', type: '', count: 300 },
      { name: '/unknown', type: '', count: null },
    ],
  })
  expect(topicLines(info, null).map(({ name, hz }) => [name, hz])).toEqual([
    ['/often', 30],
    ['/once', null],
    ['/unknown', null],
  ])
})

test('rates and numbers are short', () => {
  expect([29.8, 0.25, 0.02].map(formatHz)).toEqual(['30 Hz', '0.3 Hz', '1.2 / min'])
  expect([0, 42, 0.123_456, 1e9, -0.000_01].map(formatNumber)).toEqual(['0', '42', '0.1235', '1.00e+9', '-1.00e-5'])
})
