import type { MantineColorSchemeManager } from '@mantine/core'
import type { Settings } from '../shared/views.ts'

export type ThemeChoice = Settings['theme']

/** public/theme-boot.js reads it before the first paint. */
const storageKey = 'dt-swarm:theme'

/** The theme last chosen in this window; `system` when none was, or storage is closed to us. */
function readTheme(): ThemeChoice {
  try {
    const kept = window.localStorage.getItem(storageKey)
    return kept === 'dark' || kept === 'light' ? kept : 'system'
  } catch {
    return 'system'
  }
}

/** Remembers the theme for the next start. Where storage is closed (private windows), the peer's setting is all there is. */
export function keepTheme(choice: ThemeChoice): void {
  try {
    window.localStorage.setItem(storageKey, choice)
  } catch {
    // The setting at the peer still holds the choice.
  }
}

/** Mantine's memory of the scheme is ours: a second one of its own could disagree with what theme-boot.js set. */
export const schemeManager: MantineColorSchemeManager = {
  get: () => {
    const choice = readTheme()
    return choice === 'system' ? 'auto' : choice
  },
  set: (scheme) => keepTheme(scheme === 'auto' ? 'system' : scheme),
  subscribe: () => undefined,
  unsubscribe: () => undefined,
  clear: () => keepTheme('system'),
}
