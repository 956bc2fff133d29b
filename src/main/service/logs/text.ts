import { stripVTControlCharacters } from 'node:util'
import type { Look } from './looking.ts'
import { headOf, type RangeSource } from './range-source.ts'
import { bareInfo, factsFor } from './recording-info.ts'

/** Shown of each end. */
const endBytes = 16 * 1_024
/** Read of each end for times, and for the guess how many lines there are. */
const sampleBytes = 64 * 1_024
/** Lines are counted where all of the file is at hand, up to here. */
const countBytes = 64 * 1_024 * 1_024
const pieceBytes = 1_024 * 1_024
/** A line with a time has it near its beginning. */
const stampWithin = 200

export interface Text {
  readonly encoding: string
  readonly decode: (bytes: Uint8Array) => string
  /** Width of a code unit: pieces are cut there. */
  readonly unitBytes: 1 | 2
}

/** By its byte order mark, else UTF-8 if its head is that, else Windows-1252, in which every byte means something. */
export function textOf(head: Uint8Array): Text {
  const [first, second] = head
  if (first === 0xff && second === 0xfe) return encoded('UTF-16 LE', 'utf-16le', 2)
  if (first === 0xfe && second === 0xff) return encoded('UTF-16 BE', 'utf-16be', 2)
  return isUtf8(head) ? encoded('UTF-8', 'utf-8', 1) : encoded('Windows-1252', 'windows-1252', 1)
}

/** The head and the tail of a text, its encoding, its times. @param all lines are counted, however many: it is on this disk */
export async function lookAtText(source: RangeSource, all: boolean): Promise<Look> {
  const head = await headOf(source, sampleBytes)
  const text = textOf(head)
  const tailAt = Math.max(0, cut(source.sizeBytes - sampleBytes, text))
  const tail = tailAt === 0 ? head : await source.read(tailAt, source.sizeBytes - tailAt)
  const [headLines, tailLines] = [linesOf(text.decode(head)), linesOf(text.decode(tail))]
  const startMs = stampOf(headLines)
  const endMs = stampOf(tailLines.toReversed())
  const info = bareInfo('text', {
    startMs,
    endMs: startMs !== null && endMs !== null && endMs < startMs ? null : endMs,
    facts: factsFor([
      ['Encoding', text.encoding],
      ['Lines', await lineCount(source, head, all)],
    ]),
  })
  if (source.sizeBytes <= 2 * endBytes) return { kind: 'text', info, head: shown(text.decode(head)), tail: null }
  const shownHead = wholeLines(text.decode(head.subarray(0, endBytes)), 'first')
  const shownTail = wholeLines(text.decode(tail.subarray(cut(Math.max(0, tail.length - endBytes), text))), 'last')
  return { kind: 'text', info, head: shown(shownHead), tail: shown(shownTail) }
}

/** The first time in some lines: ISO 8601 (without a zone: UTC), or seconds since the epoch with a fraction, as ROS writes. */
export function stampOf(lines: readonly string[]): number | null {
  // A banner before the first line with a time is no longer.
  for (const line of lines.slice(0, 100)) {
    const timeMs = timeIn(line.slice(0, stampWithin))
    if (timeMs !== null) return timeMs
  }
  return null
}

const iso = /(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:[.,](\d{1,9}))?(Z|[+-]\d{2}:?\d{2})?/
const epoch = /(?:^|[^\d.])([12]\d{9})\.(\d{3,9})(?!\d)/

export function timeIn(text: string): number | null {
  const [, day, time, fraction = '0', zone = 'Z'] = iso.exec(text) ?? []
  if (day !== undefined) {
    const withColon = zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone
    const wholeMs = Date.parse(`${day}T${time}${withColon}`)
    if (Number.isFinite(wholeMs)) return wholeMs + Number(`0.${fraction}`) * 1_000
  }
  const [, seconds, decimals] = epoch.exec(text) ?? []
  return seconds === undefined ? null : Number(`${seconds}.${decimals}`) * 1_000
}

async function lineCount(source: RangeSource, head: Uint8Array, all: boolean): Promise<string> {
  if (source.sizeBytes === head.length) return grouped(countLines(head))
  if (all && source.sizeBytes <= countBytes) {
    let lines = 0
    for (let at = 0; at < source.sizeBytes; at += pieceBytes) {
      lines += countLines(await source.read(at, Math.min(pieceBytes, source.sizeBytes - at)))
    }
    return grouped(lines)
  }
  const guess = (countLines(head) / head.length) * source.sizeBytes
  const scale = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, guess))) - 1)
  return `about ${grouped(Math.round(guess / scale) * scale)}`
}

function countLines(bytes: Uint8Array): number {
  let lines = 0
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines += 1
  return lines
}

function grouped(count: number): string {
  return count.toLocaleString('en-US')
}

/** What a screen shows: colours and control characters are left out, lines end in one way. */
export function shown(text: string): string {
  return stripVTControlCharacters(text.toWellFormed())
    .replaceAll('\r\n', '\n')
    .replace(/[^\P{Cc}\n\t]/gu, ' ')
}

/** Up to, or from, the end of a line, where there is one. */
function wholeLines(text: string, which: 'first' | 'last'): string {
  const at = which === 'first' ? text.lastIndexOf('\n') : text.indexOf('\n')
  if (at < 0) return text
  return which === 'first' ? text.slice(0, at) : text.slice(at + 1)
}

export function linesOf(text: string): string[] {
  return text.split(/\r?\n/)
}

function cut(at: number, { unitBytes }: Text): number {
  return at - (at % unitBytes)
}

function encoded(encoding: string, label: string, unitBytes: 1 | 2): Text {
  return { encoding, decode: (bytes) => new TextDecoder(label).decode(bytes), unitBytes }
}

/** A character may be cut off at the end of the head: the decoder waits for its rest. */
function isUtf8(head: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true })
    return true
  } catch {
    return false
  }
}
