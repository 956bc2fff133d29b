import type { FaultKind } from '../../../shared/recorder-views.ts'
import type { HealthView } from '../../../shared/views.ts'

export interface Fault {
  readonly kind: FaultKind
  /** What was seen, for people. */
  readonly words: string
}

interface Rule {
  readonly kind: FaultKind
  /** So many samples one after another: a spike is no fault. */
  readonly samples: number
  /** Words while it is so; null: it is not. */
  readonly begins: (health: HealthView) => string | null
  /** Between the two it stays as it was, so that a value at the edge is one fault and not many. */
  readonly ends: (health: HealthView) => boolean
}

const rules: readonly Rule[] = [
  // A Raspberry Pi slows down from 80 °C; a sample is taken every 2 s.
  above('temperature', 'temperatureC', { from: 80, until: 75, samples: 3, unit: '°C' }),
  // The last percents are when programs begin to fail.
  above('disk', 'diskPercent', { from: 95, until: 93, samples: 1, unit: '% of the disk used' }),
  above('memory', 'memoryPercent', { from: 95, until: 90, samples: 5, unit: '% of the memory used' }),
  {
    kind: 'battery',
    samples: 3,
    begins: ({ values: { batteryPercent }, batteryCharging }) =>
      batteryPercent !== undefined && batteryPercent <= 10 && batteryCharging !== true
        ? `${number(batteryPercent)} % of the battery left`
        : null,
    ends: ({ values: { batteryPercent }, batteryCharging }) => batteryCharging === true || (batteryPercent ?? 0) >= 15,
  },
  // What the firmware of a Raspberry Pi says: see diagnostics/throttling.ts.
  noted('power', ['under-voltage now']),
  noted('throttled', ['throttled now', 'frequency capped now', 'soft temperature limit now']),
]

/** Tells when a machine's health turns into a fault. What was so at the first look began before, and is not told. */
export class FaultWatch {
  readonly #seen = new Map<FaultKind, { active: boolean; samples: number }>()

  /** Faults that begin with this sample. */
  see(health: HealthView): readonly Fault[] {
    const begun: Fault[] = []
    for (const { kind, samples, begins, ends } of rules) {
      const words = begins(health)
      const state = this.#seen.get(kind)
      if (state === undefined) this.#seen.set(kind, { active: words !== null, samples: 0 })
      else if (state.active) {
        if (words !== null || !ends(health)) continue
        state.active = false
        state.samples = 0
      } else if (words === null) state.samples = 0
      else if (++state.samples >= samples) {
        state.active = true
        begun.push({ kind, words })
      }
    }
    return begun
  }
}

function above(
  kind: FaultKind,
  metric: 'temperatureC' | 'diskPercent' | 'memoryPercent',
  { from, until, samples, unit }: { from: number; until: number; samples: number; unit: string },
): Rule {
  return {
    kind,
    samples,
    begins: ({ values }) => {
      const value = values[metric]
      return value !== undefined && value >= from ? `${number(value)} ${unit}` : null
    },
    ends: ({ values }) => (values[metric] ?? 0) < until,
  }
}

function noted(kind: FaultKind, notes: readonly string[]): Rule {
  const said = (health: HealthView): string | null => health.notes.find((note) => notes.includes(note)) ?? null
  return { kind, samples: 1, begins: said, ends: (health) => said(health) === null }
}

function number(value: number): string {
  return value.toFixed(1)
}
