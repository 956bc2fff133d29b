import type { HealthView, HistoryView, MetricName } from '../../shared/views.ts'

export interface Band {
  readonly min: number
  readonly avg: number
  readonly max: number
}

/** One moment of all charts: they share rows, so that one cursor crosses them all. */
export interface ChartRow {
  readonly atMs: number
  readonly values: Partial<Readonly<Record<MetricName, Band>>>
}

/** No chart is wider than this many pixels' worth of points. */
const maxRows = 1_200

/** Merges the series of a history into rows by time. */
export function rowsOf(history: HistoryView): readonly ChartRow[] {
  const rows = new Map<number, Partial<Record<MetricName, Band>>>()
  for (const { metric, points } of history.series) {
    for (const { atMs, min, avg, max } of points) {
      const row = rows.get(atMs) ?? {}
      row[metric] = { min, avg, max }
      rows.set(atMs, row)
    }
  }
  return [...rows].map(([atMs, values]) => ({ atMs, values })).sort((a, b) => a.atMs - b.atMs)
}

/** Adds one live sample at the end and lets go of what is older than the range. A sample that is not newer changes nothing. */
export function appendSample(rows: readonly ChartRow[], health: HealthView, rangeMs: number): readonly ChartRow[] {
  const last = rows.at(-1)
  if (last !== undefined && health.atMs <= last.atMs) return rows
  const values: Partial<Record<MetricName, Band>> = {}
  for (const [metric, value] of Object.entries(health.values) as [MetricName, number][]) {
    values[metric] = { min: value, avg: value, max: value }
  }
  const fromMs = health.atMs - rangeMs
  return [...rows.filter((row) => row.atMs >= fromMs), { atMs: health.atMs, values }].slice(-maxRows)
}

/** The usual distance of two rows: half are closer, half are farther. */
function usualStepMs(rows: readonly ChartRow[]): number {
  const steps = rows.slice(1).map((row, i) => row.atMs - (rows[i]?.atMs ?? row.atMs))
  return steps.toSorted((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0
}

/** More than three of the usual distance is a hole: 10 s for the summaries of others, finer for our own samples. */
function holeOf(rows: readonly ChartRow[], stepMs: number): number {
  return 3.5 * Math.max(stepMs, usualStepMs(rows))
}

/**
 * Puts an empty row into every hole, so that a line breaks where nothing was heard instead of bridging it.
 */
export function withGaps(rows: readonly ChartRow[], stepMs: number): readonly ChartRow[] {
  const holeMs = holeOf(rows, stepMs)
  const out: ChartRow[] = []
  let before: ChartRow | undefined
  for (const row of rows) {
    if (before !== undefined && row.atMs - before.atMs > holeMs) {
      out.push({ atMs: Math.round((before.atMs + row.atMs) / 2), values: {} })
    }
    out.push(row)
    before = row
  }
  return out
}

/** A stretch of time in which nothing was heard. */
export interface Silence {
  readonly fromMs: number
  readonly toMs: number
  readonly where: 'before' | 'between' | 'after'
}

/** More marks than these would hide the chart. */
const maxSilences = 40

/**
 * Where a range has no data: before the first point, in holes, and after the last. An empty place in a chart must not
 * be read as zero, so these are drawn as such. What is shorter than a hole is none.
 */
export function silencesOf(
  rows: readonly ChartRow[],
  stepMs: number,
  fromMs: number,
  toMs: number,
): readonly Silence[] {
  const first = rows[0]
  const last = rows.at(-1)
  if (first === undefined || last === undefined) return [{ fromMs, toMs, where: 'before' }]
  const holeMs = holeOf(rows, stepMs)
  const out: Silence[] = []
  if (first.atMs - fromMs > holeMs) out.push({ fromMs, toMs: first.atMs, where: 'before' })
  for (let i = 1; i < rows.length && out.length < maxSilences; i += 1) {
    const from = rows[i - 1]?.atMs ?? fromMs
    const to = rows[i]?.atMs ?? from
    if (to - from > holeMs && to > fromMs) out.push({ fromMs: Math.max(from, fromMs), toMs: to, where: 'between' })
  }
  if (toMs - last.atMs > Math.max(holeMs, 35_000)) out.push({ fromMs: last.atMs, toMs, where: 'after' })
  return out
}

/** Lowest, mean and highest over the range; null where the metric was never heard. */
export function bandOver(rows: readonly ChartRow[], metric: MetricName): Band | null {
  let min = Infinity
  let max = -Infinity
  let sum = 0
  let count = 0
  for (const row of rows) {
    const band = row.values[metric]
    if (band === undefined) continue
    min = Math.min(min, band.min)
    max = Math.max(max, band.max)
    sum += band.avg
    count += 1
  }
  return count === 0 ? null : { min, avg: sum / count, max }
}

/** Evenly spaced round moments for a time axis. */
export function timeTicks(fromMs: number, toMs: number): readonly number[] {
  const steps = [10_000, 30_000, 60_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000, 10_800_000, 21_600_000]
  const stepMs = steps.find((step) => (toMs - fromMs) / step <= 6) ?? 86_400_000
  const ticks: number[] = []
  for (let at = Math.ceil(fromMs / stepMs) * stepMs; at <= toMs; at += stepMs) ticks.push(at)
  return ticks
}
