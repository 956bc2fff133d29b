import { Button } from '@mantine/core'
import { useMemo } from 'react'
import type { PeerId } from '../../shared/ids.ts'
import type { RecordView } from '../../shared/record-views.ts'
import { formatBytes, formatExact, formatUntil } from '../format.ts'
import { hrefOf } from '../route.ts'
import { createAsyncStore } from '../state/async-store.ts'
import { useNow } from '../state/clock.ts'
import { useStores } from '../state/context.ts'
import { readRecordsOf } from '../state/records-of.ts'
import { Age, heardWords } from './Age.tsx'
import { Asked } from './Asked.tsx'
import { CopyIcon } from './Copy.tsx'
import { DataTable, type Column } from './DataTable.tsx'
import { RecordStateWord } from './records/RecordStateWord.tsx'
import { Empty } from './States.tsx'

function Until({ record }: { readonly record: RecordView }) {
  const nowMs = useNow()
  return <span title={formatExact(record.validUntilMs)}>{formatUntil(record.validUntilMs, nowMs)}</span>
}

const columns: readonly Column<RecordView>[] = [
  { key: 'bucket', label: 'Bucket', widthRem: 7, cell: (record) => record.bucket },
  {
    key: 'key',
    label: 'Key',
    widthRem: 14,
    cell: (record) => (
      <a href={hrefOf({ page: 'records', bucket: record.bucket, record: record.id })} title={record.key} data-nav-item>
        {record.key}
      </a>
    ),
  },
  { key: 'seq', label: 'Seq', widthRem: 5, right: true, cell: (record) => record.seq },
  {
    key: 'state',
    label: 'State',
    widthRem: 6,
    cell: (record) => <RecordStateWord record={record} />,
  },
  {
    key: 'heard',
    label: 'Heard',
    widthRem: 10,
    cell: (record) => (
      <>
        {heardWords(record.how, null)}, <Age atMs={record.receivedAtMs} />
      </>
    ),
  },
  { key: 'until', label: 'Ends', widthRem: 6, cell: (record) => <Until record={record} /> },
  { key: 'size', label: 'Size', widthRem: 5, right: true, cell: (record) => formatBytes(record.sizeBytes) },
  {
    key: 'copy',
    label: '',
    widthRem: 4,
    cell: (record) => <CopyIcon text={record.id} label={`Copy record id of ${record.key}`} />,
  },
]

const idOf = (record: RecordView): string => record.id

/** What a peer signed and is still valid. */
export function RecordsTab({ peer, name }: { readonly peer: PeerId; readonly name: string }) {
  const { bridge } = useStores()
  const asked = useMemo(() => createAsyncStore(() => readRecordsOf(bridge, peer)), [bridge, peer])
  return (
    <Asked of={asked} failed={`The records of ${name} could not be read`} loading="Loading the records">
      {(found) => <Records name={name} found={found} onReadAgain={() => void asked.load()} />}
    </Asked>
  )
}

interface RecordsProps {
  readonly name: string
  readonly found: Awaited<ReturnType<typeof readRecordsOf>>
  readonly onReadAgain: () => void
}

function Records({ name, found: { records, complete }, onReadAgain }: RecordsProps) {
  if (records.length === 0) {
    return (
      <Empty title={`No live record of ${name}`}>
        <p>Records it signs appear here while they are valid.</p>
      </Empty>
    )
  }
  return (
    <>
      <div className="toolbar">
        <span className="dim">
          {records.length} live {records.length === 1 ? 'record' : 'records'}
          {complete ? '' : '; there may be more, the search stopped after 20 000'}
        </span>
        <Button size="compact-xs" variant="default" onClick={onReadAgain}>
          Read again
        </Button>
      </div>
      <DataTable label={`Records of ${name}`} columns={columns} items={records} idOf={idOf} />
    </>
  )
}
