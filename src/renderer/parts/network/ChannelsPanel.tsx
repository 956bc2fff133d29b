import { Button } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useState } from 'react'
import type { ChannelView } from '../../../shared/network-views.ts'
import { useStores } from '../../state/context.ts'
import { useLive } from '../../state/use-live.ts'
import { Empty, Failed, Loading } from '../States.tsx'
import { AddChannel } from './AddChannel.tsx'
import { ChannelCard } from './ChannelCard.tsx'

const order = ['gossip', 'udp', 'tcp-line', 'irc'] as const

function sorted(channels: Iterable<ChannelView>): readonly ChannelView[] {
  return [...channels].sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || a.id.localeCompare(b.id, 'en'))
}

/** The ways that messages travel, with what goes over each. */
export function ChannelsPanel() {
  const { channels } = useStores()
  const live = useLive(channels)
  const [adding, setAdding] = useState(false)
  if (live.phase === 'failed') {
    return <Failed title="The channels could not be read" problem={live.problem} onRetry={channels.retry} />
  }
  if (live.phase !== 'ready') return <Loading label="Loading the channels" heightRem={9} rows={3} />
  const add = (
    <Button size="xs" color="duck" leftSection={<IconPlus size={15} aria-hidden />} onClick={() => setAdding(true)}>
      Add a channel
    </Button>
  )
  return (
    <div className="stack">
      <div className="page-head">
        <p className="dim" style={{ flex: 1, minWidth: '16rem' }}>
          What is new on one channel is passed on to all others, once: a robot that has only UDP and a laptop that has
          only IRC share one state.
        </p>
        {add}
      </div>
      {live.items.size === 0 ? (
        <Empty title="No channel" actions={add}>
          <p>Messages have no way to travel. Add a channel, or start the peer with gossip.</p>
        </Empty>
      ) : null}
      <ul className="channels">
        {sorted(live.items.values()).map((channel) => (
          <ChannelCard key={channel.id} channel={channel} />
        ))}
      </ul>
      {adding ? <AddChannel onClose={() => setAdding(false)} /> : null}
    </div>
  )
}
