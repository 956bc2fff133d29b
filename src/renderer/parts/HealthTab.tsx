import { SegmentedControl } from '@mantine/core'
import { useEffect, useMemo } from 'react'
import { useStore } from 'zustand'
import type { MachineView, MetricName } from '../../shared/views.ts'
import { formatCelsius, formatPercent, formatRate } from '../format.ts'
import { useNow } from '../state/clock.ts'
import { useStores } from '../state/context.ts'
import { createHistoryStore } from '../state/robot-history.ts'
import { bandOver, silencesOf, withGaps, type ChartRow } from '../state/select-history.ts'
import { HealthChart, type ChartSeries } from './HealthChart.tsx'
import { Empty, Failed, Loading } from './States.tsx'

const ranges = [
  { value: 5 * 60_000, label: '5 min' },
  { value: 60 * 60_000, label: '1 h' },
  { value: 24 * 60 * 60_000, label: '24 h' },
] as const

interface ChartPlan {
  readonly title: string
  readonly series: readonly ChartSeries[]
  readonly format: (value: number) => string
  readonly low?: number
  readonly high?: number
}

const one = (metric: MetricName, label: string): readonly ChartSeries[] => [{ metric, label, color: 'var(--chart-1)' }]

/** A robot's scale of temperature: 20 to 80 °C is what Duckietown's own dashboard shows, 90 leaves room for trouble. */
const plans: readonly ChartPlan[] = [
  { title: 'CPU', series: one('cpuPercent', 'CPU'), format: formatPercent, low: 0, high: 100 },
  { title: 'Memory', series: one('memoryPercent', 'Memory'), format: formatPercent, low: 0, high: 100 },
  { title: 'Temperature', series: one('temperatureC', 'Temperature'), format: formatCelsius, low: 20, high: 90 },
  { title: 'Disk', series: one('diskPercent', 'Disk'), format: formatPercent, low: 0, high: 100 },
  {
    title: 'Network',
    series: [
      { metric: 'netRxBytesPerS', label: 'in', color: 'var(--chart-1)' },
      { metric: 'netTxBytesPerS', label: 'out', color: 'var(--chart-2)' },
    ],
    format: formatRate,
    low: 0,
  },
  { title: 'Battery', series: one('batteryPercent', 'Battery'), format: formatPercent, low: 0, high: 100 },
  { title: 'Load', series: one('load1', 'Load, 1 min'), format: (value) => value.toFixed(2), low: 0 },
]

function isHeard(plan: ChartPlan, rows: readonly ChartRow[]): boolean {
  return plan.series.some(({ metric }) => bandOver(rows, metric) !== null)
}

/** The health of a machine over time, live. */
export function HealthTab({ machine }: { readonly machine: MachineView }) {
  const { bridge, prefs } = useStores()
  const rangeMs = useStore(prefs, (state) => state.rangeMs)
  const history = useMemo(() => createHistoryStore(bridge, machine.peer, rangeMs), [bridge, machine.peer, rangeMs])
  useEffect(() => {
    history.start()
    return history.stop
  }, [history])
  const state = useStore(history.store)
  return (
    <>
      <SegmentedControl
        size="xs"
        style={{ alignSelf: 'flex-start' }}
        aria-label="Time range"
        value={String(rangeMs)}
        data={ranges.map(({ value, label }) => ({ value: String(value), label }))}
        onChange={(value: string) => prefs.setState({ rangeMs: Number(value) })}
      />
      {state.phase === 'loading' ? <Loading label="Loading the charts" rows={3} heightRem={11} /> : null}
      {state.phase === 'failed' ? (
        <Failed
          title={`The history of ${machine.name} could not be read`}
          problem={state.problem}
          onRetry={history.retry}
        />
      ) : null}
      {state.phase === 'ready' ? (
        <Charts rows={state.rows} stepMs={state.stepMs} rangeMs={rangeMs} name={machine.name} />
      ) : null}
    </>
  )
}

interface ChartsProps {
  readonly rows: readonly ChartRow[]
  readonly stepMs: number
  readonly rangeMs: number
  readonly name: string
}

function Charts({ rows, stepMs, rangeMs, name }: ChartsProps) {
  const nowMs = useNow()
  // The window of time moves in steps of a pixel or so, not with every tick of the clock.
  const moveMs = Math.max(2_000, rangeMs / 400)
  const toMs = Math.ceil(nowMs / moveMs) * moveMs
  const shown = useMemo(() => withGaps(rows, stepMs), [rows, stepMs])
  const fromMs = toMs - rangeMs
  const silences = useMemo(() => silencesOf(rows, stepMs, fromMs, toMs), [rows, stepMs, fromMs, toMs])
  const heard = useMemo(() => plans.filter((plan) => isHeard(plan, rows)), [rows])
  const missing = plans.filter((plan) => !heard.includes(plan)).map((plan) => plan.title.toLowerCase())
  if (heard.length === 0) {
    return (
      <Empty title="No health in this range">
        <p>
          {name} publishes a summary every 10 s while it runs. Charts appear with the first one; a longer range may have
          older ones.
        </p>
      </Empty>
    )
  }
  return (
    <>
      <div className="charts">
        {heard.map((plan) => (
          <HealthChart key={plan.title} {...plan} rows={shown} silences={silences} fromMs={fromMs} toMs={toMs} />
        ))}
      </div>
      {missing.length === 0 ? null : (
        <p className="dim">
          Not measured by {name}: {missing.join(', ')}.
        </p>
      )}
    </>
  )
}
