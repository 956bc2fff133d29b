import { z } from 'zod'
import { metricNames, type HealthView, type MetricName, type MetricValues } from '../../../shared/views.ts'
import type { CborMap } from '../../model/cbor.ts'
import type { Sample } from './sampler.ts'

/** What one `diagnostics` record says: the stretch since the one before, in one number a metric. */
export interface HealthSummary {
  /** How long a stretch the means and peaks are of. */
  readonly windowMs: number
  readonly avg: MetricValues
  readonly max: MetricValues
  /** All that is not a mean, as it was at the end. */
  readonly last: Omit<Sample, 'values'>
}

/** More notes than fit a card help nobody; a longer one is cut. */
const maxNotes = 16
const maxNoteLength = 120

const finite = z.number().refine(Number.isFinite)
const values = z.partialRecord(z.enum(metricNames), finite)
const size = finite.nonnegative().optional()

/** Fields that a later version may add are passed over; those of this version must be what they say. */
const recordValue = z.object({
  windowMs: finite.nonnegative(),
  avg: z.record(z.string().max(64), z.unknown()),
  max: z.record(z.string().max(64), z.unknown()),
  charging: z.boolean().optional(),
  memoryTotal: size,
  diskTotal: size,
  diskFree: size,
  uptimeS: size,
  notes: z.array(z.string().max(maxNoteLength)).max(maxNotes),
})

/** The value of a `diagnostics` record. What was not measured is left out. */
export function encodeHealth(summary: HealthSummary): CborMap {
  const { last } = summary
  return {
    windowMs: Math.round(summary.windowMs),
    avg: rounded(summary.avg),
    max: rounded(summary.max),
    ...(last.batteryCharging === null ? {} : { charging: last.batteryCharging }),
    ...(last.memoryTotalBytes === null ? {} : { memoryTotal: last.memoryTotalBytes }),
    ...(last.diskTotalBytes === null ? {} : { diskTotal: last.diskTotalBytes }),
    ...(last.diskFreeBytes === null ? {} : { diskFree: last.diskFreeBytes }),
    ...(last.uptimeS === null ? {} : { uptimeS: last.uptimeS }),
    notes: last.notes.slice(0, maxNotes).map((note) => note.slice(0, maxNoteLength).toWellFormed()),
  }
}

/** Undefined when the value is not one: a peer's bad input, to be counted. */
export function decodeHealth(value: CborMap): HealthSummary | undefined {
  const parsed = recordValue.safeParse(value)
  if (!parsed.success) return undefined
  const avg = values.safeParse(known(parsed.data.avg))
  const max = values.safeParse(known(parsed.data.max))
  if (!avg.success || !max.success) return undefined
  const { charging, memoryTotal, diskTotal, diskFree, uptimeS, notes, windowMs } = parsed.data
  return {
    windowMs,
    avg: avg.data,
    max: max.data,
    last: {
      batteryCharging: charging ?? null,
      memoryTotalBytes: memoryTotal ?? null,
      diskTotalBytes: diskTotal ?? null,
      diskFreeBytes: diskFree ?? null,
      uptimeS: uptimeS ?? null,
      notes,
    },
  }
}

/** The summary as a screen draws it: means stand for the stretch. */
export function healthOf(summary: HealthSummary, atMs: number): HealthView {
  return { atMs, values: summary.avg, ...summary.last, notes: [...summary.last.notes] }
}

function known(map: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(metricNames.filter((name) => Object.hasOwn(map, name)).map((name) => [name, map[name]]))
}

/** One digit is more than any sensor knows; whole numbers for byte rates. Short numbers also pack better. */
function rounded(metrics: MetricValues): Record<string, number> {
  const result: Record<string, number> = {}
  for (const name of metricNames) {
    const value = metrics[name]
    if (value === undefined || !Number.isFinite(value)) continue
    result[name] = digitsOf(name) === 0 ? Math.round(value) : Number(value.toFixed(digitsOf(name)))
  }
  return result
}

function digitsOf(name: MetricName): number {
  if (name === 'load1') return 2
  return name === 'netRxBytesPerS' || name === 'netTxBytesPerS' ? 0 : 1
}
