import { memo, useMemo } from 'react'
import { Area, ComposedChart, Line, ReferenceArea, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import type { MetricName } from '../../shared/views.ts'
import { formatClock, formatExact } from '../format.ts'
import { Age } from './Age.tsx'
import { bandOver, timeTicks, type Band, type ChartRow, type Silence } from '../state/select-history.ts'

export interface ChartSeries {
  readonly metric: MetricName
  readonly label: string
  readonly color: string
}

interface HealthChartProps {
  readonly title: string
  readonly series: readonly ChartSeries[]
  readonly rows: readonly ChartRow[]
  readonly silences: readonly Silence[]
  readonly fromMs: number
  readonly toMs: number
  readonly format: (value: number) => string
  /** Fixed ends of the axis; a missing one follows the data. */
  readonly low?: number
  readonly high?: number
}

/** One chart of a machine's health: the mean as a line, lowest to highest as a band, broken where nothing was heard. */
export const HealthChart = memo(function HealthChart(props: HealthChartProps) {
  const { title, series, rows, silences, fromMs, toMs, format, low, high } = props
  const ticks = useMemo(() => [...timeTicks(fromMs, toMs)], [fromMs, toMs])
  const withSeconds = toMs - fromMs <= 10 * 60_000 && ticks.some((tick) => tick % 60_000 !== 0)
  return (
    <figure className="chart" aria-label={title}>
      <figcaption>
        <div className="chart-head">
          <strong>{title}</strong>
          {series.map((one) => (
            <Now
              key={one.metric}
              series={one}
              rows={rows}
              format={format}
              named={series.length > 1}
              old={silences.some(({ where }) => where === 'after')}
            />
          ))}
        </div>
        <div className="chart-bands dim">
          {series.map((one) => (
            <Bands key={one.metric} series={one} rows={rows} format={format} named={series.length > 1} />
          ))}
        </div>
      </figcaption>
      <div className="chart-body">
        <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 400, height: 150 }}>
          <ComposedChart
            data={rows as ChartRow[]}
            syncId="health"
            margin={{ top: 4, right: 4, bottom: 0, left: 0 }}
            title={`${title} over time`}
            accessibilityLayer={false}
          >
            <XAxis
              dataKey="atMs"
              type="number"
              domain={[fromMs, toMs]}
              allowDataOverflow
              ticks={ticks}
              tickFormatter={(at: number) => formatClock(at, withSeconds)}
              tick={tickLook}
              tickLine={false}
              axisLine={{ stroke: 'var(--line-strong)' }}
              height={20}
            />
            <YAxis
              width={62}
              domain={[low ?? 'auto', high ?? 'auto']}
              tickCount={3}
              tickFormatter={format}
              tick={tickLook}
              tickLine={false}
              axisLine={false}
            />
            {silences.map((silence) => (
              <ReferenceArea
                key={`${silence.where} ${silence.fromMs}`}
                x1={Math.max(fromMs, silence.fromMs)}
                x2={Math.min(toMs, silence.toMs)}
                ifOverflow="hidden"
                fill="var(--dim)"
                fillOpacity={0.1}
                stroke="none"
                label={{ value: silenceWords(silence, toMs - fromMs), fill: 'var(--dim)', fontSize: '0.72rem' }}
              />
            ))}
            {series.map(({ metric, color }) => (
              <Area
                key={`band ${metric}`}
                dataKey={(row: ChartRow) => rangeOf(row.values[metric])}
                stroke="none"
                fill={color}
                fillOpacity={0.16}
                isAnimationActive={false}
                activeDot={false}
                connectNulls={false}
              />
            ))}
            {series.map(({ metric, color, label }) => (
              <Line
                key={metric}
                name={label}
                dataKey={(row: ChartRow) => row.values[metric]?.avg ?? null}
                stroke={color}
                strokeWidth={1.6}
                dot={false}
                activeDot={{ r: 3 }}
                isAnimationActive={false}
                connectNulls={false}
              />
            ))}
            <Tooltip
              isAnimationActive={false}
              cursor={{ stroke: 'var(--dim)', strokeDasharray: '3 3' }}
              content={({ active, payload }) => {
                const row: unknown = payload?.[0]?.payload
                return active === true && isRow(row) ? <Tip row={row} series={series} format={format} /> : null
              }}
            />
          </ComposedChart>
        </ResponsiveContainer>
      </div>
    </figure>
  )
})

/** Drawn text takes its size from here, not from a style sheet. */
const tickLook = { fill: 'var(--dim)', fontSize: '0.72rem' }

function rangeOf(band: Band | undefined): [number, number] | null {
  return band === undefined ? null : [band.min, band.max]
}

function isRow(value: unknown): value is ChartRow {
  return typeof value === 'object' && value !== null && 'atMs' in value && 'values' in value
}

interface FiguresProps {
  readonly series: ChartSeries
  readonly rows: readonly ChartRow[]
  readonly format: (value: number) => string
  readonly named: boolean
}

/** The last value; one that is old is dimmed and says its age. */
function Now({ series, rows, format, named, old }: FiguresProps & { readonly old: boolean }) {
  const row = rows.findLast(({ values }) => values[series.metric] !== undefined)
  const last = row?.values[series.metric]
  return (
    <span className={`chart-now live nowrap ${old ? 'aged' : ''}`}>
      {named ? (
        <span className="chart-name dim">
          <span className="chart-key" style={{ background: series.color }} aria-hidden /> {series.label}{' '}
        </span>
      ) : null}
      {last === undefined ? '–' : format(last.avg)}
      {old && row !== undefined ? (
        <span className="chart-name">
          {' '}
          <Age atMs={row.atMs} />
        </span>
      ) : null}
    </span>
  )
}

/** Lowest, mean and highest over the range: in words where one series leaves room for them. */
function Bands({ series, rows, format, named }: FiguresProps) {
  const band = bandOver(rows, series.metric)
  if (band === null) return <span>not heard in this range</span>
  const words = `lowest ${format(band.min)}, mean ${format(band.avg)}, highest ${format(band.max)}`
  if (!named) return <span title="over the time shown">{words}</span>
  return (
    <span title={`${series.label}: ${words}`}>
      <span aria-hidden>
        {series.label} {shortBand(band, format)}
      </span>
      <span className="sr-only">
        {series.label}: {words}
      </span>
    </span>
  )
}

/** Lowest, mean, highest with a shared unit said once: `2.24 – 5.30 – 6.13 kB/s`. */
function shortBand({ min, avg, max }: Band, format: (value: number) => string): string {
  const texts = [min, avg, max].map(format)
  const unit = / \S+$/.exec(texts[2] ?? '')?.[0] ?? ''
  const shared = unit !== '' && texts.every((text) => text.endsWith(unit))
  return shared ? `${texts.map((text) => text.slice(0, -unit.length)).join(' – ')}${unit}` : texts.join(' – ')
}

/** What an empty stretch says of itself; one too narrow for words is only shaded. */
function silenceWords({ fromMs, toMs, where }: Silence, rangeMs: number): string {
  if ((toMs - fromMs) / rangeMs < 0.48) return ''
  const clock = (atMs: number): string => formatClock(atMs, rangeMs <= 60 * 60_000)
  if (where === 'before') return `no data before ${clock(toMs)}`
  return where === 'after' ? `no data since ${clock(fromMs)}` : 'no data'
}

interface TipProps {
  readonly row: ChartRow
  readonly series: readonly ChartSeries[]
  readonly format: (value: number) => string
}

function Tip({ row, series, format }: TipProps) {
  return (
    <div className="chart-tip">
      <div className="dim">{formatExact(row.atMs)}</div>
      {series.map(({ metric, label, color }) => {
        const band = row.values[metric]
        return (
          <div key={metric}>
            <span className="chart-key" style={{ background: color }} aria-hidden /> {label}:{' '}
            {band === undefined ? 'nothing heard' : format(band.avg)}
            {band !== undefined && band.min !== band.max ? (
              <span className="dim">
                {' '}
                ({format(band.min)} to {format(band.max)})
              </span>
            ) : null}
          </div>
        )
      })}
    </div>
  )
}
