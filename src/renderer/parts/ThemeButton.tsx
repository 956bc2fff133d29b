import { useMantineColorScheme } from '@mantine/core'
import { IconDeviceDesktop, IconMoon, IconSun } from '@tabler/icons-react'
import { useEffect } from 'react'
import { useStore } from 'zustand'
import { useStores } from '../state/context.ts'
import { keepTheme, type ThemeChoice } from '../theme-choice.ts'

const next: Readonly<Record<ThemeChoice, ThemeChoice>> = { system: 'dark', dark: 'light', light: 'system' }
const icons = { system: IconDeviceDesktop, dark: IconMoon, light: IconSun } as const

/** The theme of this window, and how to change it here and at the peer. */
export function useTheme(): { readonly choice: ThemeChoice; readonly choose: (choice: ThemeChoice) => void } {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const { bridge, settings } = useStores()
  const choice = colorScheme === 'auto' ? 'system' : colorScheme
  return {
    choice,
    choose: (wanted) => {
      keepTheme(wanted)
      setColorScheme(wanted === 'system' ? 'auto' : wanted)
      void settings.change(async () => (await bridge.api.settings.update({ theme: wanted })).settings)
    },
  }
}

/** Takes over the theme that is set at the peer, once it is known and whenever it changes there. */
export function useThemeOfPeer(): void {
  const { setColorScheme } = useMantineColorScheme()
  const { settings } = useStores()
  const wanted = useStore(settings.store, (state) => (state.phase === 'ready' ? state.value.theme : null))
  useEffect(() => {
    if (wanted === null) return
    keepTheme(wanted)
    setColorScheme(wanted === 'system' ? 'auto' : wanted)
  }, [wanted, setColorScheme])
}

export function ThemeButton() {
  const { choice, choose } = useTheme()
  const Icon = icons[choice]
  return (
    <button
      type="button"
      className="rail-link rail-button"
      aria-label={`Theme: ${choice}`}
      title={`Theme: ${choice}. Click for ${next[choice]}.`}
      onClick={() => choose(next[choice])}
    >
      <Icon stroke={1.6} aria-hidden />
      <span className="theme-word">{choice}</span>
    </button>
  )
}
