import { expect, test } from 'vitest'
import type { HealthView } from '../../shared/views.ts'
import { fakePeer } from '../testing/fake-ids.ts'
import { appendSample, bandOver, rowsOf, silencesOf, timeTicks, withGaps, type ChartRow } from './select-history.ts'

const row = (atMs: number, cpu: number): ChartRow => ({
  atMs,
  values: { cpuPercent: { min: cpu - 1, avg: cpu, max: cpu + 1 } },
})

function sample(atMs: number, cpuPercent: number): HealthView {
  const rest = { memoryTotalBytes: null, diskTotalBytes: null, diskFreeBytes: null, uptimeS: null, notes: [] }
  return { atMs, values: { cpuPercent }, batteryCharging: null, ...rest }
}

test('series of one machine share rows by time', () => {
  const point = (atMs: number) => ({ atMs, min: 1, avg: 2, max: 3 })
  const rows = rowsOf({
    peer: fakePeer(1),
    fromMs: 0,
    toMs: 30,
    stepMs: 10,
    series: [
      { metric: 'cpuPercent', points: [point(10), point(20)] },
      { metric: 'temperatureC', points: [point(20)] },
    ],
  })
  expect(rows.map((one) => [one.atMs, Object.keys(one.values)])).toEqual([
    [10, ['cpuPercent']],
    [20, ['cpuPercent', 'temperatureC']],
  ])
})

test('a live sample goes to the end, old rows leave, and a repeated one changes nothing', () => {
  const rows = [row(0, 10), row(50_000, 20)]
  const longer = appendSample(rows, sample(60_000, 30), 30_000)
  expect(longer.map((one) => one.atMs)).toEqual([50_000, 60_000])
  expect(appendSample(longer, sample(60_000, 99), 30_000)).toBe(longer)
})

test('rows stay bounded however long the page is open', () => {
  let rows: readonly ChartRow[] = []
  for (let i = 0; i < 3_000; i += 1) rows = appendSample(rows, sample(i * 10, 1), 86_400_000)
  expect(rows.length).toBeLessThanOrEqual(1_200)
})

test('the line breaks where nothing was heard, and only there', () => {
  const rows = [row(0, 1), row(10_000, 1), row(20_000, 1), row(90_000, 1), row(100_000, 1)]
  expect(withGaps(rows, 1_000).map((one) => [one.atMs, Object.keys(one.values).length])).toEqual([
    [0, 1],
    [10_000, 1],
    [20_000, 1],
    [55_000, 0],
    [90_000, 1],
    [100_000, 1],
  ])
})

test('the band of a range spans its lowest and highest', () => {
  expect(bandOver([row(0, 10), row(1, 20)], 'cpuPercent')).toEqual({ min: 9, avg: 15, max: 21 })
  expect(bandOver([row(0, 10)], 'batteryPercent')).toBeNull()
})

test.each([
  [5 * 60_000, 60_000],
  [60 * 60_000, 600_000],
  [24 * 3_600_000, 6 * 3_600_000],
])('a range of %d ms has round ticks', (rangeMs, stepMs) => {
  const ticks = timeTicks(1_800_000_007_000 - rangeMs, 1_800_000_007_000)
  expect(ticks.length).toBeGreaterThanOrEqual(3)
  expect(ticks.every((tick) => tick % stepMs === 0)).toBe(true)
})

test('says where a range has no data: before the first point, in holes, after the last', () => {
  const rows = [row(200_000, 1), row(210_000, 1), row(220_000, 1), row(300_000, 1), row(310_000, 1)]
  expect(silencesOf(rows, 10_000, 100_000, 400_000)).toEqual([
    { fromMs: 100_000, toMs: 200_000, where: 'before' },
    { fromMs: 220_000, toMs: 300_000, where: 'between' },
    { fromMs: 310_000, toMs: 400_000, where: 'after' },
  ])
  expect(silencesOf(rows.slice(0, 3), 10_000, 190_000, 230_000)).toEqual([])
})
