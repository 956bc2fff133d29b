import { InvalidArgumentError } from 'commander'

const spans = { s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const

/**
 * A moment as a person says it: `2026-11-21` (its midnight here), `2026-11-21T15:04` (here, or with `Z` or an offset), or
 * how long ago: `90min`, `2h`, `3d`.
 */
export function momentMs(text: string, nowMs: number = Date.now()): number {
  const ago = /^(\d{1,6})\s*(s|min|h|d|w)$/.exec(text)
  if (ago !== null) return nowMs - Number(ago[1]) * spans[ago[2] as keyof typeof spans]
  if (/^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/.test(text)) {
    // Without a time JavaScript takes a date for one of Greenwich.
    const at = new Date(text.length === 10 ? `${text}T00:00` : text.replace(' ', 'T')).getTime()
    if (Number.isFinite(at)) return at
  }
  throw new InvalidArgumentError('It is a day (2026-11-21), a time (2026-11-21T15:04) or how long ago (90min, 2h, 3d).')
}

/** The last midnight here. */
export function todayMs(nowMs: number = Date.now()): number {
  return new Date(nowMs).setHours(0, 0, 0, 0)
}
