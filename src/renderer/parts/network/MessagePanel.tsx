import { CloseButton } from '@mantine/core'
import type { PeerId } from '../../../shared/ids.ts'
import type { SwarmMessageView } from '../../../shared/network-views.ts'
import { formatBytes, formatExact, shortId } from '../../format.ts'
import { hrefOf } from '../../route.ts'
import { channelKinds } from '../../state/channel-words.ts'
import { peerOf, usePeerName } from '../../state/use-peer-name.ts'
import { CopyIcon } from '../Copy.tsx'

const outcomes: Readonly<Record<SwarmMessageView['outcome'], string>> = {
  sent: 'sent',
  taken: 'taken: something in it was new',
  known: 'known: nothing in it was new',
  forwarded: 'passed on to the next hop',
  refused: 'refused',
  dropped: 'dropped',
}

function Peer({ peer, name }: { readonly peer: PeerId; readonly name: string | null }) {
  return (
    <a href={hrefOf({ page: 'robot', peer, tab: 'link' })} title={peer} dir="auto">
      {name ?? shortId(peer)}
    </a>
  )
}

/** Where an addressed message goes. */
function To({ address }: { readonly address: string }) {
  const peer = peerOf(address)
  const name = usePeerName(peer)
  return (
    <>
      {peer === null ? null : <Peer peer={peer} name={name} />}
      {address === peer ? null : <div className="mono">{address}</div>}
    </>
  )
}

/** One message, in full. */
export function MessagePanel({
  message,
  onClose,
}: {
  readonly message: SwarmMessageView
  readonly onClose: () => void
}) {
  const {
    id,
    atMs,
    direction,
    channel,
    channelKind,
    kind,
    from,
    fromName,
    to,
    hops,
    bytes,
    summary,
    outcome,
    reason,
    trace,
  } = message
  return (
    <aside className="panel side" aria-label="Message">
      <div className="side-head">
        <h2>{kind}</h2>
        <CloseButton size="sm" aria-label="Close" onClick={onClose} />
      </div>
      <p dir="auto" style={{ overflowWrap: 'anywhere' }}>
        {summary}
      </p>
      <dl className="facts">
        <dt>{direction === 'in' ? 'Came in' : 'Went out'}</dt>
        <dd>{formatExact(atMs)}</dd>
        <dt>Outcome</dt>
        <dd>
          {outcomes[outcome]}
          {reason === null ? '' : `: ${reason}`}
        </dd>
        <dt>Channel</dt>
        <dd>
          {channelKinds[channelKind].word} <div className="mono">{channel}</div>
        </dd>
        <dt>From</dt>
        <dd>{from === null ? direction === 'out' ? 'this peer' : 'not said' : <Peer peer={from} name={fromName} />}</dd>
        <dt>To</dt>
        <dd>{to === null ? 'all' : <To address={to} />}</dd>
        <dt>Hops</dt>
        <dd>{hops}</dd>
        <dt>Size</dt>
        <dd>{formatBytes(bytes)}</dd>
        <dt>Id</dt>
        <dd className="mono">
          {id} <CopyIcon text={id} label="Copy message id" />
        </dd>
        {trace === null ? null : (
          <>
            <dt>Trace</dt>
            <dd className="mono">
              {trace} <CopyIcon text={trace} label="Copy trace context" />
            </dd>
          </>
        )}
      </dl>
    </aside>
  )
}
