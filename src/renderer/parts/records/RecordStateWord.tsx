import type { RecordView } from '../../../shared/record-views.ts'
import type { RecordState } from '../../state/records-list.ts'
import { StatusMark } from '../StatusMark.tsx'

const marks = {
  accepted: { status: 'alive', level: 'ok' },
  proposed: { status: 'suspect', level: 'look' },
  dismissed: { status: 'gone', level: 'unknown' },
  expired: { status: 'unknown', level: 'unknown' },
} as const satisfies Record<RecordState, unknown>

/** A shape and a word for the state of a record; why, on hover. */
export function RecordStateWord({ record }: { readonly record: Pick<RecordView, 'state' | 'stateReason'> }) {
  const { status, level } = marks[record.state]
  return (
    <span className={`status level-${level}`} title={record.stateReason}>
      <StatusMark status={status} /> {record.state}
    </span>
  )
}
