import { settingsSchema, type Settings } from '../../shared/views.ts'
import { differing } from './differing.ts'
import { linesOf } from './lines.ts'

/** What the form holds: lists as text, one address a line. */
export interface SettingsDraft {
  readonly name: string
  readonly role: Settings['role']
  readonly shareDir: string
  readonly downloadDir: string
  readonly listen: string
  readonly bootstrap: string
  readonly mdns: boolean
}

export type DraftErrors = Partial<Readonly<Record<keyof SettingsDraft, string>>>

export function draftOf(settings: Settings): SettingsDraft {
  const { name, role, shareDir, downloadDir, listen, bootstrap, mdns } = settings
  return { name, role, shareDir, downloadDir, listen: listen.join('\n'), bootstrap: bootstrap.join('\n'), mdns }
}

/** What the form says, as settings; the others are changed elsewhere. */
export function settingsOf(draft: SettingsDraft): Omit<Settings, 'theme' | 'channels' | 'files' | 'recorder'> {
  const name = draft.name.trim()
  return { ...draft, name, listen: linesOf(draft.listen), bootstrap: linesOf(draft.bootstrap) }
}

/** What was changed in the form since it was opened. */
export function changesOf(draft: SettingsDraft, opened: SettingsDraft): Partial<Settings> {
  return differing(settingsOf(draft), settingsOf(opened))
}

/** A rough check before the peer's own: `/ip4/…/tcp/4040`, `/dns4/…`. */
const addressForm = /^\/(ip4|ip6|dns|dns4|dns6|dnsaddr)\/[^/\s]+(\/[^/\s]+)*$/

/** One sentence for each field that cannot be saved. */
export function checkDraft(draft: SettingsDraft): DraftErrors {
  const errors: { -readonly [Key in keyof SettingsDraft]?: string } = {}
  const { name, shareDir, downloadDir, listen, bootstrap } = settingsOf(draft)
  if (!settingsSchema.shape.name.safeParse(name).success) errors.name = 'A name has 1 to 63 characters.'
  if (!settingsSchema.shape.shareDir.safeParse(shareDir).success) errors.shareDir = 'Name a folder.'
  if (!settingsSchema.shape.downloadDir.safeParse(downloadDir).success) errors.downloadDir = 'Name a folder.'
  const wrongListen = listen.find((address) => !addressForm.test(address))
  if (wrongListen !== undefined)
    errors.listen = `“${wrongListen}” is no multiaddress. Write it like /ip4/0.0.0.0/tcp/4040.`
  else if (listen.length > 32) errors.listen = 'At most 32 addresses.'
  const wrongBootstrap = bootstrap.find((address) => !addressForm.test(address))
  if (wrongBootstrap !== undefined) {
    errors.bootstrap = `“${wrongBootstrap}” is no multiaddress. Write it like /ip4/192.168.1.5/tcp/4040.`
  } else if (bootstrap.length > 64) errors.bootstrap = 'At most 64 addresses.'
  return errors
}
