import { homedir, hostname } from 'node:os'
import { join } from 'node:path'
import { defaultFileSettings, type ContentStoreChoice } from '../shared/file-views.ts'
import { defaultRecorderSettings } from '../shared/recorder-views.ts'
import { settingsSchema, type Settings } from '../shared/views.ts'
import type { Clock } from './base/clock.ts'
import type { Counters } from './base/counters.ts'
import type { Log } from './base/log.ts'
import { checkChannel, defaultChannels } from './net/channels/channel-config.ts'
import { wrongAddress } from './net/links/listen.ts'
import { kuboAddress } from './service/files/kubo-url.ts'
import { SettingsService } from './service/settings/settings-service.ts'
import { SettingsStore } from './store/settings-store.ts'

/** What a peer does that nobody told otherwise. */
function defaultSettings(): Settings {
  return {
    name: hostname().split('.')[0]?.slice(0, 63) || 'peer',
    role: 'operator',
    shareDir: join(homedir(), 'shared-logs'),
    downloadDir: join(homedir(), 'Downloads'),
    listen: [],
    bootstrap: [],
    mdns: true,
    channels: [...defaultChannels],
    files: defaultFileSettings,
    recorder: defaultRecorderSettings,
    theme: 'system',
  }
}

/**
 * The settings of a home. @param init.overrides in force for this run, never saved
 * @throws SwarmError INVALID_INPUT, PERMISSION_DENIED
 */
export function openSettings(
  deps: { readonly clock: Clock; readonly log: Log; readonly counters: Counters },
  init: {
    readonly home: string
    readonly overrides: Partial<Settings>
    readonly kubo?: string | undefined
    readonly archive?: boolean | undefined
  },
): SettingsService {
  const path = join(init.home, 'settings.json')
  const store = new SettingsStore<Settings>(deps, { path, schema: settingsSchema, defaults: defaultSettings() })
  const { overrides, kubo, archive = false } = init
  const files = {
    ...(kubo === undefined ? {} : { store: { kind: 'kubo', url: kubo } as const }),
    ...(archive ? { archive: { kind: 'all' } as const } : {}),
  }
  return new SettingsService(
    { store, checkAddress: wrongAddress, checkChannel, checkStore: wrongStore },
    { overrides, files },
  )
}

function wrongStore(store: ContentStoreChoice): string | null {
  try {
    if (store.kind === 'kubo') kuboAddress(store.url)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
