import { CloseButton } from '@mantine/core'
import type { PeerId } from '../../../shared/ids.ts'
import { hrefOf } from '../../route.ts'
import { channelKinds } from '../../state/channel-words.ts'
import type { GraphRow, Tie } from '../../state/graph-model.ts'
import { Simulated } from '../KindIcon.tsx'
import { StandingChip } from '../Standing.tsx'
import { ReachButton } from './ReachButton.tsx'

interface GraphNodePanelProps {
  readonly row: GraphRow
  readonly onChoose: (peer: PeerId) => void
  readonly onClose: () => void
}

function tieWords({ hears, heard }: Tie): string {
  if (hears && heard) return 'both ways'
  return hears ? 'it hears, and is not heard' : 'it is heard, and does not hear'
}

/** One machine of the graph, and its ties. */
export function GraphNodePanel({ row, onChoose, onClose }: GraphNodePanelProps) {
  const { node, ties, group } = row
  return (
    <aside className="panel side" aria-label={`Machine ${node.name}`}>
      <div className="side-head">
        <h2 dir="auto">{node.name}</h2>
        <CloseButton size="sm" aria-label="Close" onClick={onClose} />
      </div>
      <p>
        {node.status} <span className="dim">{node.role ?? ''}</span> {node.simulated ? <Simulated /> : null}{' '}
        <StandingChip standing={node.standing} /> {node.self ? <span className="chip">this peer</span> : null}
      </p>
      <div className="side-actions">
        <a href={hrefOf({ page: 'robot', peer: node.peer, tab: 'health' })}>Open it</a>
        {node.self ? null : <ReachButton peer={node.peer} name={node.name} />}
      </div>
      {group === null ? null : <p className="dim">In group {group} of machines that hear each other.</p>}
      <section aria-label="Ties">
        <h3>Hears and is heard by</h3>
        {ties.length === 0 ? <p className="dim">Nobody that says so.</p> : null}
        <ul className="ties">
          {ties.slice(0, 200).map((tie) => (
            <li key={tie.peer}>
              <button type="button" className="link" onClick={() => onChoose(tie.peer)} dir="auto">
                {tie.name}
              </button>
              <span className="dim">{tie.latencyMs === null ? '' : `${tie.latencyMs.toFixed(1)} ms`}</span>
              <span className="dim" style={{ gridColumn: '1 / -1' }}>
                {tieWords(tie)} · {tie.channels.map((kind) => channelKinds[kind].word).join(', ')}
              </span>
            </li>
          ))}
        </ul>
      </section>
    </aside>
  )
}
