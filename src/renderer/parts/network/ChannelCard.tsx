import { Button, Switch } from '@mantine/core'
import { memo } from 'react'
import type { ChannelView } from '../../../shared/network-views.ts'
import { formatBytes, formatCount, formatRate, plural, shortId } from '../../format.ts'
import { hrefOf } from '../../route.ts'
import { channelKinds, channelStates, dropMeaning } from '../../state/channel-words.ts'
import { useStores } from '../../state/context.ts'
import { useAct } from '../../state/use-act.ts'
import { Age } from '../Age.tsx'
import { CopyIcon } from '../Copy.tsx'
import { ProblemNote } from '../Problem.tsx'
import { LevelMark } from '../StatusMark.tsx'

/** So many of the peers heard are named; the rest is counted. */
const maxPeers = 12

function rate(messagesPerS: number): string {
  return `${messagesPerS < 10 ? messagesPerS.toFixed(1) : Math.round(messagesPerS)} msg/s`
}

/** One channel: whether it carries, what goes over it, what was not passed on, and who is heard there. */
export const ChannelCard = memo(function ChannelCard({ channel }: { readonly channel: ChannelView }) {
  const { bridge } = useStores()
  const { busy, problem, run } = useAct()
  const { id, kind, address, mode, enabled, state, stateReason, sinceMs, sent, received, dropped, peers } = channel
  const { word, about } = channelKinds[kind]
  const { word: stateWord, level } = channelStates[state]
  const drops = Object.entries(dropped)
    .filter(([, count]) => count > 0)
    .sort((a, b) => b[1] - a[1])
  const removable = kind !== 'gossip'
  const remove = (): void => run(() => bridge.api.network.removeChannel({ id }))
  return (
    <li className="panel channel" data-state={state} aria-label={`Channel ${address}`}>
      <header className="channel-head">
        <h3 title={about}>
          {word}
          {kind === 'tcp-line' ? <span className="dim"> {mode === 'listen' ? 'listens' : 'dials'}</span> : null}
        </h3>
        <span className={`status level-${level}`}>
          <LevelMark level={level} /> {stateWord}
        </span>
        <Switch
          size="sm"
          aria-label={`${word} ${address} on`}
          checked={enabled}
          disabled={busy}
          onChange={(event) => {
            const on = event.currentTarget.checked
            run(() => bridge.api.network.setChannel({ address, mode, enabled: on }))
          }}
        />
      </header>
      <p className="mono channel-address">
        {address} <CopyIcon text={address} label="Copy address" />
      </p>
      <p className={state === 'failed' ? 'level-look' : 'dim'}>
        {stateReason} · since <Age atMs={sinceMs} />
      </p>
      <dl className="figures">
        <div>
          <dt>In</dt>
          <dd className="live">
            {rate(received.messagesPerS)} <span className="dim">{formatRate(received.bytesPerS)}</span>
          </dd>
          <dd className="dim">
            {formatCount(received.messages)} · {formatBytes(received.bytes)}
          </dd>
        </div>
        <div>
          <dt>Out</dt>
          <dd className="live">
            {rate(sent.messagesPerS)} <span className="dim">{formatRate(sent.bytesPerS)}</span>
          </dd>
          <dd className="dim">
            {formatCount(sent.messages)} · {formatBytes(sent.bytes)}
          </dd>
        </div>
        <div>
          <dt>Heard here</dt>
          <dd>{plural(peers.length, 'peer')}</dd>
        </div>
      </dl>
      {drops.length === 0 ? null : (
        <ul className="drops" aria-label="Not passed on">
          {drops.map(([reason, count]) => (
            <li key={reason}>
              <span className="live">{formatCount(count)}</span> <span className="mono">{reason}</span>{' '}
              <span className="dim">{dropMeaning(reason)}</span>
            </li>
          ))}
        </ul>
      )}
      {peers.length === 0 ? null : (
        <ul className="channel-peers" aria-label="Peers heard on it">
          {peers.slice(0, maxPeers).map((peer) => (
            <li key={`${peer.peer} ${peer.source}`}>
              <a
                className="chip"
                href={hrefOf({ page: 'robot', peer: peer.peer, tab: 'link' })}
                title={`from ${peer.source}`}
                dir="auto"
              >
                {peer.name ?? shortId(peer.peer)}{' '}
                <span className="dim">
                  <Age atMs={peer.lastHeardAtMs} />
                </span>
              </a>
            </li>
          ))}
          {peers.length > maxPeers ? <li className="dim">and {peers.length - maxPeers} more</li> : null}
        </ul>
      )}
      <ProblemNote problem={problem} />
      {removable ? (
        <div className="channel-foot">
          <Button
            size="compact-xs"
            variant="subtle"
            color="red"
            className="danger"
            loading={busy}
            onClick={remove}
            aria-label={`Remove ${address}`}
          >
            Remove
          </Button>
        </div>
      ) : null}
    </li>
  )
})
