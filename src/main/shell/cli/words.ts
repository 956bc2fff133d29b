export { bytesText } from '../../../shared/bytes-text.ts'

/**
 * Text from the swarm as it may be printed: control characters, which a terminal would obey, and characters that
 * turn the direction of text, are shown as `�`.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '\ufffd')
}

/** `4 s`, `3 min`, `2 h`, `5 d` ago. */
export function agoText(atMs: number | null, nowMs: number): string {
  if (atMs === null) return 'never'
  const s = Math.max(0, Math.round((nowMs - atMs) / 1_000))
  if (s < 100) return `${s} s ago`
  if (s < 6_000) return `${Math.round(s / 60)} min ago`
  if (s < 48 * 3_600) return `${Math.round(s / 3_600)} h ago`
  return `${Math.round(s / 86_400)} d ago`
}

/** ISO 8601 to the second, in UTC. */
export function timeText(atMs: number): string {
  const time = new Date(atMs)
  return Number.isNaN(time.getTime()) ? 'unknown' : time.toISOString().replace(/\.\d{3}Z$/, 'Z')
}

/** Columns under headings, two spaces apart. What is in a cell is made printable. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [headings, ...rows].map((row) => row.map(printable))
  const widths = headings.map((_, column) => Math.max(...lines.map((row) => row[column]?.length ?? 0)))
  return lines
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
