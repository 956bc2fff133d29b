import { useMemo } from 'react'
import { hrefOf } from '../../route.ts'
import { channelKinds } from '../../state/channel-words.ts'
import type { GraphRow } from '../../state/graph-model.ts'
import { DataTable, type Column } from '../DataTable.tsx'
import { Named } from '../PeerName.tsx'
import { StandingChip } from '../Standing.tsx'
import { StatusMark } from '../StatusMark.tsx'
import { ReachButton } from './ReachButton.tsx'

const idOf = (row: GraphRow): string => row.node.peer
const isAged = (row: GraphRow): boolean => row.node.status === 'gone' || row.node.status === 'unknown'

interface GraphListProps {
  readonly rows: readonly GraphRow[]
  /** There is more than one partition: say which each is in. */
  readonly grouped: boolean
}

/** The graph in words: each machine, and whom it hears. */
export function GraphList({ rows, grouped }: GraphListProps) {
  const columns = useMemo(() => columnsOf(grouped), [grouped])
  return <DataTable label="Who hears whom" columns={columns} items={rows} idOf={idOf} isAged={isAged} />
}

function statusOf(status: string): 'alive' | 'suspect' | 'gone' | 'unknown' {
  return status === 'alive' || status === 'suspect' || status === 'gone' ? status : 'unknown'
}

function columnsOf(grouped: boolean): readonly Column<GraphRow>[] {
  const group: readonly Column<GraphRow>[] = grouped
    ? [
        {
          key: 'group',
          label: 'Group',
          widthRem: 5,
          cell: ({ group: no }) => (no === null ? <span className="dim">none</span> : `Group ${no}`),
        },
      ]
    : []
  return [
    {
      key: 'name',
      label: 'Machine',
      widthRem: 14,
      cell: ({ node }) => (
        <Named simulated={node.simulated} self={node.self}>
          <a
            className="clip"
            dir="auto"
            data-nav-item
            href={hrefOf({ page: 'robot', peer: node.peer, tab: 'link' })}
            title={node.peer}
          >
            {node.name}
          </a>
        </Named>
      ),
    },
    {
      key: 'status',
      label: 'Status',
      widthRem: 8,
      cell: ({ node }) => (
        <span className="named">
          <span className="status">
            <StatusMark status={statusOf(node.status)} /> {node.status}
          </span>{' '}
          <StandingChip standing={node.standing} />
        </span>
      ),
    },
    ...group,
    {
      key: 'ties',
      label: 'Hears and is heard by',
      widthRem: 26,
      cell: ({ ties }) =>
        ties.length === 0 ? (
          <span className="dim">nobody that says so</span>
        ) : (
          <span title={ties.map((tie) => tie.name).join(', ')}>
            <strong>{ties.length}</strong>{' '}
            {ties.slice(0, 6).map((tie, i) => (
              <span key={tie.peer}>
                {i === 0 ? '' : ', '}
                {tie.name}
                {tie.hears && tie.heard ? '' : tie.hears ? ' (hears only)' : ' (is heard only)'}
              </span>
            ))}
            {ties.length > 6 ? ' …' : ''}
          </span>
        ),
    },
    {
      key: 'over',
      label: 'Over',
      widthRem: 9,
      minor: true,
      cell: ({ ties }) =>
        [...new Set(ties.flatMap((tie) => tie.channels))].map((kind) => channelKinds[kind].word).join(', '),
    },
    {
      key: 'acts',
      label: '',
      widthRem: 8,
      right: true,
      cell: ({ node }) => (node.self ? null : <ReachButton peer={node.peer} name={node.name} />),
    },
  ]
}
