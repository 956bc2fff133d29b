import { describe, expect, test } from 'vitest'
import {
  formatAgo,
  formatBytes,
  formatCount,
  formatDuration,
  formatLength,
  formatRate,
  formatSpan,
  formatTick,
  formatUntil,
  plural,
  shortId,
  splitName,
} from './format.ts'

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1.00 kB'],
  [9_994, '9.99 kB'],
  [9_996, '10.0 kB'],
  [999_499, '999 kB'],
  [999_500, '1.00 MB'],
  [52_400_000_000, '52.4 GB'],
  [-5, '0 B'],
])('writes %d bytes as %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text)
})

test('a rate is bytes a second', () => {
  expect(formatRate(8_200_000)).toBe('8.20 MB/s')
})

test.each([
  [900, '0 s'],
  [119_000, '119 s'],
  [120_000, '2 min'],
  [119 * 60_000, '119 min'],
  [120 * 60_000, '2 h'],
  [47 * 3_600_000, '47 h'],
  [48 * 3_600_000, '2 d'],
])('writes %d ms as %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text)
})

describe('relative times', () => {
  test('a moment ago is now, and so is a time ahead of ours', () => {
    expect(formatAgo(10_000, 11_000)).toBe('now')
    expect(formatAgo(99_000, 11_000)).toBe('now')
  })
  test('older ones say how old', () => {
    expect(formatAgo(0, 48_000)).toBe('48 s ago')
  })
  test('times to come say how long yet', () => {
    expect(formatUntil(600_000, 0)).toBe('in 10 min')
    expect(formatUntil(0, 5)).toBe('now')
  })
})

test('counts are grouped, and nouns agree', () => {
  expect(formatCount(18_422)).toBe('18\u202f422')
  expect(plural(1, 'robot')).toBe('1 robot')
  expect(plural(2, 'robot')).toBe('2 robots')
})

test('ids keep both ends', () => {
  expect(shortId('12D3KooWreeu5kUbi8b7VmeQ')).toBe('12D3Ko…b7VmeQ')
  expect(shortId('short')).toBe('short')
})

test('a long name keeps its tail, whole letters only', () => {
  expect(splitName('duckie01_drive001_2026-11-20_20-13-15.mcap')).toEqual([
    'duckie01_drive001_2026-11-20',
    '_20-13-15.mcap',
  ])
  expect(splitName('calibration.bag')).toEqual(['calibration.bag', ''])
  expect(
    splitName(
      'drive \u{1F986}\u{1F986}\u{1F986}\u{1F986}\u{1F986}\u{1F986}\u{1F986}\u{1F986}\u{1F986}\u{1F986}.mcap',
    )[1],
  ).toBe('\u{1F986}'.repeat(9) + '.mcap')
  const hebrew = '\u05d4\u05e7\u05dc\u05d8\u05d4 '.repeat(8)
  expect(splitName(hebrew)).toEqual([hebrew, ''])
})

test.each([
  [8_400, '8.4 s'],
  [42_000, '42 s'],
  [300_000, '5 min'],
  [312_400, '5 min 12 s'],
  [4_800_000, '1 h 20 min'],
  [7_200_000, '2 h'],
])('a recording of %d ms is %s long', (ms, said) => {
  expect(formatLength(ms)).toBe(said)
})

test('a span says the day again only when it is another one', () => {
  const noon = new Date(2026, 10, 20, 12).getTime()
  expect(formatSpan(noon, noon + 600_000, noon)).toMatch(/20.* 12:00 – 12:10$/)
  expect(formatSpan(noon, noon + 600_000, noon)).not.toContain('2026')
  expect(formatSpan(noon, noon + 600_000, noon + 366 * 86_400_000)).toMatch(/2026.* 12:00 – 12:10$/)
  expect(formatSpan(noon, noon + 86_400_000, noon)).toMatch(/20.* – .*21/)
  expect(formatSpan(noon - 9 * 365 * 86_400_000, noon)).toMatch(/2017 – .*2026/)
  expect(formatTick(new Date(2026, 10, 20).getTime(), 86_400_000)).not.toContain(':')
  expect(formatTick(noon, 86_400_000)).toBe('12:00')
})
