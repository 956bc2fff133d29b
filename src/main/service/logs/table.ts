import { parse } from 'csv-parse/sync'
import type { Look } from './looking.ts'
import { headOf, type RangeSource } from './range-source.ts'
import { bareInfo, factsFor, plain } from './recording-info.ts'
import { linesOf, lookAtText, shown, textOf, timeIn } from './text.ts'

const headBytes = 128 * 1_024
const tailBytes = 8 * 1_024
const shownRows = 50
const parsedRows = 500
const maxColumns = 64
const maxCellLength = 200
const maxSeries = 8
const delimiters = [',', ';', '\t', '|'] as const

/** A table of text: its columns, its first rows, and its numbers over time where a column is one. */
export async function lookAtTable(source: RangeSource, all: boolean): Promise<Look> {
  const head = await headOf(source, headBytes)
  const text = textOf(head)
  const decoded = text.decode(head)
  // The last line may be cut off.
  const lines = head.length === source.sizeBytes ? decoded : decoded.slice(0, Math.max(0, decoded.lastIndexOf('\n')))
  const delimiter = delimiterOf(lines)
  const rows = rowsOf(lines, delimiter)
  const first = rows[0] ?? []
  const named = first.length > 0 && first.every((cell) => cell !== '' && !isNumber(cell) && timeIn(cell) === null)
  const columns = (named ? first : first.map((_, index) => `column ${index + 1}`)).slice(0, maxColumns).map(cell)
  const values = named ? rows.slice(1) : rows
  const clock = timeColumn(columns, values)
  const asText = await lookAtText(source, all)
  const lineCount = asText.info.facts.find(([name]) => name === 'Lines')?.[1] ?? ''
  const times = clock === null ? null : await timesOf(source, values, clock, delimiter)
  return {
    kind: 'table',
    info: bareInfo('csv', {
      startMs: times?.startMs ?? null,
      endMs: times?.endMs ?? null,
      facts: factsFor([
        ['Columns', columns.join(', ')],
        ['Lines', lineCount],
        ['Separator', { ',': 'comma', ';': 'semicolon', '\t': 'tab', '|': 'bar' }[delimiter]],
        ['Encoding', text.encoding],
      ]),
    }),
    columns,
    rows: values.slice(0, shownRows).map((row) => row.slice(0, maxColumns).map(cell)),
    numbers: clock === null ? [] : numbersOf(columns, values, clock),
  }
}

interface Clock {
  readonly column: number
  readonly timeMs: (cell: string) => number | null
}

/** A column of times: written as dates, or by its name as numbers since the epoch, whose size tells their unit. */
function timeColumn(columns: readonly string[], rows: readonly (readonly string[])[]): Clock | null {
  for (const [column, name] of columns.entries()) {
    const cells = rows.slice(0, 20).map((row) => row[column] ?? '')
    if (cells.length === 0) continue
    if (cells.every((one) => timeIn(one) !== null && !isNumber(one))) return { column, timeMs: timeIn }
    if (!/^(%?time|t|stamp|timestamp|date)([ _.[(].*)?$|(^|[._ ])(time|stamp|timestamp)(_?(s|ms|us|ns))?$/i.test(name))
      continue
    if (cells.every((one) => isNumber(one))) return { column, timeMs: epochMs }
  }
  return null
}

function epochMs(cellText: string): number | null {
  if (!isNumber(cellText)) return null
  const value = Number(cellText)
  // 10^11 s is the year 5138, 10^11 ms is 1973.
  if (value >= 1e17) return value / 1e6
  if (value >= 1e14) return value / 1e3
  return value >= 1e11 ? value : value * 1_000
}

async function timesOf(
  source: RangeSource,
  rows: readonly (readonly string[])[],
  clock: Clock,
  delimiter: string,
): Promise<{ readonly startMs: number | null; readonly endMs: number | null }> {
  const timeOf = (row: readonly string[] | undefined): number | null => clock.timeMs(row?.[clock.column] ?? '')
  const startMs = timeOf(rows[0])
  const tailAt = Math.max(0, source.sizeBytes - tailBytes)
  const tail = textOf(await headOf(source, 4)).decode(await source.read(tailAt, source.sizeBytes - tailAt))
  const last = linesOf(tail).findLast((line) => line.trim() !== '') ?? ''
  const endMs = timeOf(rowsOf(last, delimiter)[0])
  return { startMs, endMs: endMs !== null && startMs !== null && endMs < startMs ? null : endMs }
}

function numbersOf(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  clock: Clock,
): Extract<Look, { kind: 'table' }>['numbers'] {
  const series = []
  for (const [column, field] of columns.entries()) {
    if (column === clock.column || series.length >= maxSeries) continue
    const points: [number, number][] = []
    for (const row of rows) {
      const [timeMs, value] = [clock.timeMs(row[clock.column] ?? ''), row[column] ?? '']
      if (timeMs !== null && isNumber(value)) points.push([timeMs, Number(value)])
    }
    if (points.length > 1) series.push({ topic: '', field, points: points.slice(0, parsedRows) })
  }
  return series
}

/** The one that most often parts the first lines. */
function delimiterOf(text: string): (typeof delimiters)[number] {
  const lines = linesOf(text.slice(0, 8_192)).slice(0, 5).join('\n')
  const counts = delimiters.map((one) => lines.split(one).length)
  return delimiters[counts.indexOf(Math.max(...counts))] ?? ','
}

function rowsOf(text: string, delimiter: string): string[][] {
  try {
    return parse(text, {
      delimiter,
      bom: true,
      relax_quotes: true,
      relax_column_count: true,
      skip_empty_lines: true,
      to: parsedRows + 1,
      max_record_size: headBytes,
    })
  } catch {
    // A quote that is never closed: lines are better than nothing.
    return linesOf(text)
      .filter((line) => line !== '')
      .slice(0, parsedRows + 1)
      .map((line) => line.split(delimiter))
  }
}

function isNumber(text: string): boolean {
  return text.trim() !== '' && text.length < 40 && Number.isFinite(Number(text))
}

function cell(text: string): string {
  return plain(shown(text), maxCellLength)
}
