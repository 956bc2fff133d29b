import type { ShareView } from '../../shared/views.ts'
import { spanOf, type TimeRange } from './select-files.ts'

/** What a robot recorded, as stretches of time. */
export interface Lane {
  readonly name: string
  readonly files: number
  readonly bars: readonly Bar[]
}

/** Recordings that touch or overlap at this scale are one bar. */
export interface Bar {
  /** 0 to 1 of the width. */
  readonly from: number
  readonly to: number
  readonly files: number
}

export interface Timeline {
  readonly range: TimeRange
  readonly lanes: readonly Lane[]
  /** Robots beyond those drawn. */
  readonly moreLanes: number
  /** Files whose time lies outside. */
  readonly outside: number
}

/** More lanes than these would push the table out of sight; the robots that recorded last come first. */
export const maxLanes = 6

/** So many steps has the width: a bar is never thinner than one. */
const steps = 400

export const scales = [
  { key: 'hour', label: '1 h', ms: 3_600_000 },
  { key: 'six', label: '6 h', ms: 6 * 3_600_000 },
  { key: 'day', label: '24 h', ms: 86_400_000 },
  { key: 'week', label: '7 d', ms: 7 * 86_400_000 },
  { key: 'month', label: '30 d', ms: 30 * 86_400_000 },
  { key: 'all', label: 'All', ms: Infinity },
] as const
export type ScaleKey = (typeof scales)[number]['key']

/** The shortest scale that ends with the newest file and holds nine of ten: a bag of years ago does not squeeze today. */
export function usualScale(shares: readonly ShareView[]): ScaleKey {
  const ends = shares.map((share) => spanOf(share).toMs).sort((a, b) => b - a)
  const [newest = 0] = ends
  const wanted = ends[Math.floor((ends.length - 1) * 0.9)] ?? newest
  return scales.find((scale) => newest - wanted <= scale.ms)?.key ?? 'all'
}

/** What a scale spans: it ends at the newest file; `all` begins at the oldest. Never without width. */
export function rangeOf(shares: readonly ShareView[], scale: ScaleKey): TimeRange {
  let fromMs = Infinity
  let toMs = -Infinity
  for (const share of shares) {
    const span = spanOf(share)
    fromMs = Math.min(fromMs, span.fromMs)
    toMs = Math.max(toMs, span.toMs)
  }
  if (toMs === -Infinity) return { fromMs: 0, toMs: 1 }
  const ms = scales.find((one) => one.key === scale)?.ms ?? Infinity
  const begin = Math.max(ms === Infinity ? fromMs : toMs - ms, scale === 'all' ? fromMs : -Infinity)
  // A lone picture has no length: a minute around it is drawn.
  return toMs - begin < 60_000 ? { fromMs: toMs - 60_000, toMs } : { fromMs: begin, toMs }
}

/** The files of a range as lanes, one a robot, those first that recorded last. */
export function timelineOf(shares: readonly ShareView[], range: TimeRange): Timeline {
  const width = range.toMs - range.fromMs
  const lanes = new Map<string, { files: number; newest: number; cells: Uint32Array }>()
  let outside = 0
  for (const share of shares) {
    const { fromMs, toMs } = spanOf(share)
    if (toMs < range.fromMs || fromMs > range.toMs) {
      outside += 1
      continue
    }
    let lane = lanes.get(share.originName)
    if (lane === undefined) {
      lane = { files: 0, newest: 0, cells: new Uint32Array(steps) }
      lanes.set(share.originName, lane)
    }
    lane.files += 1
    lane.newest = Math.max(lane.newest, toMs)
    const first = cellOf((fromMs - range.fromMs) / width)
    const last = cellOf((toMs - range.fromMs) / width)
    for (let cell = first; cell <= last; cell += 1) lane.cells[cell] = (lane.cells[cell] ?? 0) + 1
  }
  const sorted = [...lanes].sort(([a, one], [b, two]) => two.newest - one.newest || a.localeCompare(b))
  return {
    range,
    lanes: sorted.slice(0, maxLanes).map(([name, { files, cells }]) => ({ name, files, bars: barsOf(cells) })),
    moreLanes: Math.max(0, sorted.length - maxLanes),
    outside,
  }
}

function cellOf(share: number): number {
  return Math.min(steps - 1, Math.max(0, Math.floor(share * steps)))
}

function barsOf(cells: Uint32Array): readonly Bar[] {
  const bars: Bar[] = []
  let start = -1
  let most = 0
  for (let i = 0; i <= cells.length; i += 1) {
    const count = cells[i] ?? 0
    if (count > 0) {
      if (start < 0) start = i
      most = Math.max(most, count)
    } else if (start >= 0) {
      bars.push({ from: start / steps, to: i / steps, files: most })
      start = -1
      most = 0
    }
  }
  return bars
}

const minuteMs = 60_000
const tickSteps = [
  minuteMs,
  5 * minuteMs,
  10 * minuteMs,
  30 * minuteMs,
  60 * minuteMs,
  3 * 60 * minuteMs,
  6 * 60 * minuteMs,
  12 * 60 * minuteMs,
  24 * 60 * minuteMs,
  2 * 24 * 60 * minuteMs,
  7 * 24 * 60 * minuteMs,
  30 * 24 * 60 * minuteMs,
  91 * 24 * 60 * minuteMs,
  365 * 24 * 60 * minuteMs,
]

/** At most eight round moments, by the reader's own midnight. */
export function timelineTicks({ fromMs, toMs }: TimeRange): readonly number[] {
  const stepMs = tickSteps.find((step) => (toMs - fromMs) / step <= 8) ?? (toMs - fromMs) / 4
  const zoneMs = new Date(toMs).getTimezoneOffset() * minuteMs
  const ticks: number[] = []
  for (let at = Math.ceil((fromMs - zoneMs) / stepMs) * stepMs + zoneMs; at <= toMs; at += stepMs) ticks.push(at)
  // Words at the very ends would be cut off.
  const edgeMs = (toMs - fromMs) * 0.02
  const whole = ticks.filter((at) => at - fromMs >= edgeMs && toMs - at >= edgeMs)
  return whole.length > 0 ? whole : ticks
}
