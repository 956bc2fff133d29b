import { Button, Select } from '@mantine/core'
import { IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react'
import { useEffect, useMemo, useState } from 'react'
import { useStore } from 'zustand'
import { channelKindSchema } from '../../../shared/network-views.ts'
import { formatCount, plural } from '../../format.ts'
import { channelKinds } from '../../state/channel-words.ts'
import { useStores } from '../../state/context.ts'
import { createMessages, noMessageFilter, type MessageFilter } from '../../state/messages.ts'
import { useSettled } from '../../state/use-settled.ts'
import { SearchField } from '../SearchField.tsx'
import { Empty, Failed, Loading } from '../States.tsx'
import { MessageList } from './MessageList.tsx'
import { MessagePanel } from './MessagePanel.tsx'

const kinds = ['records', 'digest', 'reconcile', 'ping', 'pong', 'text', 'ack'] as const

/** Everything that goes in and out, as a log viewer shows it. */
export function MessagesPanel() {
  const { bridge } = useStores()
  const [filter, setFilter] = useState<MessageFilter>(noMessageFilter)
  const [turn, setTurn] = useState(0)
  const [chosen, setChosen] = useState<number | null>(null)
  const search = useSettled(filter.search, 250)
  const { channel, kind, direction } = filter
  const stream = useMemo(
    // A new turn asks again after a failure.
    () => ({ turn, ...createMessages(bridge, { search, channel, kind, direction }) }),
    [bridge, search, channel, kind, direction, turn],
  )
  useEffect(() => {
    stream.start()
    return stream.stop
  }, [stream])
  const { phase, shown, waiting, paused, missed, problem, current } = useStore(stream.store)
  const message = useMemo(() => shown.find((one) => one.no === chosen) ?? null, [shown, chosen])
  const filtered = search.trim() !== '' || channel !== null || kind !== null || direction !== null
  return (
    <div className="stack">
      <search className="toolbar" aria-label="Filter the messages">
        <SearchField
          label="Search messages"
          value={filter.search}
          onChange={(text) => setFilter({ ...filter, search: text })}
        />
        <Select
          size="xs"
          w="9rem"
          aria-label="Channel"
          placeholder="Any channel"
          clearable
          data={channelKindSchema.options.map((value) => ({ value, label: channelKinds[value].word }))}
          value={channel}
          onChange={(value) =>
            setFilter({ ...filter, channel: channelKindSchema.options.find((one) => one === value) ?? null })
          }
        />
        <Select
          size="xs"
          w="9rem"
          aria-label="Kind"
          placeholder="Any kind"
          clearable
          data={[...kinds]}
          value={kind}
          onChange={(value) => setFilter({ ...filter, kind: value })}
        />
        <Select
          size="xs"
          w="8rem"
          aria-label="Direction"
          placeholder="In and out"
          clearable
          data={[
            { value: 'in', label: 'in' },
            { value: 'out', label: 'out' },
          ]}
          value={direction}
          onChange={(value) => setFilter({ ...filter, direction: value === 'in' || value === 'out' ? value : null })}
        />
        <span className="toolbar-end">
          {paused ? (
            <Button size="xs" leftSection={<IconPlayerPlay size={14} aria-hidden />} onClick={() => stream.resume()}>
              Resume{waiting.length > 0 ? `: ${formatCount(waiting.length)} new` : ''}
            </Button>
          ) : (
            <Button
              size="xs"
              variant="default"
              leftSection={<IconPlayerPause size={14} aria-hidden />}
              onClick={() => stream.pause()}
            >
              Pause
            </Button>
          )}
        </span>
      </search>
      {phase === 'failed' && problem !== null ? (
        <Failed
          title="The message stream could not be read"
          problem={problem}
          onRetry={() => setTurn((before) => before + 1)}
        />
      ) : null}
      {phase === 'loading' ? <Loading label="Loading the messages" rows={9} heightRem={1.6} /> : null}
      {phase === 'ready' && shown.length === 0 ? (
        <Empty title={filtered ? 'No message passes these filters' : 'No message yet'}>
          <p>
            {filtered
              ? 'Those that come and pass them appear here.'
              : 'What this peer sends and hears on its channels appears here as it goes.'}
          </p>
        </Empty>
      ) : null}
      {shown.length > 0 ? (
        <div className="messages-split" data-open={message !== null}>
          <MessageList
            messages={shown}
            chosen={chosen}
            paused={paused}
            onChoose={(no) => {
              setChosen(no)
              // Reading one: nothing moves under the eyes.
              if (no !== null) stream.pause()
            }}
          />
          {message === null ? null : <MessagePanel message={message} onClose={() => setChosen(null)} />}
        </div>
      ) : null}
      {shown.length > 0 ? (
        <p className="dim table-foot">
          {plural(shown.length, 'message')} here
          {missed > 0 ? `; ${formatCount(missed)} left out of bursts` : ''}
          {current ? '' : '; the stream is broken and is tried again'}. The peer keeps more: a search reaches them.
        </p>
      ) : null}
    </div>
  )
}
