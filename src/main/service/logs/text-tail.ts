import type { RangeSource } from './range-source.ts'
import { textOf, timeIn } from './text.ts'

export interface TextTail {
  /** Its last stretch begins at this byte, the beginning of a line. */
  readonly at: number
  /** And ends before this one: the end of the file, or the beginning of a line. */
  readonly end: number
  /** Bytes at the beginning of the file that go before it: the columns of a table. */
  readonly headBytes: number
  /** Times of its first and last line that has one; null: it has none. */
  readonly startMs: number | null
  readonly endMs: number | null
  /** What is missing of the stretch, as the end of a sentence; null: nothing is. */
  readonly problem: string | null
}

export interface TextTailInit {
  /** How far back from its last line. */
  readonly backMs: number
  /** Its lines of the time just before the last one that are left out. Default: none. */
  readonly skipMs?: number
  readonly maxBytes: number
  /** Its first line names the columns. */
  readonly isTable: boolean
}

const pieceBytes = 1_024 * 1_024
/** Taken of a log whose lines have no times: some thousand lines. */
const untimedBytes = 256 * 1_024
/** A line with a time has it near its beginning. */
const stampWithin = 200
/** A line may quote an older time; so many one after another do not. */
const olderLines = 3
/** A machine that was off for so long says more than one line when it is back. */
const quotedMs = 366 * 24 * 60 * 60_000
/** Read of a place to learn its time. */
const probeBytes = 64 * 1_024
/** Looked at for the time of the last one. */
const lastLines = 50
/** A longer first line names no columns. */
const maxColumnsBytes = 64 * 1_024

/**
 * Where the last minutes of a text log begin, by the times of its own lines: its machine may go by another clock, or another
 * zone. Read from its end; never more than `maxBytes`. @throws LogProblem, EnoughRead
 */
export async function textTail(
  source: RangeSource,
  { backMs, skipMs = 0, maxBytes, isTable }: TextTailInit,
): Promise<TextTail> {
  const head = await source.read(0, Math.min(source.sizeBytes, maxColumnsBytes))
  const size = source.sizeBytes
  if (textOf(head).unitBytes > 1) return wholeOrLast(source, maxBytes, skipMs)
  const lastMs = await lastTime(source, Math.max(0, size - maxBytes), backMs)
  if (lastMs === null) {
    const at = await lineAfter(source, Math.max(0, size - Math.min(maxBytes, untimedBytes)))
    const problem =
      at === 0
        ? null
        : `its lines have no times, so its last ${untimedBytes / 1_024} KiB were taken${perhapsLate(skipMs)}`
    return { at, end: size, headBytes: columns(head, isTable, at), startMs: null, endMs: null, problem }
  }
  const end = skipMs === 0 ? size : await endBefore(source, lastMs - skipMs, lastMs)
  const lowest = Math.max(0, end - maxBytes)
  const { at, startMs, endMs, older } = await firstLine(source, [lowest, end], [lastMs - backMs, lastMs - skipMs])
  // Lines without a time before the first one belong to it when nothing older is there.
  const from = older ? at : await lineAfter(source, lowest)
  const problem = older || lowest === 0 ? null : `it grew by more than ${Math.round(maxBytes / 1e6)} MB in that time`
  return { at: from, end, headBytes: columns(head, isTable, from), startMs, endMs, problem }
}

interface FirstLine {
  readonly at: number
  readonly startMs: number | null
  readonly endMs: number | null
  /** There are older lines before it. */
  readonly older: boolean
}

/** Goes from line to line back from the end, until they are older. */
async function firstLine(
  source: RangeSource,
  [lowest, end]: readonly [number, number],
  [fromMs, toMs]: readonly [number, number],
): Promise<FirstLine> {
  let at = end
  let startMs: number | null = null
  let endMs: number | null = null
  let older = 0
  for await (const line of timedLinesBack(source, lowest, end)) {
    if (line.timeMs > toMs) continue
    if (line.timeMs >= fromMs) {
      endMs ??= line.timeMs
      at = line.at
      startMs = line.timeMs
      older = 0
    } else if (++older >= olderLines) break
  }
  return { at, startMs, endMs, older: older > 0 }
}

/**
 * Where the lines begin that are later than this. Halves the file, in which hours may have come after, by what most lines of a
 * place say: some quote other times. Where none tells a time the later half is kept. The last piece is gone through line by line.
 */
async function endBefore(source: RangeSource, toMs: number, lastMs: number): Promise<number> {
  let [lower, end] = [0, source.sizeBytes]
  while (end - lower > pieceBytes) {
    const middle = Math.floor((lower + end) / 2)
    const lines: { readonly at: number; readonly timeMs: number }[] = []
    for await (const line of timedLinesBack(source, middle, Math.min(end, middle + probeBytes))) {
      if (line.timeMs <= lastMs) lines.unshift(line)
    }
    const late = lines.filter(({ timeMs }) => timeMs > toMs)
    const [first] = late
    if (first !== undefined && 2 * late.length > lines.length) end = first.at
    else lower = middle
  }
  let older = 0
  for await (const line of timedLinesBack(source, 0, end)) {
    if (line.timeMs > lastMs) continue
    if (line.timeMs > toMs) [end, older] = [line.at, 0]
    else if (++older >= olderLines) break
  }
  return end
}

/**
 * That of the last line; but a line may quote a date, long ago or far ahead: then of the last one whose time the line before
 * it bears out.
 */
async function lastTime(source: RangeSource, lowest: number, backMs: number): Promise<number | null> {
  let last: number | null = null
  let after: number | null = null
  let looked = 0
  for await (const { timeMs } of timedLinesBack(source, lowest, source.sizeBytes)) {
    last ??= timeMs
    if (after !== null && timeMs <= after && after - timeMs <= backMs) {
      return after > last || last - after > quotedMs ? after : last
    }
    after = timeMs
    if (++looked >= lastLines) break
  }
  return last
}

/** The lines that have a time, the last one first. */
async function* timedLinesBack(
  source: RangeSource,
  lowest: number,
  end: number,
): AsyncGenerator<{ readonly at: number; readonly timeMs: number }> {
  for (let upper = end; upper > lowest;) {
    const from = Math.max(lowest, upper - pieceBytes)
    // One sign a byte: places in the text are places in the file, and times are plain ASCII.
    const text = Buffer.from(await source.read(from, upper - from)).toString('latin1')
    const first = from === 0 ? 0 : text.indexOf('\n') + 1
    // The end of a line that began before this piece has no time of its own.
    for (let start = text.length; start > first;) {
      const next = start
      // A search from before the beginning would look at the first sign.
      start = next < 2 ? 0 : text.lastIndexOf('\n', next - 2) + 1
      if (start < first) break
      const timeMs = timeIn(text.slice(start, Math.min(next, start + stampWithin)))
      if (timeMs !== null) yield { at: from + start, timeMs }
    }
    upper = first > 0 && first < text.length ? from + first : from
  }
}

/** The first place at or after this one where a line begins. */
async function lineAfter(source: RangeSource, at: number): Promise<number> {
  if (at === 0) return 0
  const bytes = await source.read(at, Math.min(pieceBytes, source.sizeBytes - at))
  const end = bytes.indexOf(10)
  return end < 0 ? at : at + end + 1
}

function columns(head: Uint8Array, isTable: boolean, at: number): number {
  if (!isTable || at === 0) return 0
  const end = head.indexOf(10)
  return end < 0 || end + 1 > at ? 0 : end + 1
}

/** Two bytes a sign: its lines are not gone through. */
async function wholeOrLast({ sizeBytes }: RangeSource, maxBytes: number, skipMs: number): Promise<TextTail> {
  const mark = 2
  const at = Math.max(0, sizeBytes - Math.min(maxBytes, untimedBytes))
  const even = at - (at % 2)
  const problem =
    even === 0
      ? null
      : `it is UTF-16, whose times are not looked for; its last ${untimedBytes / 1_024} KiB were taken${perhapsLate(skipMs)}`
  return { at: even, end: sizeBytes, headBytes: even === 0 ? 0 : mark, startMs: null, endMs: null, problem }
}

function perhapsLate(skipMs: number): string {
  return skipMs === 0 ? '' : ', which may be of a later time'
}
