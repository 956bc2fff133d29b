import { SwarmError } from '../../../shared/errors.ts'
import type { Bandwidth } from '../../../shared/file-views.ts'

/** Values of settings as they are written on a command line. What one writes the other reads. */

const units = {
  '': 1,
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
}

/** `50GB`, `1.5 GiB`, `4096`; null: `none`. @throws SwarmError INVALID_INPUT */
export function readBytes(text: string): number | null {
  if (/^(none|off)$/i.test(text)) return null
  const [, digits, unit = ''] = /^(\d{1,16}(?:\.\d{1,6})?)\s*([a-z]*)$/i.exec(text) ?? []
  const known = Object.entries(units).find(([name]) => name.toLowerCase() === unit.toLowerCase())
  const bytes = known === undefined ? NaN : Math.round(Number(digits) * known[1])
  if (Number.isSafeInteger(bytes) && bytes >= 1) return bytes
  throw new SwarmError('INVALID_INPUT', `"${text}" is no size: it is 500MB, 50GB, 1.5GiB, … or none`)
}

/** As short as it can be without a byte being lost. */
export function writeBytes(bytes: number | null): string {
  if (bytes === null) return 'none'
  for (const unit of ['TB', 'GB', 'MB', 'kB'] as const) {
    if (bytes >= units[unit] && bytes % (units[unit] / 1_000) === 0) return `${bytes / units[unit]}${unit}`
  }
  return `${bytes}B`
}

/** A size each second, with or without `/s`. @throws SwarmError INVALID_INPUT */
export function readRate(text: string): number | null {
  try {
    return readBytes(text.replace(/\/s$/, ''))
  } catch (cause) {
    throw new SwarmError('INVALID_INPUT', `"${text}" is no rate: it is 500kB/s, 2MB/s, … or none`, { cause })
  }
}

export const writeRate = (bytesPerS: number | null): string =>
  bytesPerS === null ? 'none' : `${writeBytes(bytesPerS)}/s`

/** Limits at some hours, in minutes since midnight. */
export interface Hours extends Bandwidth {
  readonly from: number
  readonly to: number
}

/** `22:00-06:00=2MB/s,none`: what comes, what is sent. @throws SwarmError INVALID_INPUT */
export function readHours(text: string): Hours {
  const [, from, to, down, up] = /^(\d{1,2}:\d{2})-(\d{1,2}:\d{2})=([^,]+),([^,]+)$/.exec(text) ?? []
  const [first, last] = [minuteOf(from), minuteOf(to)]
  if (first === null || last === null || down === undefined || up === undefined) {
    throw new SwarmError(
      'INVALID_INPUT',
      `"${text}" is no span of hours with limits: it is 22:00-06:00=2MB/s,none (what comes, what is sent)`,
    )
  }
  return { from: first, to: last, downBytesPerS: readRate(down), upBytesPerS: readRate(up) }
}

export function writeHours({ from, to, downBytesPerS, upBytesPerS }: Hours): string {
  return `${clockText(from)}-${clockText(to)}=${writeRate(downBytesPerS)},${writeRate(upBytesPerS)}`
}

function minuteOf(text = ''): number | null {
  const [hours = NaN, minutes = NaN] = text.split(':').map(Number)
  const minute = hours * 60 + minutes
  return minutes < 60 && minute <= 1_440 ? minute : null
}

const clockText = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`

/** @throws SwarmError INVALID_INPUT */
export function readChoice<Choice extends string>(text: string, choices: readonly Choice[]): Choice {
  const chosen = choices.find((one) => one === text)
  if (chosen !== undefined) return chosen
  throw new SwarmError('INVALID_INPUT', `"${text}" is none of ${choices.join(', ')}`)
}
