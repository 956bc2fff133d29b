import type { CheckpointView } from '../../../shared/checkpoint-views.ts'
import { formatBytes, formatCount, formatPercent, plural } from '../../format.ts'
import { hrefOf } from '../../route.ts'
import { Age } from '../Age.tsx'
import type { Column } from '../DataTable.tsx'
import { LevelMark } from '../StatusMark.tsx'

/** What this peer holds now that a checkpoint lacks, and the other way round. */
export function differenceWords(difference: CheckpointView['difference']): string {
  if (difference === null) return 'not known'
  const { missingHere, newHere } = difference
  if (missingHere === 0 && newHere === 0) return 'nothing has changed'
  return [
    ...(newHere > 0 ? [`${formatCount(newHere)} new here`] : []),
    ...(missingHere > 0 ? [`${formatCount(missingHere)} missing here`] : []),
  ].join(', ')
}

export function sharedWords({ chunks, sharedChunks }: CheckpointView): string {
  if (sharedChunks === 0) return 'none shared with the one before'
  return `${formatCount(sharedChunks)} shared with the one before (${formatPercent((sharedChunks / Math.max(1, chunks)) * 100)})`
}

function agreementWords({ signers }: CheckpointView): string {
  const trusted = signers.filter((signer) => signer.trusted).length
  if (trusted === 0) return signers.length === 0 ? 'nobody' : 'no member'
  return trusted === 1 ? '1 member' : `${trusted} members agree`
}

export function BelievableWord({ checkpoint }: { readonly checkpoint: CheckpointView }) {
  const { believable, reason } = checkpoint
  return (
    <span className={`status level-${believable ? 'ok' : 'look'}`} title={reason}>
      <LevelMark level={believable ? 'ok' : 'look'} /> {believable ? 'believable' : 'not believed'}
    </span>
  )
}

export const checkpointColumns: readonly Column<CheckpointView>[] = [
  {
    key: 'at',
    label: 'Up to',
    widthRem: 8,
    cell: (checkpoint) => (
      <a data-nav-item href={hrefOf({ page: 'checkpoints', root: checkpoint.root })} title={checkpoint.root}>
        <Age atMs={checkpoint.atMs} />
      </a>
    ),
  },
  {
    key: 'believable',
    label: 'Believed',
    widthRem: 8,
    cell: (checkpoint) => <BelievableWord checkpoint={checkpoint} />,
  },
  {
    key: 'signers',
    label: 'Spoken for by',
    widthRem: 10,
    cell: (checkpoint) => (
      <span title={checkpoint.signers.map((signer) => signer.name ?? signer.peer).join(', ')}>
        {agreementWords(checkpoint)}
      </span>
    ),
  },
  {
    key: 'records',
    label: 'Records',
    widthRem: 6,
    right: true,
    cell: (checkpoint) => formatCount(checkpoint.records),
  },
  { key: 'bytes', label: 'Size', widthRem: 6, right: true, cell: (checkpoint) => formatBytes(checkpoint.bytes) },
  {
    key: 'chunks',
    label: 'Chunks',
    widthRem: 8,
    right: true,
    minor: true,
    cell: (checkpoint) => (
      <span title={`${plural(checkpoint.chunks, 'chunk')}, ${sharedWords(checkpoint)}`}>
        {formatCount(checkpoint.chunks)} <span className="dim">{formatCount(checkpoint.sharedChunks)} shared</span>
      </span>
    ),
  },
  {
    key: 'difference',
    label: 'Difference from now',
    widthRem: 12,
    minor: true,
    cell: (checkpoint) =>
      checkpoint.difference === null ? <span className="dim">not known</span> : differenceWords(checkpoint.difference),
  },
  {
    key: 'local',
    label: 'Blocks',
    widthRem: 6.5,
    minor: true,
    cell: (checkpoint) => (checkpoint.local ? 'here' : <span className="dim">elsewhere</span>),
  },
]
