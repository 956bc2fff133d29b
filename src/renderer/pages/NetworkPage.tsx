import type { ReactNode } from 'react'
import { ChannelsPanel } from '../parts/network/ChannelsPanel.tsx'
import { GraphPanel } from '../parts/network/GraphPanel.tsx'
import { MessagesPanel } from '../parts/network/MessagesPanel.tsx'
import { PeersPanel } from '../parts/network/PeersPanel.tsx'
import { RoutesPanel } from '../parts/network/RoutesPanel.tsx'
import { PageTabs } from '../parts/PageTabs.tsx'
import { Warnings } from '../parts/Warnings.tsx'
import { go, networkTabs, type NetworkTab } from '../route.ts'
import { useStatus } from '../state/use-live.ts'

const labels: Readonly<Record<NetworkTab, string>> = {
  peers: 'Peers',
  graph: 'Who hears whom',
  channels: 'Channels',
  messages: 'Messages',
  routes: 'Routes',
}

const contents: Readonly<Record<NetworkTab, () => ReactNode>> = {
  peers: () => <PeersPanel />,
  graph: () => <GraphPanel />,
  channels: () => <ChannelsPanel />,
  messages: () => <MessagesPanel />,
  routes: () => <RoutesPanel />,
}

/** How messages travel, and between whom. */
export function NetworkPage({ tab }: { readonly tab: NetworkTab }) {
  const status = useStatus()
  return (
    <div className="page">
      <h1>Network</h1>
      {status === null ? null : <Warnings warnings={status.warnings} />}
      <PageTabs
        label="Network"
        chosen={tab}
        onChoose={(next) => go({ page: 'network', tab: next })}
        tabs={networkTabs.map((name) => ({ name, label: labels[name], content: contents[name] }))}
      />
    </div>
  )
}
