import { expect, test } from 'vitest'
import { fakeLog } from '../testing/fake-logs.ts'
import { fakeShare } from '../testing/fake-views.ts'
import { maxLanes, rangeOf, timelineOf, timelineTicks, usualScale } from './timeline.ts'

const nowMs = 1_800_000_000_000
const hour = 3_600_000

function recorded(index: number, endMs: number, originName = 'duckie01') {
  return fakeShare(index, nowMs, { originName, log: fakeLog(endMs, { startMs: endMs - hour / 2 }) })
}

test('a bag of years ago does not squeeze today', () => {
  const today = Array.from({ length: 20 }, (_, i) => recorded(i, nowMs - i * hour))
  expect(usualScale([...today, recorded(99, nowMs - 9 * 365 * 24 * hour)])).toBe('day')
  expect(usualScale([...today.slice(0, 2), recorded(99, nowMs - 9 * 365 * 24 * hour)])).toBe('hour')
  expect(usualScale([])).toBe('hour')
})

test('a range ends with the newest recording; all of them begins with the oldest', () => {
  const shares = [recorded(1, nowMs), recorded(2, nowMs - 40 * hour)]
  expect(rangeOf(shares, 'day')).toEqual({ fromMs: nowMs - 24 * hour, toMs: nowMs })
  expect(rangeOf(shares, 'all')).toEqual({ fromMs: nowMs - 40.5 * hour, toMs: nowMs })
  const picture = fakeShare(3, nowMs, { modifiedAtMs: nowMs, log: null })
  expect(rangeOf([picture], 'all')).toEqual({ fromMs: nowMs - 60_000, toMs: nowMs })
})

test('recordings are bars in the lane of their robot; what overlaps is one', () => {
  const range = { fromMs: nowMs - 10 * hour, toMs: nowMs }
  const shares = [
    recorded(1, nowMs - 5 * hour),
    recorded(2, nowMs - 5 * hour + hour / 4),
    recorded(3, nowMs),
    recorded(4, nowMs - 20 * hour),
    recorded(5, nowMs - hour, 'duckie02'),
  ]
  const { lanes, outside } = timelineOf(shares, range)
  expect(outside).toBe(1)
  expect(lanes.map((lane) => [lane.name, lane.files, lane.bars.length])).toEqual([
    ['duckie01', 3, 2],
    ['duckie02', 1, 1],
  ])
  expect(lanes[0]?.bars[0]).toMatchObject({ files: 2 })
  expect(lanes[0]?.bars[0]?.from).toBeCloseTo(0.45, 2)
  expect(lanes[0]?.bars[1]?.to).toBe(1)
})

test('more robots than lanes: those that recorded last are drawn', () => {
  const shares = Array.from({ length: 9 }, (_, i) => recorded(i, nowMs - i * hour, `duckie${i}`))
  const { lanes, moreLanes } = timelineOf(shares, rangeOf(shares, 'all'))
  expect(lanes.map((lane) => lane.name)).toEqual(Array.from({ length: maxLanes }, (_, i) => `duckie${i}`))
  expect(moreLanes).toBe(3)
})

test.each([60_000, hour, 24 * hour, 30 * 24 * hour, 3_650 * 24 * hour])('a range of %d ms has a few ticks', (ms) => {
  const ticks = timelineTicks({ fromMs: nowMs - ms, toMs: nowMs })
  expect(ticks.length).toBeGreaterThan(0)
  expect(ticks.length).toBeLessThanOrEqual(9)
})
