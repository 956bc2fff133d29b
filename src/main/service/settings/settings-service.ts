import { isAbsolute } from 'node:path'
import { SwarmError } from '../../../shared/errors.ts'
import type { ContentStoreChoice, FileSettings } from '../../../shared/file-views.ts'
import type { ChannelConfig } from '../../../shared/network-views.ts'
import { changedSettings, type SettingsChange } from '../../../shared/settings-change.ts'
import { settingsSchema, type Settings } from '../../../shared/views.ts'
import { Emitter, type EventSource } from '../../base/emitter.ts'
import type { SettingsStore } from '../../store/settings-store.ts'

/** Settings that the network node is made with: a change waits for the next start. */
const madeWith = ['listen', 'mdns', 'role'] as const
export type WaitingSetting = (typeof madeWith)[number]

export interface SettingsDeps {
  /** Defaults and what a person chose, on disk. */
  readonly store: SettingsStore<Settings>
  /** Says what is wrong with an address, or null when it can be used. */
  readonly checkAddress: (address: string, use: 'listen' | 'bootstrap') => string | null
  /** Says what is wrong with a store for files, or null when it can be used. */
  readonly checkStore?: (store: ContentStoreChoice) => string | null
  /** Writes a channel's address in the one way, or says what is wrong with it. */
  readonly checkChannel: (
    config: ChannelConfig,
  ) => { readonly kind: 'ok'; readonly config: ChannelConfig } | { readonly kind: 'rejected'; readonly reason: string }
}

type FilesForRun = Partial<Pick<FileSettings, 'store' | 'archive'>>

export interface SettingsInit {
  /** From the command line: in force for this run, never saved. */
  readonly overrides?: Partial<Settings>
  /** From the command line too: these stand for single fields of `files`, so that the others stay as they were chosen. */
  readonly files?: FilesForRun
}

/** The peer's settings: defaults, then what was chosen, then what the command line says for this run. */
export class SettingsService {
  readonly #deps: SettingsDeps
  readonly #events = new Emitter<{ 'settings:changed': Settings }>()
  readonly #atStart: Settings
  /** A setting changed in the app is no longer the command line's. */
  #overrides: Partial<Settings>
  #filesForRun: FilesForRun
  #current: Settings

  /** @throws SwarmError INVALID_INPUT when the command line's settings cannot be used */
  constructor(deps: SettingsDeps, init: SettingsInit = {}) {
    this.#deps = deps
    this.#overrides = this.#checked(init.overrides ?? {})
    this.#filesForRun = init.files ?? {}
    if (this.#filesForRun.store !== undefined) this.#checkStore(this.#filesForRun.store)
    this.#current = this.#combine()
    this.#atStart = this.#current
  }

  get events(): EventSource<{ 'settings:changed': Settings }> {
    return this.#events
  }

  get(): Settings {
    return this.#current
  }

  /** Settings that were changed but wait for the next start. */
  waiting(): WaitingSetting[] {
    return madeWith.filter((name) => JSON.stringify(this.#current[name]) !== JSON.stringify(this.#atStart[name]))
  }

  /**
   * Changes settings, saves them, then tells listeners. Those not named stay, and of `files` and `recorder` what is not
   * named in them.
   * @throws SwarmError INVALID_INPUT naming the setting; nothing is changed then
   */
  update(change: SettingsChange): { readonly settings: Settings; readonly waiting: WaitingSetting[] } {
    const patch = this.#checked(this.#withoutOverride(changedSettings(this.#current, change)))
    this.#deps.store.update(patch)
    this.#overrides = Object.fromEntries(Object.entries(this.#overrides).filter(([name]) => !(name in patch)))
    this.#current = this.#combine()
    this.#events.emit('settings:changed', this.#current)
    return { settings: this.#current, waiting: this.waiting() }
  }

  #combine(): Settings {
    const settings = { ...this.#deps.store.get(), ...this.#overrides }
    const channels = settings.channels.map((config) => {
      // A file that was edited by hand: what is no channel stays as it is, and is said where channels are made.
      const checked = this.#deps.checkChannel(config)
      return checked.kind === 'ok' ? checked.config : config
    })
    return { ...settings, channels, files: { ...settings.files, ...this.#filesForRun } }
  }

  /** What the command line says comes back unchanged with other settings of files: then it is not what was chosen. */
  #withoutOverride(change: Partial<Settings>): Partial<Settings> {
    const { files } = change
    if (files === undefined) return change
    const forRun = this.#filesForRun
    const saved = this.#deps.store.get().files
    const isSame = (name: 'store' | 'archive'): boolean =>
      forRun[name] !== undefined && JSON.stringify(files[name]) === JSON.stringify(forRun[name])
    const [store, archive] = [isSame('store'), isSame('archive')]
    if (!store) this.#checkStore(files.store)
    this.#filesForRun = {
      ...(store && forRun.store !== undefined ? { store: forRun.store } : {}),
      ...(archive && forRun.archive !== undefined ? { archive: forRun.archive } : {}),
    }
    return {
      ...change,
      files: { ...files, ...(store ? { store: saved.store } : {}), ...(archive ? { archive: saved.archive } : {}) },
    }
  }

  #checkStore(store: ContentStoreChoice): void {
    const wrong = this.#deps.checkStore?.(store) ?? null
    if (wrong !== null) throw new SwarmError('INVALID_INPUT', `files: ${wrong}`, { detail: { setting: 'files' } })
  }

  /** @throws SwarmError INVALID_INPUT */
  #checked(patch: Partial<Settings>): Partial<Settings> {
    this.#check(patch)
    if (patch.channels === undefined) return patch
    const channels = patch.channels.map((config) => this.#checkedChannel(config))
    const twice = channels.find((one, i) => channels.findIndex((other) => isSameChannel(one, other)) !== i)
    if (twice !== undefined) {
      throw new SwarmError('INVALID_INPUT', `channels: "${twice.address}" is there twice`, {
        detail: { setting: 'channels', address: twice.address },
      })
    }
    return { ...patch, channels }
  }

  #checkedChannel(config: ChannelConfig): ChannelConfig {
    const checked = this.#deps.checkChannel(config)
    if (checked.kind === 'ok') return checked.config
    throw new SwarmError('INVALID_INPUT', `channels: "${config.address}" ${checked.reason}`, {
      detail: { setting: 'channels', address: config.address },
    })
  }

  #check(patch: Partial<Settings>): void {
    const parsed = settingsSchema.partial().safeParse(patch)
    if (!parsed.success) {
      const issue = parsed.error.issues[0]
      const setting = String(issue?.path[0] ?? 'settings')
      throw new SwarmError('INVALID_INPUT', `${setting}: ${issue?.message ?? 'cannot be used'}`, {
        detail: { setting },
      })
    }
    if (patch.files !== undefined) this.#checkStore(patch.files.store)
    for (const setting of ['shareDir', 'downloadDir'] as const) {
      const folder = patch[setting]
      if (folder !== undefined && !isAbsolute(folder)) {
        throw new SwarmError('INVALID_INPUT', `${setting}: "${folder}" is not a full path; write it from the root`, {
          detail: { setting },
        })
      }
    }
    for (const path of patch.recorder?.paths ?? []) {
      if (isAbsolute(path)) continue
      throw new SwarmError('INVALID_INPUT', `recorder: "${path}" is not a full path; write it from the root`, {
        detail: { setting: 'recorder' },
      })
    }
    for (const setting of ['listen', 'bootstrap'] as const) {
      for (const address of patch[setting] ?? []) {
        const wrong = this.#deps.checkAddress(address, setting)
        if (wrong !== null) {
          throw new SwarmError('INVALID_INPUT', `${setting}: "${address}" ${wrong}`, { detail: { setting, address } })
        }
      }
    }
  }
}

function isSameChannel(one: ChannelConfig, other: ChannelConfig): boolean {
  return one.address === other.address && one.mode === other.mode
}
