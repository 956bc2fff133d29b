import { memo } from 'react'
import type { LogPreview } from '../../../shared/log-views.ts'
import { formatLength } from '../../format.ts'
import { formatNumber } from '../../state/preview-rates.ts'

type Numbers = Extract<LogPreview, { kind: 'messages' }>['numbers']

/** The first numbers of a log, a small curve for each field. */
export function NumberCharts({ numbers }: { readonly numbers: Numbers }) {
  return (
    <div className="numbers" role="group" aria-label="First numbers">
      {numbers.map((one) => (
        <NumberChart key={`${one.topic} ${one.field}`} numbers={one} />
      ))}
    </div>
  )
}

const width = 200
const height = 48

const NumberChart = memo(function NumberChart({ numbers }: { readonly numbers: Numbers[number] }) {
  const { topic, field, points } = numbers
  const finite = points.filter(([atMs, value]) => Number.isFinite(value) && Number.isFinite(atMs))
  const [first] = finite
  const last = finite.at(-1)
  if (first === undefined || last === undefined) return null
  const values = finite.map(([, value]) => value)
  const low = Math.min(...values)
  const high = Math.max(...values)
  const spanMs = Math.max(1, last[0] - first[0])
  // A value that never changes is a line through the middle.
  const y = (value: number): number =>
    high === low ? height / 2 : height - 2 - ((value - low) / (high - low)) * (height - 4)
  const path = finite
    .map(
      ([atMs, value], i) =>
        `${i === 0 ? 'M' : 'L'}${(((atMs - first[0]) / spanMs) * width).toFixed(1)} ${y(value).toFixed(1)}`,
    )
    .join('')
  const range = low === high ? formatNumber(low) : `${formatNumber(low)} to ${formatNumber(high)}`
  return (
    <figure
      className="small-chart"
      aria-label={`${field}${topic === '' ? '' : ` of ${topic}`}: ${range} over ${formatLength(spanMs)}`}
    >
      <figcaption title={topic}>
        <span className="mono">{field}</span> <span className="dim">{range}</span>
      </figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden>
        <path d={path} fill="none" stroke="var(--chart-2)" strokeWidth="1.4" vectorEffect="non-scaling-stroke" />
      </svg>
      <span className="dim small-chart-foot">
        {topic === '' ? '' : `${topic}, `}first {formatLength(spanMs)}
      </span>
    </figure>
  )
})
