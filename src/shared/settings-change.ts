import type { z } from 'zod'
import { fileSettingsChangeSchema } from './file-views.ts'
import { recorderSettingsSchema } from './recorder-views.ts'
import { settingsSchema, type Settings } from './views.ts'

/** A change of settings: those not named stay, and of `files` and `recorder` what is not named in them. */
export const settingsChangeSchema = settingsSchema
  .extend({ files: fileSettingsChangeSchema, recorder: recorderSettingsSchema.partial().strict() })
  .partial()
  // A name that is misspelt would change nothing, without a word.
  .strict()
export type SettingsChange = z.infer<typeof settingsChangeSchema>

/** What a change makes of the settings that it names, whole. Absent and undefined are the same. */
export function changedSettings(now: Settings, change: SettingsChange): Partial<Settings> {
  const { files, recorder, ...rest } = change
  return {
    ...named(rest),
    ...(files === undefined ? {} : { files: { ...now.files, ...named(files) } }),
    ...(recorder === undefined ? {} : { recorder: { ...now.recorder, ...named(recorder) } }),
  }
}

type Named<Part> = { [Name in keyof Part]?: Exclude<Part[Name], undefined> }

function named<Part extends object>(part: Part): Named<Part> {
  return Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined)) as Named<Part>
}
