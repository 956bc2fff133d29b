import { Tabs } from '@mantine/core'
import { ChannelsPanel } from '../parts/network/ChannelsPanel.tsx'
import { GraphPanel } from '../parts/network/GraphPanel.tsx'
import { MessagesPanel } from '../parts/network/MessagesPanel.tsx'
import { PeersPanel } from '../parts/network/PeersPanel.tsx'
import { RoutesPanel } from '../parts/network/RoutesPanel.tsx'
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

/** How messages travel, and between whom. */
export function NetworkPage({ tab }: { readonly tab: NetworkTab }) {
  const status = useStatus()
  return (
    <div className="page">
      <h1>Network</h1>
      {status === null ? null : <Warnings warnings={status.warnings} />}
      <Tabs
        value={tab}
        onChange={(value) => {
          const next = networkTabs.find((one) => one === value)
          if (next !== undefined) go({ page: 'network', tab: next })
        }}
        keepMounted={false}
      >
        <Tabs.List aria-label="Network">
          {networkTabs.map((one) => (
            <Tabs.Tab key={one} value={one}>
              {labels[one]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="peers" className="tab">
          <PeersPanel />
        </Tabs.Panel>
        <Tabs.Panel value="graph" className="tab">
          <GraphPanel />
        </Tabs.Panel>
        <Tabs.Panel value="channels" className="tab">
          <ChannelsPanel />
        </Tabs.Panel>
        <Tabs.Panel value="messages" className="tab">
          <MessagesPanel />
        </Tabs.Panel>
        <Tabs.Panel value="routes" className="tab">
          <RoutesPanel />
        </Tabs.Panel>
      </Tabs>
    </div>
  )
}
