import { memo } from 'react'

interface SparklineProps {
  readonly values: readonly (number | null)[]
  readonly low: number
  readonly high: number
}

const width = 100
const height = 24

/**
 * A curve of few points ends at the right, where now is, instead of being drawn out over the whole width; dots stand
 * for the time before the first point.
 */
const minSlots = 30

/** A small curve; where nothing was heard it breaks. Decoration: the value stands beside it in figures. */
export const Sparkline = memo(function Sparkline({ values, low, high }: SparklineProps) {
  let path = ''
  let pen = false
  const slots = Math.max(minSlots, values.length)
  const startX = ((slots - values.length) / (slots - 1)) * width
  values.forEach((value, i) => {
    if (value === null) {
      pen = false
      return
    }
    const x = startX + (i / (slots - 1)) * width
    const y = height - 1 - ((Math.min(high, Math.max(low, value)) - low) / (high - low)) * (height - 2)
    path += `${pen ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`
    pen = true
  })
  return (
    <svg className="spark" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden>
      {startX > 0 ? (
        <path
          d={`M0 ${height - 1}H${startX.toFixed(1)}`}
          stroke="var(--line-strong)"
          strokeDasharray="1 4"
          strokeLinecap="round"
          vectorEffect="non-scaling-stroke"
        />
      ) : null}
      <path d={path} fill="none" stroke="currentColor" strokeWidth="1.4" vectorEffect="non-scaling-stroke" />
    </svg>
  )
})
