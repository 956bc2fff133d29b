import { useStore } from 'zustand'
import { useStores } from '../../state/context.ts'
import { useAsked } from '../../state/use-asked.ts'
import { FollowList } from '../logs/FollowsDialog.tsx'
import { RecorderPanel } from '../recorder/RecorderPanel.tsx'
import { Failed, Loading } from '../States.tsx'
import { ArchivePanel } from './ArchivePanel.tsx'
import { FileChannelsPanel } from './FileChannelsPanel.tsx'
import { FileSettingsForm } from './FileSettingsForm.tsx'
import { PinServicesPanel } from './PinServicesPanel.tsx'
import { StoragePanel } from './StoragePanel.tsx'

/** Where files are kept, what is shared and fetched by itself, and how fast. */
export function FilesTab() {
  const { settings } = useStores()
  const state = useStore(settings.store)
  useAsked(settings)
  return (
    <div className="columns settings">
      <div className="settings-column">
        {state.phase === 'failed' ? (
          <Failed title="The settings could not be read" problem={state.problem} onRetry={() => void settings.load()} />
        ) : null}
        {state.phase === 'idle' || state.phase === 'loading' ? <Loading label="Loading the settings" rows={7} /> : null}
        {state.phase === 'ready' ? <FileSettingsForm inForce={state.value.files} /> : null}
      </div>
      <div className="settings-column">
        <StoragePanel />
        <ArchivePanel />
        <FileChannelsPanel />
        <PinServicesPanel />
        {state.phase === 'ready' ? <RecorderPanel inForce={state.value.recorder} /> : null}
        <section className="panel" aria-label="Follows">
          <h2>Follows</h2>
          <FollowList />
        </section>
      </div>
    </div>
  )
}
