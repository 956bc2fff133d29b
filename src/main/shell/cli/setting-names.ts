import { resolve } from 'node:path'
import { SwarmError } from '../../../shared/errors.ts'
import type { SettingsChange } from '../../../shared/settings-change.ts'
import { settingsSchema, type Settings } from '../../../shared/views.ts'
import { readBytes, readChoice, readHours, readRate, writeBytes, writeHours, writeRate } from './setting-values.ts'

/** One setting as the command line names it: as in the JSON of the settings, with dots. */
export interface SettingName {
  readonly name: string
  /** What it is, and how it is written. */
  readonly about: string
  /** Its values, each as `change` reads it; none: it is empty. */
  readonly show: (now: Settings) => readonly string[]
  /** What these values make of it; a command: that changes it instead. @throws SwarmError INVALID_INPUT */
  readonly change: ((values: readonly string[], now: Settings) => SettingsChange) | string
}

const only = ([value, ...more]: readonly string[]): string => {
  if (value !== undefined && more.length === 0) return value
  throw new SwarmError('INVALID_INPUT', 'it has one value; one with spaces is put in quotes')
}

/** `none` alone empties it. */
const list = (values: readonly string[]): string[] => (values.length === 1 && values[0] === 'none' ? [] : [...values])

const onOff = (value: string): boolean => readChoice(value, ['on', 'off']) === 'on'

export const settingNames: readonly SettingName[] = [
  {
    name: 'name',
    about: 'what others see',
    show: ({ name }) => [name],
    change: (values) => ({ name: only(values) }),
  },
  {
    name: 'role',
    about: 'robot, operator or server; from the next start',
    show: ({ role }) => [role],
    change: (values) => ({ role: readChoice(only(values), settingsSchema.shape.role.options) }),
  },
  {
    name: 'shareDir',
    about: 'the share folder',
    show: ({ shareDir }) => [shareDir],
    change: (values) => ({ shareDir: resolve(only(values)) }),
  },
  {
    name: 'downloadDir',
    about: 'where fetched files are put',
    show: ({ downloadDir }) => [downloadDir],
    change: (values) => ({ downloadDir: resolve(only(values)) }),
  },
  {
    name: 'listen',
    about: 'multiaddresses; from the next start',
    show: ({ listen }) => listen,
    change: (values) => ({ listen: list(values) }),
  },
  {
    name: 'bootstrap',
    about: 'multiaddresses of peers to stay connected to, or none',
    show: ({ bootstrap }) => bootstrap,
    change: (values) => ({ bootstrap: list(values) }),
  },
  {
    name: 'mdns',
    about: 'on or off: look for peers by mDNS; from the next start',
    show: ({ mdns }) => [mdns ? 'on' : 'off'],
    change: (values) => ({ mdns: onOff(only(values)) }),
  },
  {
    name: 'channels',
    about: 'message channels',
    show: ({ channels }) => channels.map(({ address, enabled }) => (enabled ? address : `${address} (off)`)),
    change: 'dt-swarm channels',
  },
  {
    name: 'files.quotaBytes',
    about: 'fetched copies that nobody keeps go beyond this, the oldest first: 50GB, or none',
    show: ({ files }) => [writeBytes(files.quotaBytes)],
    change: (values) => ({ files: { quotaBytes: readBytes(only(values)) } }),
  },
  {
    name: 'files.maxFileBytes',
    about: 'larger files of the share folder are not shared: 4GB, or none',
    show: ({ files }) => [writeBytes(files.maxFileBytes)],
    change: (values) => ({ files: { maxFileBytes: readBytes(only(values)) } }),
  },
  {
    name: 'files.ignore',
    about: 'patterns as of .gitignore that are not shared, or none',
    show: ({ files }) => files.ignore,
    change: (values) => ({ files: { ignore: list(values) } }),
  },
  {
    name: 'files.whenDeleted',
    about: 'unshare or keep: of a share whose file is deleted from the share folder',
    show: ({ files }) => [files.whenDeleted],
    change: (values) => ({ files: { whenDeleted: readChoice(only(values), ['unshare', 'keep'] as const) } }),
  },
  {
    name: 'files.bandwidth.downBytesPerS',
    about: 'what may come: 2MB/s, or none',
    show: ({ files }) => [writeRate(files.bandwidth.downBytesPerS)],
    change: (values, { files }) => ({
      files: { bandwidth: { ...files.bandwidth, downBytesPerS: readRate(only(values)) } },
    }),
  },
  {
    name: 'files.bandwidth.upBytesPerS',
    about: 'what may be sent: 500kB/s, or none',
    show: ({ files }) => [writeRate(files.bandwidth.upBytesPerS)],
    change: (values, { files }) => ({
      files: { bandwidth: { ...files.bandwidth, upBytesPerS: readRate(only(values)) } },
    }),
  },
  {
    name: 'files.hours',
    about: 'other limits at some hours, what comes and what is sent: 22:00-06:00=2MB/s,none; or none',
    show: ({ files }) => files.hours.map(writeHours),
    change: (values) => ({ files: { hours: list(values).map(readHours) } }),
  },
  {
    name: 'files.store',
    about: "embedded (the peer's own), or the RPC address of a Kubo daemon",
    show: ({ files: { store } }) => [store.kind === 'kubo' ? store.url : 'embedded'],
    change: (values) => {
      const value = only(values)
      return { files: { store: value === 'embedded' ? { kind: 'embedded' } : { kind: 'kubo', url: value } } }
    },
  },
  {
    name: 'files.archive',
    about: 'what is kept for the swarm',
    show: ({ files: { archive } }) => [archive.kind],
    change: 'dt-swarm archive',
  },
  {
    name: 'files.copies',
    about: 'how many copies each file should have',
    show: ({ files }) => [String(files.copies)],
    change: 'dt-swarm archive copies',
  },
  {
    name: 'recorder',
    about: 'the flight recorder',
    show: ({ recorder }) => [recorder.on ? 'on' : 'off'],
    change: 'dt-swarm recorder',
  },
]

/** @throws SwarmError INVALID_INPUT that says which there are */
export function settingNamed(name: string): SettingName {
  const found = settingNames.find((one) => one.name === name)
  if (found !== undefined) return found
  const all = settingNames.map((one) => one.name).join(', ')
  throw new SwarmError('INVALID_INPUT', `"${name}" is no setting; there are: ${all}`)
}
