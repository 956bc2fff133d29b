import { metricNames, type MetricName, type MetricValues } from '../../../shared/views.ts'
import type { HealthSummary } from './health-record.ts'
import type { Sample } from './sampler.ts'

/** Adds up samples until a summary is taken. Holds a sum and a peak a metric, whatever the number of samples. */
export class SummaryBuilder {
  #sums = new Map<MetricName, { sum: number; count: number; max: number }>()
  #last: Sample | undefined
  #sinceMs: number

  /** @param atMs when the first stretch begins, monotonic milliseconds */
  constructor(atMs: number) {
    this.#sinceMs = atMs
  }

  add(sample: Sample): void {
    this.#last = sample
    for (const name of metricNames) {
      const value = sample.values[name]
      if (value === undefined) continue
      const sums = this.#sums.get(name)
      if (sums === undefined) this.#sums.set(name, { sum: value, count: 1, max: value })
      else {
        sums.sum += value
        sums.count++
        sums.max = Math.max(sums.max, value)
      }
    }
  }

  /** The stretch since the summary before, and begins the next; undefined when there was no sample in it. */
  take(atMs: number): HealthSummary | undefined {
    const last = this.#last
    if (last === undefined) return undefined
    const avg: MetricValues = {}
    const max: MetricValues = {}
    for (const [name, sums] of this.#sums) {
      avg[name] = sums.sum / sums.count
      max[name] = sums.max
    }
    const { values: _, ...rest } = last
    const summary = { windowMs: Math.max(0, atMs - this.#sinceMs), avg, max, last: rest }
    this.#sums = new Map()
    this.#last = undefined
    this.#sinceMs = atMs
    return summary
  }
}
