import type { HistoryView } from '../../../shared/views.ts'

/** A machine's past as a table: a line a stretch, its time first, the mean of each metric; empty where there is none. */
export function healthCsv({ series }: HistoryView): string {
  const measured = series.filter(({ points }) => points.length > 0)
  const lines = new Map<number, string[]>()
  for (const [column, { points }] of measured.entries()) {
    for (const { atMs, avg } of points) {
      const line = lines.get(atMs) ?? measured.map(() => '')
      line[column] = String(Number(avg.toFixed(3)))
      lines.set(atMs, line)
    }
  }
  const rows = [...lines].toSorted(([a], [b]) => a - b).map(([atMs, line]) => [new Date(atMs).toISOString(), ...line])
  return [['time', ...measured.map(({ metric }) => metric)], ...rows].map((row) => `${row.join(',')}\n`).join('')
}
