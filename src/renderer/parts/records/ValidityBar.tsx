import type { RecordView } from '../../../shared/record-views.ts'
import { formatAgo, formatExact, formatUntil } from '../../format.ts'
import { useNow } from '../../state/clock.ts'
import { validityOf } from '../../state/validity.ts'

/** A record's life on a line, with now. */
export function ValidityBar({ record }: { readonly record: RecordView }) {
  const nowMs = useNow()
  const { fromPercent, toPercent, nowPercent, phase, marks } = validityOf(record, nowMs)
  const words = {
    'not yet': `begins ${formatUntil(record.validFromMs, nowMs)}`,
    valid: `ends ${formatUntil(record.validUntilMs, nowMs)}`,
    over: `ended ${formatAgo(record.validUntilMs, nowMs)}`,
  }[phase]
  return (
    <figure className="validity" aria-label={`Validity: ${words}`}>
      <div className="validity-line" aria-hidden>
        <span
          className="validity-life"
          data-phase={record.state === 'dismissed' ? 'over' : phase}
          style={{ left: `${fromPercent}%`, width: `${Math.max(0.5, toPercent - fromPercent)}%` }}
        />
        {marks.map((mark) => (
          <span
            key={`${mark.word} ${mark.atMs}`}
            className="validity-mark"
            style={{ left: `${mark.atPercent}%` }}
            title={`${mark.word}, ${formatExact(mark.atMs)}`}
          />
        ))}
        <span className="validity-now" style={{ left: `${nowPercent}%` }} />
      </div>
      <figcaption className="dim">
        <span>{formatExact(record.validFromMs)}</span>
        <strong>{words}</strong>
        <span>{formatExact(record.validUntilMs)}</span>
      </figcaption>
    </figure>
  )
}
