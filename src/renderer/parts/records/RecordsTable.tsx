import { useMemo } from 'react'
import type { RecordView } from '../../../shared/record-views.ts'
import { formatBytes, formatExact, formatUntil, shortId } from '../../format.ts'
import { go, hrefOf } from '../../route.ts'
import { useNow } from '../../state/clock.ts'
import { Age, heardWords } from '../Age.tsx'
import { DataTable, type Column } from '../DataTable.tsx'
import { NamedPeer } from '../PeerName.tsx'
import { RecordKey } from './RecordKey.tsx'
import { RecordStateWord } from './RecordStateWord.tsx'

interface RecordsTableProps {
  readonly records: readonly RecordView[]
  /** The bucket of the page; null when all are shown. */
  readonly bucket: string | null
  readonly chosen: string | null
  readonly onEnd: () => void
}

const idOf = (record: RecordView): string => record.id
const isAged = (record: RecordView): boolean => record.state === 'dismissed' || record.state === 'expired'

function Until({ record }: { readonly record: RecordView }) {
  const nowMs = useNow()
  return <span title={formatExact(record.validUntilMs)}>{formatUntil(record.validUntilMs, nowMs)}</span>
}

export function RecordsTable({ records, bucket, chosen, onEnd }: RecordsTableProps) {
  const columns = useMemo(() => columnsOf(bucket), [bucket])
  return (
    <DataTable
      label="Records"
      columns={columns}
      items={records}
      idOf={idOf}
      isAged={isAged}
      chosenId={chosen}
      onOpen={(record) => go({ page: 'records', bucket, record: record.id })}
      onEnd={onEnd}
    />
  )
}

function columnsOf(bucket: string | null): readonly Column<RecordView>[] {
  const inBucket: readonly Column<RecordView>[] =
    bucket === null ? [{ key: 'bucket', label: 'Bucket', widthRem: 7, cell: (record) => record.bucket }] : []
  return [
    { key: 'state', label: 'State', widthRem: 8.5, cell: (record) => <RecordStateWord record={record} /> },
    ...inBucket,
    {
      key: 'key',
      label: 'Key',
      widthRem: 13,
      cell: (record) => (
        <a
          className="clip"
          dir="auto"
          data-nav-item
          href={hrefOf({ page: 'records', bucket, record: record.id })}
          title={record.key}
        >
          <RecordKey text={record.key} />
        </a>
      ),
    },
    {
      key: 'author',
      label: 'Author',
      widthRem: 10,
      cell: (record) => (
        <NamedPeer peer={record.author}>
          <span className="clip" dir="auto" title={record.author}>
            {record.authorName ?? shortId(record.author)}
          </span>
        </NamedPeer>
      ),
    },
    {
      key: 'heard',
      label: 'Came',
      widthRem: 9,
      minor: true,
      cell: (record) => (
        <>
          {heardWords(record.how, null)}, <Age atMs={record.receivedAtMs} />
        </>
      ),
    },
    { key: 'until', label: 'Ends', widthRem: 7, cell: (record) => <Until record={record} /> },
    {
      key: 'size',
      label: 'Size',
      widthRem: 5,
      right: true,
      minor: true,
      cell: (record) => formatBytes(record.sizeBytes),
    },
  ]
}
