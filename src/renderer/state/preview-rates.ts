import type { LogInfo, LogPreview } from '../../shared/log-views.ts'

type Messages = Extract<LogPreview, { kind: 'messages' }>
type Activity = NonNullable<Messages['timeline']>

export interface RateRow {
  readonly atMs: number
  readonly perS: number
}

/** Messages a second of all topics together, step by step. */
export function ratesOf({ fromMs, stepMs, topics }: Activity): readonly RateRow[] {
  const length = Math.max(0, ...topics.map((topic) => topic.counts.length))
  const seconds = Math.max(stepMs, 1) / 1_000
  return Array.from({ length }, (_, i) => ({
    atMs: fromMs + (i + 0.5) * stepMs,
    perS: topics.reduce((sum, topic) => sum + (topic.counts[i] ?? 0), 0) / seconds,
  }))
}

export interface TopicLine {
  readonly name: string
  readonly type: string
  readonly count: number | null
  /** Mean rate over the whole log; null where it cannot be told. */
  readonly hz: number | null
  /** Messages in each step; null where no index tells. */
  readonly counts: readonly number[] | null
}

/** The topics of a log with how often they speak, those with most messages first. */
export function topicLines(info: LogInfo, activity: Activity | null): readonly TopicLine[] {
  const { startMs, endMs } = info
  const seconds = startMs === null || endMs === null ? 0 : (endMs - startMs) / 1_000
  const counts = new Map((activity?.topics ?? []).map((topic) => [topic.name, topic.counts]))
  return info.topics
    .map(({ name, type, count }) => ({
      name,
      type,
      count,
      // Of fewer than two messages no rate can be told.
      hz: count === null || count < 2 || seconds <= 0 ? null : count / seconds,
      counts: counts.get(name) ?? null,
    }))
    .sort((a, b) => (b.count ?? -1) - (a.count ?? -1) || a.name.localeCompare(b.name))
}

/** `29.8 Hz`, `0.2 Hz`, `1 / min` */
export function formatHz(hz: number): string {
  if (hz >= 10) return `${Math.round(hz)} Hz`
  if (hz >= 0.1) return `${hz.toFixed(1)} Hz`
  return `${(hz * 60).toFixed(1)} / min`
}

/** Numbers of a log in the fewest figures that tell them apart. */
export function formatNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return String(value)
  const size = Math.abs(value)
  return size >= 1e6 || size < 1e-3 ? value.toExponential(2) : value.toPrecision(4).replace(/\.?0+$/, '')
}
