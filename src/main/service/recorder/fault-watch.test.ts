import { expect, it } from 'vitest'
import type { HealthView } from '../../../shared/views.ts'
import { FaultWatch } from './fault-watch.ts'

function health(values: HealthView['values'], change: Partial<HealthView> = {}): HealthView {
  return {
    atMs: 0,
    values,
    batteryCharging: null,
    memoryTotalBytes: null,
    diskTotalBytes: null,
    diskFreeBytes: null,
    uptimeS: null,
    notes: [],
    ...change,
  }
}

function kindsOf(samples: readonly HealthView[]): string[] {
  const watch = new FaultWatch()
  return samples.flatMap((sample) => watch.see(sample).map(({ kind, words }) => `${kind}: ${words}`))
}

const hot = (...values: number[]) => values.map((temperatureC) => health({ temperatureC }))

it('a value that stays above its threshold is one fault, however long', () => {
  expect(kindsOf(hot(60, 81, 82, 83, 84, 85))).toEqual(['temperature: 83.0 °C'])
})

it('a spike is none, and a value that trembles at the edge is one', () => {
  expect(kindsOf(hot(60, 81, 82, 60, 81, 60))).toEqual([])
  expect(kindsOf(hot(60, 80, 80, 80, 79, 80, 80, 80, 76, 81, 81, 81))).toHaveLength(1)
})

it('one that was over may come again', () => {
  expect(kindsOf(hot(60, 80, 80, 80, 74, 80, 80, 80))).toHaveLength(2)
})

it('what was so at the first look began before', () => {
  expect(kindsOf(hot(90, 90, 90, 90))).toEqual([])
  expect(kindsOf([health({ diskPercent: 97 }), health({ diskPercent: 98 })])).toEqual([])
})

it('a low battery is a fault where it is not being charged', () => {
  const low = (batteryPercent: number, batteryCharging: boolean) => health({ batteryPercent }, { batteryCharging })
  expect(kindsOf([low(12, false), low(10, false), low(9, false), low(9, false)])).toEqual([
    'battery: 9.0 % of the battery left',
  ])
  expect(kindsOf([low(12, true), low(10, true), low(9, true), low(9, true)])).toEqual([])
})

it('what the firmware says of now counts, what it says of the past does not', () => {
  const said = (...notes: string[]) => health({}, { notes })
  expect(kindsOf([said(), said('under-voltage seen since boot'), said('under-voltage now', 'throttled now')])).toEqual([
    'power: under-voltage now',
    'throttled: throttled now',
  ])
})

it('a machine that measures nothing has no faults', () => {
  expect(kindsOf([health({}), health({}), health({}), health({})])).toEqual([])
})
