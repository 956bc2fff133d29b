import { useStore } from 'zustand'
import type { ShareView } from '../../shared/views.ts'
import { formatBytes, formatDay, formatExact, formatLength, formatSpan } from '../format.ts'
import { go, hrefOf } from '../route.ts'
import { useMinute } from '../state/clock.ts'
import { useStores } from '../state/context.ts'
import { whyWords } from '../state/at-risk.ts'
import { fileKind, isEnded, spanOf, transferOf } from '../state/select-files.ts'
import type { Sort } from '../state/prefs.ts'
import { Age } from './Age.tsx'
import { DataTable, type Column } from './DataTable.tsx'
import { FetchButton } from './FetchButton.tsx'
import { FileName } from './FileName.tsx'
import { Meter } from './Metric.tsx'
import { Named } from './PeerName.tsx'
import { LevelMark } from './StatusMark.tsx'
import { FlightMark } from './recorder/FlightMark.tsx'

/** Where a file is, as seen from here. */
function Here({ share }: { readonly share: ShareView }) {
  const { transfers } = useStores()
  const percent = useStore(transfers.store, (state) => {
    const transfer = state.phase === 'ready' ? transferOf(state.items, share.cid) : null
    if (transfer === null || isEnded(transfer) || transfer.kind !== 'fetch') return null
    return transfer.sizeBytes === null || transfer.sizeBytes === 0
      ? 0
      : Math.floor((transfer.doneBytes / transfer.sizeBytes) * 100)
  })
  if (percent !== null) {
    return (
      <span className="nowrap" title="fetching">
        {percent} %<Meter percent={percent} />
      </span>
    )
  }
  return share.local ? <span className="level-ok">✓ here</span> : <FetchButton share={share} compact />
}

/** How long a recording is; nothing for what has no length. */
function Length({ share }: { readonly share: ShareView }) {
  const { fromMs, toMs } = spanOf(share)
  return toMs > fromMs ? <>{formatLength(toMs - fromMs)}</> : null
}

/** From two months on a day says more than how many of them have gone by. */
const longAgoMs = 60 * 86_400_000

/** When it was recorded to its end, or else last changed. */
function Recorded({ share }: { readonly share: ShareView }) {
  const minuteMs = useMinute()
  const { fromMs, toMs } = spanOf(share)
  return (
    <span title={toMs > fromMs ? formatSpan(fromMs, toMs) : `last changed ${formatExact(toMs)}`}>
      {toMs < minuteMs - longAgoMs ? formatDay(toMs) : <Age atMs={toMs} />}
    </span>
  )
}

/** How many hold it; what may be lost is marked, what hangs on one machine is said and no more. */
function CopiesCell({ share }: { readonly share: ShareView }) {
  const { risk, copies, aliveCopies } = share.safety
  const words = copies === 1 && aliveCopies === 1 ? 'only copy' : `${aliveCopies} of ${copies} up`
  if (risk !== 'high') return <span title={whyWords(share)}>{words}</span>
  return (
    <span className="level-act nowrap" title={whyWords(share)}>
      <LevelMark level="act" /> <span className="sr-only">at risk: </span>
      {words}
    </span>
  )
}

const columns: readonly Column<ShareView>[] = [
  {
    key: 'name',
    label: 'Name',
    widthRem: 15,
    cell: (share) => (
      <span className="named">
        <a
          href={hrefOf({ page: 'logs', file: share.cid })}
          data-nav-item
          aria-label={share.name}
          style={{ minWidth: 0 }}
        >
          <FileName name={share.name} />
        </a>
        <FlightMark name={share.name} />
      </span>
    ),
  },
  {
    key: 'robot',
    label: 'Robot',
    widthRem: 11,
    cell: (share) => (
      <Named simulated={share.simulated}>
        <span className="clip" dir="auto" title={share.originName}>
          {share.originName}
        </span>
      </Named>
    ),
  },
  {
    key: 'type',
    minor: true,
    label: 'Type',
    widthRem: 6,
    cell: (share) => <span title={share.mediaType}>{fileKind(share)}</span>,
  },
  {
    key: 'length',
    minor: true,
    label: 'Length',
    widthRem: 6,
    right: true,
    cell: (share) => <Length share={share} />,
  },
  { key: 'size', label: 'Size', widthRem: 6.25, right: true, cell: (share) => formatBytes(share.sizeBytes) },
  { key: 'time', label: 'Recorded', widthRem: 7.5, cell: (share) => <Recorded share={share} /> },
  {
    key: 'copies',
    minor: true,
    label: 'Copies',
    widthRem: 6,
    cell: (share) => <CopiesCell share={share} />,
  },
  { key: 'here', label: 'Here', widthRem: 6.25, cell: (share) => <Here share={share} /> },
]

const idOf = (share: ShareView): string => share.cid
const open = (share: ShareView): void => go({ page: 'logs', file: share.cid })

interface FilesTableProps {
  readonly shares: readonly ShareView[]
  readonly chosen: string | null
  readonly sort?: Sort
  readonly onSort?: (sort: Sort) => void
}

export function FilesTable({ shares, chosen, sort, onSort }: FilesTableProps) {
  return (
    <DataTable
      label="Shared files"
      columns={columns}
      items={shares}
      idOf={idOf}
      chosenId={chosen}
      onOpen={open}
      {...(sort === undefined ? {} : { sort })}
      {...(onSort === undefined ? {} : { onSort })}
    />
  )
}
