import fc from 'fast-check'
import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { DigestSet } from './digest-set.ts'

const digest = (n: number): Buffer => createHash('sha256').update(`${n}`).digest()

it('has what was added, and nothing else', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(5_000), { maxLength: 3_000 }), fc.nat(4_000), (numbers, expected) => {
      const set = new DigestSet(expected)
      const known = new Set<number>()
      for (const n of numbers) {
        expect(set.add(digest(n))).toBe(!known.has(n))
        known.add(n)
      }
      expect(set.size).toBe(known.size)
      for (let n = 0; n < 500; n += 1) expect(set.has(digest(n))).toBe(known.has(n))
    }),
    { numRuns: 20 },
  )
})

it('keeps digests of zeros, and short ones, apart', () => {
  const set = new DigestSet()
  expect(set.has(new Uint8Array(32))).toBe(false)
  expect(set.add(new Uint8Array(32))).toBe(true)
  expect(set.add(Uint8Array.of(7))).toBe(true)
  expect(set.has(new Uint8Array(32))).toBe(true)
  expect(set.size).toBe(2)
})
