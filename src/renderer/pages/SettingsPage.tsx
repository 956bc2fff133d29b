import { useEffect } from 'react'
import { useStore } from 'zustand'
import { AboutPanel } from '../parts/AboutPanel.tsx'
import { AppearancePanel } from '../parts/AppearancePanel.tsx'
import { IdentityPanel } from '../parts/IdentityPanel.tsx'
import { SettingsForm } from '../parts/SettingsForm.tsx'
import { Failed, Loading } from '../parts/States.tsx'
import { useStores } from '../state/context.ts'
import { useInfo } from '../state/use-info.ts'

/** Who this peer is and how it behaves. */
export function SettingsPage() {
  const { settings, bridge } = useStores()
  const state = useStore(settings.store)
  const info = useInfo()
  const open = useStore(bridge.connection, (line) => line.phase === 'open')
  useEffect(() => {
    if (open) void settings.load()
  }, [settings, open])
  return (
    <div className="page">
      <h1>Settings</h1>
      <div className="columns settings">
        <div className="settings-column">
          {state.phase === 'failed' ? (
            <Failed
              title="The settings could not be read"
              problem={state.problem}
              onRetry={() => void settings.load()}
            />
          ) : null}
          {state.phase === 'idle' || state.phase === 'loading' ? (
            <Loading label="Loading the settings" rows={7} />
          ) : null}
          {state.phase === 'ready' ? <SettingsForm inForce={state.value} /> : null}
        </div>
        <div className="settings-column">
          {info === null ? null : <IdentityPanel info={info} />}
          <AppearancePanel />
          {info === null ? null : <AboutPanel info={info} />}
        </div>
      </div>
    </div>
  )
}
