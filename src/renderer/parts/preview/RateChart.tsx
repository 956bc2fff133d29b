import { memo, useMemo } from 'react'
import { Area, AreaChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import type { LogPreview } from '../../../shared/log-views.ts'
import { formatClock, formatLength } from '../../format.ts'
import { isDated } from '../../state/log-time.ts'
import { formatHz, formatNumber, ratesOf, type RateRow } from '../../state/preview-rates.ts'

interface RateChartProps {
  readonly activity: NonNullable<Extract<LogPreview, { kind: 'messages' }>['timeline']>
  readonly startMs: number
}

const tickLook = { fill: 'var(--dim)', fontSize: '0.7rem' }

function isRow(value: unknown): value is RateRow {
  return typeof value === 'object' && value !== null && 'atMs' in value && 'perS' in value
}

/** Messages a second over the length of a recording. */
export const RateChart = memo(function RateChart({ activity, startMs }: RateChartProps) {
  const rows = useMemo(() => ratesOf(activity), [activity])
  const lengthMs = activity.stepMs * rows.length
  return (
    <figure aria-label="Messages over time" className="small-chart">
      <figcaption>
        Messages a second <span className="dim">over {formatLength(lengthMs)}</span>
      </figcaption>
      <div className="small-chart-body">
        <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 360, height: 90 }}>
          <AreaChart
            data={rows as RateRow[]}
            margin={{ top: 4, right: 4, bottom: 0, left: 0 }}
            accessibilityLayer={false}
          >
            <XAxis
              dataKey="atMs"
              type="number"
              domain={[activity.fromMs, activity.fromMs + lengthMs]}
              tickCount={4}
              tickFormatter={(at: number) =>
                isDated(at) ? formatClock(at, lengthMs < 600_000) : formatLength(at - startMs)
              }
              tick={tickLook}
              tickLine={false}
              axisLine={{ stroke: 'var(--line-strong)' }}
              height={18}
            />
            <YAxis
              width={38}
              tickCount={3}
              tickFormatter={formatNumber}
              tick={tickLook}
              tickLine={false}
              axisLine={false}
            />
            <Area
              dataKey="perS"
              type="step"
              stroke="var(--chart-1)"
              strokeWidth={1.3}
              fill="var(--chart-1)"
              fillOpacity={0.18}
              isAnimationActive={false}
            />
            <Tooltip
              isAnimationActive={false}
              cursor={{ stroke: 'var(--dim)', strokeDasharray: '3 3' }}
              content={({ active, payload }) => {
                const row: unknown = payload?.[0]?.payload
                if (active !== true || !isRow(row)) return null
                return (
                  <div className="chart-tip">
                    {formatHz(row.perS)} <span className="dim">at {formatLength(row.atMs - startMs)}</span>
                  </div>
                )
              }}
            />
          </AreaChart>
        </ResponsiveContainer>
      </div>
    </figure>
  )
})
