import { expect, it } from 'vitest'
import type { HistoryView } from '../../../shared/views.ts'
import { healthCsv } from './health-csv.ts'

const about = { peer: '12D3KooWx' as HistoryView['peer'], fromMs: 0, toMs: 3_000, stepMs: 1_000 }
const point = (atMs: number, avg: number) => ({ atMs, min: avg, avg, max: avg })

it('has a line a stretch and a column a metric that was measured; gaps are empty', () => {
  const csv = healthCsv({
    ...about,
    series: [
      { metric: 'cpuPercent', points: [point(2_000, 12.34567), point(1_000, 7)] },
      { metric: 'batteryPercent', points: [] },
      { metric: 'temperatureC', points: [point(1_000, -0.5)] },
    ],
  })
  expect(csv).toBe('time,cpuPercent,temperatureC\n1970-01-01T00:00:01.000Z,7,-0.5\n1970-01-01T00:00:02.000Z,12.346,\n')
})

it('of nothing there is only the head', () => {
  expect(healthCsv({ ...about, series: [] })).toBe('time\n')
})
