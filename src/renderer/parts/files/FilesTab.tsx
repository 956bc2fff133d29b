import { useStores } from '../../state/context.ts'
import { Asked } from '../Asked.tsx'
import { FollowList } from '../logs/FollowsDialog.tsx'
import { RecorderPanel } from '../recorder/RecorderPanel.tsx'
import { ArchivePanel } from './ArchivePanel.tsx'
import { FileChannelsPanel } from './FileChannelsPanel.tsx'
import { FileSettingsForm } from './FileSettingsForm.tsx'
import { PinServicesPanel } from './PinServicesPanel.tsx'
import { StoragePanel } from './StoragePanel.tsx'

/** Where files are kept, what is shared and fetched by itself, and how fast. */
export function FilesTab() {
  const { settings } = useStores()
  return (
    <div className="columns settings">
      <div className="settings-column">
        <Asked of={settings} failed="The settings could not be read" loading="Loading the settings" rows={7}>
          {(inForce) => (
            <>
              <FileSettingsForm inForce={inForce} />
              <RecorderPanel inForce={inForce} />
            </>
          )}
        </Asked>
      </div>
      <div className="settings-column">
        <StoragePanel />
        <ArchivePanel />
        <FileChannelsPanel />
        <PinServicesPanel />
        <section className="panel" aria-label="Follows">
          <h2>Follows</h2>
          <FollowList />
        </section>
      </div>
    </div>
  )
}
