import { expect, test } from 'vitest'
import { agoText, bytesText, printable, table, timeText } from './words.ts'

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1.0 kB'],
  [99_949, '99.9 kB'],
  [99_960, '100 kB'],
  [999_600, '1.0 MB'],
  [2_147_483_648, '2.1 GB'],
])('%d bytes are %s', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text)
})

test.each([
  [null, 'never'],
  [1_000, '4 s ago'],
  [-595_000, '10 min ago'],
  [-7_200_000, '2 h ago'],
  [-864_000_000, '10 d ago'],
  [99_000, '0 s ago'],
])('heard at %d, 5 s after the epoch: %s', (atMs, text) => {
  expect(agoText(atMs, 5_000)).toBe(text)
})

test('a time is ISO to the second, and a nonsense time does not throw', () => {
  expect([timeText(1_700_000_000_123), timeText(Number.NaN), timeText(9e99)]).toEqual([
    '2023-11-14T22:13:20Z',
    'unknown',
    'unknown',
  ])
})

test('what a stranger wrote cannot move the cursor, colour the terminal or turn the text', () => {
  expect(printable('a\u001b[2Jb\r\nc\u202ed')).toBe('a\ufffd[2Jb\ufffd\ufffdc\ufffdd')
  expect(table(['NAME', 'X'], [['a\nb', '1']])).toBe('NAME  X\na\ufffdb   1')
})
