import { z } from 'zod'
import { cidSchema } from './ids-schema.ts'

/** What makes a peer save its last minutes by itself. */
export const faultKinds = ['temperature', 'power', 'throttled', 'battery', 'disk', 'memory', 'stopped'] as const
const faultKindSchema = z.enum(faultKinds)
export type FaultKind = z.infer<typeof faultKindSchema>

/** Why a flight was saved: a fault, or somebody's wish. */
export const flightCauseSchema = z.enum([...faultKinds, 'mark'])
export type FlightCause = z.infer<typeof flightCauseSchema>

/** In words for people. */
export const causeWords: Readonly<Record<FlightCause, string>> = {
  temperature: 'too hot',
  power: 'under-voltage',
  throttled: 'throttled',
  battery: 'battery low',
  disk: 'disk full',
  memory: 'memory full',
  stopped: 'stopped without warning',
  mark: 'marked by hand',
}

export const recorderSettingsSchema = z.object({
  on: z.boolean(),
  /** How far back from the fault. */
  minutes: z.number().int().min(1).max(60),
  /** Logs that are being written: files, folders, or patterns such as /data/logs/*.mcap; full paths. */
  paths: z.array(z.string().min(1).max(1_024)).max(16),
  /** Which faults count; a mark by hand always does. */
  faults: z.array(faultKindSchema).max(faultKinds.length),
})
export type RecorderSettings = z.infer<typeof recorderSettingsSchema>

export const defaultRecorderSettings: RecorderSettings = {
  on: false,
  minutes: 5,
  paths: [],
  faults: [...faultKinds],
}

/** The last minutes before a fault, as they were saved: a folder of the share folder. */
export const flightSchema = z.object({
  /** The name of its folder below `flight/`. */
  id: z.string().max(128),
  cause: flightCauseSchema,
  /** What happened, as a sentence: "81.2 °C". */
  words: z.string().max(300),
  atMs: z.number(),
  minutes: z.number(),
  sizeBytes: z.number(),
  files: z.array(
    z.object({
      name: z.string(),
      /** Null: not shared yet, or no longer. */
      cid: cidSchema.nullable(),
      sizeBytes: z.number(),
      /** What is missing of it, as the end of a sentence. */
      problem: z.string().nullable(),
    }),
  ),
  /** Logs of which nothing was taken, and why. */
  leftOut: z.array(z.object({ name: z.string(), why: z.string() })),
})
export type FlightView = z.infer<typeof flightSchema>

export const recorderSchema = z.object({
  state: z.enum(['off', 'ready', 'taking']),
  settings: recorderSettingsSchema,
  /** Why nothing was saved for the last fault, as a sentence; null: it was, or there was none. */
  refused: z.string().nullable(),
  /** Newest first. */
  flights: z.array(flightSchema),
})
export type RecorderView = z.infer<typeof recorderSchema>

/** What was saved, in numbers: also of another peer, which does not tell more. */
export const markedSchema = z.object({
  id: flightSchema.shape.id,
  files: z.number().int().nonnegative(),
  sizeBytes: z.number().int().nonnegative(),
  /** Logs of which nothing was taken. */
  leftOut: z.number().int().nonnegative(),
})
export type MarkedView = z.infer<typeof markedSchema>

/** What a person says about a mark. */
export const markTextSchema = z.string().trim().max(300)

const flightName = /^flight\/(\d{4})-(\d{2})-(\d{2})_(\d{2})-(\d{2})-(\d{2})Z-([a-z]+)\/[^/]+$/

/** Which flight a shared file belongs to, by its name; null: none. */
export function flightOf(name: string): { readonly cause: FlightCause; readonly atMs: number } | null {
  const [, year, month, day, hour, minute, second, word] = flightName.exec(name) ?? []
  const cause = flightCauseSchema.safeParse(word)
  const atMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  return cause.success && Number.isFinite(atMs) ? { cause: cause.data, atMs } : null
}

/** The folder of a flight below `flight/`: names sort by time, on every file system. */
export function flightId(cause: FlightCause, atMs: number): string {
  const time = new Date(atMs).toISOString().slice(0, 19).replaceAll(':', '-').replace('T', '_')
  return `${time}Z-${cause}`
}
