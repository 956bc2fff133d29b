import type { MachineView } from '../../shared/views.ts'
import { formatCelsiusShort, formatPercent } from '../format.ts'
import { useAged } from './Age.tsx'

interface MetricProps {
  readonly machine: MachineView
  readonly name: 'cpuPercent' | 'memoryPercent' | 'diskPercent' | 'temperatureC' | 'batteryPercent'
}

/** One value of a machine's health, dimmed when it is old; a dash where it is not measured. */
export function Metric({ machine, name }: MetricProps) {
  const aged = useAged(machine.health?.atMs ?? null)
  const value = machine.health?.values[name]
  if (value === undefined) {
    return (
      <span className="dim" title="not measured">
        –
      </span>
    )
  }
  return (
    <span className={`live nowrap ${aged}`}>
      {name === 'temperatureC' ? formatCelsiusShort(value) : formatPercent(value)}
    </span>
  )
}

/** A share of something full, as a short bar; decoration beside the figure. What is not known has no bar: an empty one says zero. */
export function Meter({ percent }: { readonly percent: number | undefined }) {
  if (percent === undefined) return null
  return (
    <span className="meter" aria-hidden>
      <span style={{ width: `${Math.min(100, Math.max(0, percent))}%` }} />
    </span>
  )
}
