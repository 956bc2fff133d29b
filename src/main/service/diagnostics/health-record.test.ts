import fc from 'fast-check'
import { expect, test } from 'vitest'
import { metricNames } from '../../../shared/views.ts'
import type { CborMap } from '../../model/cbor.ts'
import { decodeHealth, encodeHealth, type HealthSummary } from './health-record.ts'
import { SummaryBuilder } from './summary.ts'
import type { Sample } from './sampler.ts'

const nothing = {
  batteryCharging: null,
  memoryTotalBytes: null,
  diskTotalBytes: null,
  diskFreeBytes: null,
  uptimeS: null,
  notes: [],
}

function sample(cpuPercent: number, more: Partial<Sample> = {}): Sample {
  return { ...nothing, values: { cpuPercent }, ...more }
}

test('a summary holds the mean and the peak of its stretch, then a new one begins', () => {
  const builder = new SummaryBuilder(0)
  for (const cpu of [10, 20, 60]) builder.add(sample(cpu, { uptimeS: cpu }))
  expect(builder.take(6_000)).toMatchObject({
    windowMs: 6_000,
    avg: { cpuPercent: 30 },
    max: { cpuPercent: 60 },
    last: { uptimeS: 60 },
  })
  expect(builder.take(8_000)).toBeUndefined()
  builder.add(sample(5))
  expect(builder.take(12_000)).toMatchObject({ windowMs: 6_000, avg: { cpuPercent: 5 }, max: { cpuPercent: 5 } })
})

test('what a machine cannot measure is absent from its record, not 0', () => {
  const builder = new SummaryBuilder(0)
  builder.add(sample(5))
  const value = encodeHealth(builder.take(1) as HealthSummary)
  expect(Object.keys(value).sort()).toEqual(['avg', 'max', 'notes', 'windowMs'])
  expect(decodeHealth(value)?.avg).toEqual({ cpuPercent: 5 })
  expect(decodeHealth(value)?.last).toEqual(nothing)
})

test('a summary survives its record, rounded to what sensors know', () => {
  const metrics = fc.record(
    Object.fromEntries(metricNames.map((name) => [name, fc.float({ min: 0, max: 100, noNaN: true })])),
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(metrics, fc.boolean(), (avg, charging) => {
      const summary: HealthSummary = {
        windowMs: 10_000,
        avg,
        max: avg,
        last: { ...nothing, batteryCharging: charging, notes: ['driving'] },
      }
      const decoded = decodeHealth(encodeHealth(summary))
      expect(decoded?.last).toEqual(summary.last)
      expect(Object.keys(decoded?.avg ?? {}).sort()).toEqual(Object.keys(avg).sort())
      for (const name of metricNames)
        if (avg[name] !== undefined) expect(decoded?.avg[name]).toBeCloseTo(avg[name], -0.01)
    }),
  )
})

test.each([
  ['a metric that is no number', { avg: { cpuPercent: 'hot' } }],
  ['notes without end', { notes: Array.from({ length: 17 }, () => 'x') }],
  ['a negative disk', { diskTotal: -1 }],
  ['no stretch', { windowMs: null }],
])('refuses %s', (_, change) => {
  expect(decodeHealth({ windowMs: 1, avg: {}, max: {}, notes: [], ...change } as CborMap)).toBeUndefined()
})

test('metrics of later versions are passed over', () => {
  expect(decodeHealth({ windowMs: 1, avg: { cpuPercent: 1, humidity: 'wet' }, max: {}, notes: [] })?.avg).toEqual({
    cpuPercent: 1,
  })
})

test('no value crashes it', () => {
  fc.assert(fc.property(fc.dictionary(fc.string(), fc.anything()), (value) => void decodeHealth(value as CborMap)))
})
