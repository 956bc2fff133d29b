import type { ReactNode } from 'react'
import { useStore } from 'zustand'
import type { TrustView } from '../../shared/trust-views.ts'
import { AboutPanel } from '../parts/AboutPanel.tsx'
import { AppearancePanel } from '../parts/AppearancePanel.tsx'
import { Asked } from '../parts/Asked.tsx'
import { IdentityPanel } from '../parts/IdentityPanel.tsx'
import { ChannelsPanel } from '../parts/network/ChannelsPanel.tsx'
import { PageTabs } from '../parts/PageTabs.tsx'
import { FilesTab } from '../parts/files/FilesTab.tsx'
import { SettingsForm } from '../parts/SettingsForm.tsx'
import { Failed, Loading } from '../parts/States.tsx'
import { ClockPanel } from '../parts/trust/ClockPanel.tsx'
import { InvitePanel } from '../parts/trust/InvitePanel.tsx'
import { SwarmPanel } from '../parts/trust/SwarmPanel.tsx'
import { TrustPanel } from '../parts/trust/TrustPanel.tsx'
import { go, settingsTabs, type SettingsTab } from '../route.ts'
import { useStores } from '../state/context.ts'
import { valueIn } from '../state/live-value.ts'
import { useInfo } from '../state/use-info.ts'
import { useStatus } from '../state/use-live.ts'

const labels: Readonly<Record<SettingsTab, string>> = {
  peer: 'This peer',
  files: 'Files',
  swarm: 'Swarm and invites',
  trust: 'Trust',
  clock: 'Clock',
  channels: 'Channels',
}

const contents: Readonly<Record<SettingsTab, () => ReactNode>> = {
  peer: () => <PeerTab />,
  swarm: () => (
    <WithTrust>
      {(trust) => (
        <div className="columns settings">
          <SwarmPanel trust={trust} />
          <InvitePanel trust={trust} />
        </div>
      )}
    </WithTrust>
  ),
  trust: () => <WithTrust>{(trust) => <TrustPanel trust={trust} />}</WithTrust>,
  clock: () => <ClockTab />,
  channels: () => <ChannelsPanel />,
  files: () => <FilesTab />,
}

/** Who this peer is, how it behaves, and who may say what in its swarm. */
export function SettingsPage({ tab }: { readonly tab: SettingsTab }) {
  const status = useStatus()
  const waiting = (status?.asks ?? 0) + (status?.proposals ?? 0)
  return (
    <div className="page">
      <h1>Settings</h1>
      <PageTabs
        label="Settings"
        chosen={tab}
        onChoose={(next) => go({ page: 'settings', tab: next })}
        tabs={settingsTabs.map((name) => ({
          name,
          label: `${labels[name]}${name === 'trust' && waiting > 0 ? ` (${waiting})` : ''}`,
          content: contents[name],
        }))}
      />
    </div>
  )
}

function PeerTab() {
  const { settings } = useStores()
  const info = useInfo()
  return (
    <div className="columns settings">
      <div className="settings-column">
        <Asked of={settings} failed="The settings could not be read" loading="Loading the settings" rows={7}>
          {(inForce) => <SettingsForm inForce={inForce} />}
        </Asked>
      </div>
      <div className="settings-column">
        {info === null ? null : <IdentityPanel info={info} />}
        <AppearancePanel />
        {info === null ? null : <AboutPanel info={info} />}
      </div>
    </div>
  )
}

/** Draws what needs the trust state, once there is one. */
function WithTrust({ children }: { readonly children: (trust: TrustView) => ReactNode }) {
  const { trust } = useStores()
  const live = useStore(trust.store)
  const value = valueIn(live)
  if (live.phase === 'failed') {
    return <Failed title="The trust state could not be read" problem={live.problem} onRetry={trust.retry} />
  }
  return value === null ? <Loading label="Loading the trust state" heightRem={6} rows={4} /> : children(value)
}

function ClockTab() {
  const { fleet, system } = useStores()
  const status = useStatus()
  const machines = useStore(fleet.store)
  const live = useStore(system.status.store)
  if (live.phase === 'failed') {
    return <Failed title="The time could not be read" problem={live.problem} onRetry={system.status.retry} />
  }
  if (status === null) return <Loading label="Loading the time" rows={4} />
  return <ClockPanel status={status} machines={machines.phase === 'ready' ? [...machines.items.values()] : []} />
}
