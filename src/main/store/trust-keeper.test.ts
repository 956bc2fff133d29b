import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SignedRecord } from '../model/record.ts'
import { evaluateTrust } from '../model/trust-evaluate.ts'
import { hourMs, identityOf, OneBook, operator } from './testing/one-book.ts'

const askers = [identityOf(50), identityOf(51), identityOf(52)]
const step = fc.record({
  what: fc.constantFrom('ask', 'dismiss', 'take back', 'admit', 'wait', 'sweep'),
  who: fc.nat({ max: askers.length - 1 }),
})

/** Asks come and go without a look at the rest of the trust: it must make no difference. */
test('of every trust record the book says what an evaluation of all of them says', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
      const w = new OneBook()
      const asks: SignedRecord[] = []
      try {
        for (const { what, who } of steps) {
          const asker = askers[who] ?? operator
          const own = asks.filter(({ body }) => body.author === asker.peerId)
          if (what === 'ask') asks.push(w.askOf(asker))
          if (what === 'ask') w.take(...asks.slice(-1))
          if (what === 'dismiss') w.take(...own.map((one) => w.attested(one, 'dismiss', operator)))
          if (what === 'take back') w.take(...own.map((one) => w.attested(one, 'dismiss', asker)))
          if (what === 'admit') w.take(w.trusted.grant(asker.peerId, ['robot']))
          if (what === 'wait') await w.clock.advance(hourMs)
          if (what === 'sweep') w.book.sweep()
          const trust = w.book.trust()
          const { anchor, time } = trust
          const records: SignedRecord[] = []
          await w.book.eachHeld('trust', ({ record }) => void records.push(record))
          const fresh = evaluateTrust({ anchor, records, ...time, now: w.clock.now() })
          for (const { id } of [...records, ...asks]) {
            expect({ what, verdict: trust.verdictOf(id)?.state }).toEqual({ what, verdict: fresh.verdictOf(id)?.state })
          }
          expect(trust.fingerprint).toBe(fresh.fingerprint)
        }
      } finally {
        w.remove()
      }
    }),
    { numRuns: 25 },
  )
})

test('a crowd that asks has who may say what looked at no more often than before', () => {
  const w = new OneBook()
  try {
    const { roleEntries } = w.book.trust()
    w.take(...askers.map((asker) => w.askOf(asker)))
    expect(w.book.trust().roleEntries).toBe(roleEntries)
    w.take(w.trusted.grant(identityOf(53).peerId, ['robot']))
    expect(w.book.trust().roleEntries).not.toBe(roleEntries)
  } finally {
    w.remove()
  }
})
