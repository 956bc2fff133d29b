/** One way to write numbers, everywhere. Units are SI (1 kB = 1000 B), as disks and networks are sold. */
const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

const secondMs = 1_000
const minuteMs = 60 * secondMs
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** Bytes with three significant digits: `0 B`, `999 B`, `1.23 MB`, `52.4 GB`. */
export function formatBytes(bytes: number): string {
  let value = Math.max(0, bytes)
  let unit = 0
  // 999.5 would be written "1000": that belongs to the next unit.
  while (value >= 999.5 && unit < byteUnits.length - 1) {
    value /= 1_000
    unit += 1
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
  return `${value.toFixed(digits)} ${byteUnits[unit] ?? 'B'}`
}

/** Bytes a second. */
export function formatRate(bytesPerS: number): string {
  return `${formatBytes(bytesPerS)}/s`
}

/** A length of time in one unit; the next larger one only from two of it on, so that it is never off by half: `45 s`, `83 min`, `2 h`, `47 h`, `3 d`. */
export function formatDuration(ms: number): string {
  const value = Math.max(0, ms)
  if (value < 2 * minuteMs) return `${Math.floor(value / secondMs)} s`
  if (value < 2 * hourMs) return `${Math.floor(value / minuteMs)} min`
  if (value < 2 * dayMs) return `${Math.floor(value / hourMs)} h`
  return `${Math.floor(value / dayMs)} d`
}

/** How long ago; `now` below two seconds, and for times ahead of ours (clocks differ). */
export function formatAgo(atMs: number, nowMs: number): string {
  const age = nowMs - atMs
  return age < 2 * secondMs ? 'now' : `${formatDuration(age)} ago`
}

/** How long until; `now` when it is past. */
export function formatUntil(atMs: number, nowMs: number): string {
  const rest = atMs - nowMs
  return rest <= 0 ? 'now' : `in ${formatDuration(rest)}`
}

/** Made once: a formatter costs as much as a thousand uses of it. */
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23' })
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
const clockSeconds = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})
const dayAndClock = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
})
const yearAndClock = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
})
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })
const dayOfYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' })
const grouped = new Intl.NumberFormat('en')

/** The exact time, in the reader's zone, to the second. */
export function formatExact(atMs: number): string {
  return exact.format(atMs)
}

/** Clock time for an axis: seconds only where the axis is short. */
export function formatClock(atMs: number, withSeconds: boolean): string {
  return (withSeconds ? clockSeconds : clock).format(atMs)
}

/** A moment on an axis of that length: the clock within two days, and the day at midnight; beyond, the day, and its year from ten months on. */
export function formatTick(atMs: number, rangeMs: number): string {
  if (rangeMs > 300 * dayMs) return dayOfYear.format(atMs)
  const midnight = new Date(atMs).getHours() === 0 && new Date(atMs).getMinutes() === 0
  return (rangeMs > 2 * dayMs || midnight ? day : clock).format(atMs)
}

/**
 * From when to when: `20 Nov, 14:02 – 14:12`; the day is said again only when it is another one, the year when it is not
 * the one of `nowMs`.
 */
export function formatSpan(fromMs: number, toMs: number, nowMs = Date.now()): string {
  if (toMs - fromMs > 300 * dayMs) return `${dayOfYear.format(fromMs)} – ${dayOfYear.format(toMs)}`
  const moment = new Date(fromMs).getFullYear() === new Date(nowMs).getFullYear() ? dayAndClock : yearAndClock
  const same = dayOfYear.format(fromMs) === dayOfYear.format(toMs)
  return `${moment.format(fromMs)} – ${(same ? clock : moment).format(toMs)}`
}

/** The day of something long ago: `31 Mar 2014`. */
export function formatDay(atMs: number): string {
  return dayOfYear.format(atMs)
}

/** How long a recording is: `8.4 s`, `5 min 12 s`, `1 h 20 min`. */
export function formatLength(ms: number): string {
  const value = Math.max(0, ms)
  if (value < 10 * secondMs) return `${(value / secondMs).toFixed(1)} s`
  const seconds = Math.round(value / secondMs)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min${seconds % 60 === 0 ? '' : ` ${seconds % 60} s`}`
  const minutes = Math.round(seconds / 60)
  return `${Math.floor(minutes / 60)} h${minutes % 60 === 0 ? '' : ` ${minutes % 60} min`}`
}

export function formatPercent(value: number): string {
  return `${Math.round(value)} %`
}

export function formatCelsius(value: number): string {
  return `${value.toFixed(1)} °C`
}

/** Where many machines stand side by side and room is short. */
export function formatCelsiusShort(value: number): string {
  return `${Math.round(value)} °C`
}

export function formatCount(value: number): string {
  return grouped.format(value).replaceAll(',', '\u202f')
}

/** `1 robot`, `2 robots`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`
}

/** The start and end of an id: enough to tell two apart on a screen, never enough to act on. */
export function shortId(id: string): string {
  return id.length <= 14 ? id : `${id.slice(0, 6)}…${id.slice(-6)}`
}

/** Right-to-left scripts: cutting such a name in its middle would tear its order apart. */
const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/
const letters = new Intl.Segmenter()
const tailLetters = 14

/**
 * A long name as a head, which may be cut at its end, and a tail, which is shown whole: `["duckie01_drive001_2026-11-20",
 * "_20-13-15.mcap"]`. The tail is empty where the name is short or is written from right to left.
 */
export function splitName(name: string): readonly [head: string, tail: string] {
  if (name.length < 1.5 * tailLetters || rightToLeft.test(name)) return [name, '']
  // Whole letters: an emoji may be several code units.
  const parts = [...letters.segment(name)].map(({ segment }) => segment)
  return [parts.slice(0, -tailLetters).join(''), parts.slice(-tailLetters).join('')]
}

/** A peer id in groups of four, to be read aloud and compared. */
export function fingerprint(peer: string): readonly string[] {
  return peer.match(/.{1,4}/g) ?? []
}
