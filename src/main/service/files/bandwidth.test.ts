import { expect, it } from 'vitest'
import { FakeClock } from '../../base/clock.ts'
import { FileBandwidth, limitsAt } from './bandwidth.ts'

const general = { downBytesPerS: 100, upBytesPerS: null }
const day = { from: 8 * 60, to: 18 * 60, downBytesPerS: 10, upBytesPerS: 5 }
const night = { from: 22 * 60, to: 6 * 60, downBytesPerS: null, upBytesPerS: null }

it.each([
  ['at night, after midnight', 60, null, null],
  ['at night, before midnight', 23 * 60, null, null],
  ['when the night is over', 6 * 60, 100, null],
  ['just before work', 8 * 60 - 1, 100, null],
  ['when work begins', 8 * 60, 10, 5],
  ['just before work ends', 18 * 60 - 1, 10, 5],
  ['when work is over', 18 * 60, 100, null],
])('%s the limits are those of the hours', (_, minute, downBytesPerS, upBytesPerS) => {
  expect(limitsAt({ bandwidth: general, hours: [day, night] }, minute)).toEqual({ downBytesPerS, upBytesPerS })
})

it('of spans that overlap the first counts, and one from a time to the same is all day', () => {
  const always = { from: 0, to: 0, downBytesPerS: 1, upBytesPerS: 1 }
  expect(limitsAt({ bandwidth: general, hours: [day, always] }, 9 * 60).downBytesPerS).toBe(10)
  expect(limitsAt({ bandwidth: general, hours: [day, always] }, 20 * 60).downBytesPerS).toBe(1)
})

it('goes by the time of day of the machine, and takes new limits at once', () => {
  let minute = 9 * 60
  const bandwidth = new FileBandwidth(
    { clock: new FakeClock(), minuteOfDay: () => minute },
    { bandwidth: general, hours: [day] },
  )
  expect(bandwidth.now().upBytesPerS).toBe(5)
  minute = 19 * 60
  expect(bandwidth.now().upBytesPerS).toBeNull()
  bandwidth.apply({ bandwidth: { downBytesPerS: 7, upBytesPerS: 8 }, hours: [] })
  expect(bandwidth.now()).toEqual({ downBytesPerS: 7, upBytesPerS: 8 })
})
