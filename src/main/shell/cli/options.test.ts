import { describe, expect, it } from 'vitest'
import { byteRange } from './options.ts'
import { momentMs, todayMs } from './time-option.ts'

const nowMs = new Date(2026, 10, 21, 15, 4, 5).getTime()

describe('momentMs', () => {
  it.each([
    ['2026-11-21', new Date(2026, 10, 21).getTime()],
    ['2026-11-21T15:04', new Date(2026, 10, 21, 15, 4).getTime()],
    ['2026-11-21 15:04:05', new Date(2026, 10, 21, 15, 4, 5).getTime()],
    ['2026-11-21T15:04Z', Date.UTC(2026, 10, 21, 15, 4)],
    ['2026-11-21T15:04:05.5+02:00', Date.UTC(2026, 10, 21, 13, 4, 5, 500)],
    ['90min', nowMs - 90 * 60_000],
    ['2h', nowMs - 2 * 3_600_000],
    ['3 d', nowMs - 3 * 86_400_000],
    ['0s', nowMs],
  ])('reads %s', (text, at) => {
    expect(momentMs(text, nowMs)).toBe(at)
  })

  it.each(['', 'yesterday', '2026', '2026-13-01', '2026-11-21T25:00', '-2h', '2', '1763683200000', '2h ago'])(
    'refuses "%s" and says what it takes',
    (text) => {
      expect(() => momentMs(text, nowMs)).toThrow(/a day \(2026-11-21\), a time .* or how long ago/)
    },
  )

  it('today begins at midnight here', () => {
    expect(todayMs(nowMs)).toBe(new Date(2026, 10, 21).getTime())
  })
})

describe('byteRange', () => {
  it.each(['0-0', '5-11', '5-', '-4', '0-999999999999'])('takes %s', (text) => {
    expect(byteRange(text)).toBe(text)
  })

  it.each(['', '-', '9-5', '-0', 'a-b', '1-2,5-6', 'bytes=1-2', '1'])('refuses "%s"', (text) => {
    expect(() => byteRange(text)).toThrow(/It is A-B/)
  })
})
