import { formatCount } from '../format.ts'
import { Empty } from './States.tsx'

interface NonePassesProps {
  /** What of all there are passes: `No machine passes these filters`. */
  readonly title: string
  /** What can be loosened. */
  readonly words: string
  readonly total: number
  readonly onShowAll: () => void
}

/** A page on which the filters leave nothing, and the way back to all. */
export function NonePasses({ title, words, total, onShowAll }: NonePassesProps) {
  return (
    <Empty
      title={title}
      actions={
        <button type="button" className="facet" onClick={onShowAll}>
          Show all {formatCount(total)}
        </button>
      }
    >
      <p>{words}</p>
    </Empty>
  )
}
