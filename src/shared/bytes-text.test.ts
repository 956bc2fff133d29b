import { expect, test } from 'vitest'
import { beyondText } from './bytes-text.ts'

test.each([
  [500_000, 1, ['500 kB', '1 B']],
  [1_000_001, 1_000_000, ['1000001 bytes', '1000000 bytes']],
  [2_000_000_000, 5_000_000, ['2.0 GB', '5.0 MB']],
])('%d bytes beyond %d look like more', (bytes, limitBytes, texts) => {
  expect(beyondText(bytes, limitBytes)).toEqual(texts)
})
