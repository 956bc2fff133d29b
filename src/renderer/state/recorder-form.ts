import { recorderSettingsSchema, type FaultKind, type RecorderSettings } from '../../shared/recorder-views.ts'
import { linesOf } from './lines.ts'

/** What the form of the flight recorder holds: numbers as text, paths one a line. */
export interface RecorderDraft {
  readonly on: boolean
  readonly minutes: string
  readonly paths: string
  readonly faults: readonly FaultKind[]
}

export function draftOfRecorder({ on, minutes, paths, faults }: RecorderSettings): RecorderDraft {
  return { on, minutes: String(minutes), paths: paths.join('\n'), faults }
}

/** What the form says, as settings; to be used when `checkRecorder` has nothing to say. */
export function recorderOf({ on, minutes, paths, faults }: RecorderDraft): RecorderSettings {
  return { on, minutes: Number(minutes), paths: linesOf(paths), faults: [...faults] }
}

/** One sentence for each field that cannot be saved. */
export function checkRecorder(draft: RecorderDraft): { readonly minutes?: string; readonly paths?: string } {
  const parsed = recorderSettingsSchema.safeParse(recorderOf(draft))
  const wrong = new Set(parsed.success ? [] : parsed.error.issues.map(({ path }) => path[0]))
  const { paths } = recorderOf(draft)
  // C:\ is how full paths begin on Windows.
  const short = paths.find((path) => !/^(\/|[A-Za-z]:[\\/]|\\\\)/.test(path))
  return {
    ...(wrong.has('minutes') || draft.minutes.trim() === '' ? { minutes: 'Write a whole number from 1 to 60.' } : {}),
    ...(short !== undefined
      ? { paths: `"${short}" is not a full path: write it from the root.` }
      : wrong.has('paths')
        ? { paths: 'At most 16 paths, each of at most 1,024 characters.' }
        : {}),
  }
}

/** Nothing would be changed by saving. */
export function sameRecorder(draft: RecorderDraft, inForce: RecorderSettings): boolean {
  const now = recorderOf(draft)
  const sorted = (faults: readonly FaultKind[]): string => faults.toSorted().join()
  return (
    now.on === inForce.on &&
    now.minutes === inForce.minutes &&
    now.paths.join('\n') === inForce.paths.join('\n') &&
    sorted(now.faults) === sorted(inForce.faults)
  )
}
