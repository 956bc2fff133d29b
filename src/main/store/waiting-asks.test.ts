import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PeerId, RecordId } from '../../shared/ids.ts'
import type { SignedRecord } from '../model/record.ts'
import { byValidFrom, WaitingAsks } from './waiting-asks.ts'

/** Only what decides the order. */
function ask(id: string, author: string, validFrom: number): SignedRecord {
  return { id: id as RecordId, body: { author: author as PeerId, validFrom } } as SignedRecord
}

const asks = Array.from({ length: 12 }, (_, i) => ask(`id${i}`, `author${i % 3}`, Math.floor(i / 2)))

test('whatever comes and goes, they stand as if sorted, and each author has as many as it has', () => {
  const steps = fc.array(fc.record({ at: fc.nat({ max: asks.length - 1 }), comes: fc.boolean() }), { maxLength: 60 })
  fc.assert(
    fc.property(fc.subarray(asks), steps, (first, moves) => {
      const held = new Set(first)
      const waiting = new WaitingAsks(first)
      for (const { at, comes } of moves) {
        const one = asks[at] as SignedRecord
        if (comes) {
          held.add(one)
          waiting.add(one)
        } else {
          held.delete(one)
          waiting.delete(one)
        }
      }
      expect([...waiting.oldestFirst()]).toEqual([...held].sort(byValidFrom))
      expect(waiting.size).toBe(held.size)
      for (const author of ['author0', 'author1', 'author2'] as PeerId[]) {
        expect(waiting.of(author)).toBe([...held].filter(({ body }) => body.author === author).length)
      }
    }),
  )
})
