import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mayAttest } from './attest-rights.ts'
import type { Signer } from './attestation.ts'
import type { SignedRecord } from './record.ts'
import { anchorAt, attested, dayMs, makeSigner, roleRecord, rootRecord, startMs } from './testing/trust-steps.ts'
import { evaluateTrust } from './trust-evaluate.ts'
import { isEnough, neededForRoot } from './trust-needs.ts'
import { decodeTrust } from './trust-records.ts'
import { isOnTheWay } from './trust-weight.ts'
import type { TrustAnchor, TrustState } from './trust.ts'

const [ada, bo, cy, dee, eve] = Array.from({ length: 5 }, makeSigner) as [Signer, Signer, Signer, Signer, Signer]
const now = startMs + dayMs

const trustOf = (anchor: TrustAnchor, records: readonly SignedRecord[], at = now): TrustState =>
  evaluateTrust({ anchor, records, now: at })
const codes = ({ problems }: TrustState): readonly string[] => problems.map(({ code }) => code)

test('a root counts after the one it names alone, whoever has signed it', () => {
  const first = rootRecord({ keys: [ada, bo] })
  const second = rootRecord({ after: first, keys: [ada, bo, cy] }, [ada])
  // The same keys in another swarm: what they sign there is nothing here.
  const elsewhere = rootRecord({ keys: [ada, bo], name: 'elsewhere' })
  const stray = rootRecord({ after: elsewhere, keys: [ada, eve] }, [ada, bo, eve])
  const trust = trustOf(anchorAt(first), [first, second, stray, elsewhere])
  expect([trust.root?.record.id, codes(trust)]).toEqual([second.id, []])
  expect(trust.verdictOf(stray.id)).toMatchObject({ state: 'dismissed' })
  expect(trust.of(eve.peerId).standing).toBe('stranger')
  // A next one that names the first though the second counts already is no next one.
  const late = rootRecord({ after: first, version: 3, keys: [dee] }, [ada, bo, dee])
  expect(trustOf(anchorAt(first), [first, second, late]).root?.version).toBe(2)
})

test('two sides that rotated more than once apart stay apart, and are told; once apart they end with the same', () => {
  const first = rootRecord({ keys: [ada, bo] })
  const side = (signer: Signer, name: string): readonly [SignedRecord, SignedRecord] => {
    const one = rootRecord({ after: first, keys: [ada, bo], name }, [signer])
    return [one, rootRecord({ after: one, keys: [ada, bo], name }, [signer])]
  }
  const [a2, a3] = side(ada, 'a')
  const [b2, b3] = side(bo, 'b')
  const all = [first, a2, a3, b2, b3]
  const [a, b] = [trustOf(anchorAt(first, a3, 3), all), trustOf(anchorAt(first, b3, 3), all)]
  expect([a.root?.record.id, b.root?.record.id]).toEqual([a3.id, b3.id])
  expect([codes(a), codes(b)]).toEqual([['FORKED'], ['FORKED']])
  const once = [first, a2, b2, b3]
  expect(trustOf(anchorAt(first, a2, 2), once).root?.record.id).toBe(b3.id)
  expect(trustOf(anchorAt(first, b3, 3), once).root?.record.id).toBe(b3.id)
})

test('a root that has ended is believed by nobody, and renewed by its keys', () => {
  const short = rootRecord({ keys: [ada, bo], threshold: 2 }, [ada, bo], { days: 20 })
  const grant = roleRecord(cy.peerId, { roles: ['robot'] }, [ada], { days: 300 })
  const later = startMs + 21 * dayMs
  const over = trustOf(anchorAt(short), [short, grant], later)
  expect(over).toMatchObject({ root: null, expiredRoot: { version: 1 } })
  expect(codes(over)).toEqual(['ROOT_EXPIRED'])
  expect([over.of(ada.peerId).standing, over.of(cy.peerId).standing]).toEqual(['stranger', 'stranger'])
  expect([over.wasOf(ada.peerId).standing, over.wasOf(cy.peerId).standing]).toEqual(['root', 'member'])
  const next = rootRecord({ after: short, keys: [ada, bo], threshold: 2 }, [ada], { fromMs: later })
  const proposed = trustOf(anchorAt(short), [short, next, grant], later)
  expect(proposed.verdictOf(next.id)).toMatchObject({ state: 'proposed', reason: /^needs 1 more root key/ })
  const context = { trust: proposed, now: later }
  expect(mayAttest('endorse', next, { ...context, peer: bo.peerId })).toEqual({ may: true })
  expect(mayAttest('endorse', next, { ...context, peer: cy.peerId }).may).toBe(false)
  const needed = neededForRoot(proposed, { keys: [ada.peerId], threshold: 1 })
  expect(isEnough(proposed, needed, new Set([ada.peerId, bo.peerId]))).toBe(true)
  const renewed = trustOf(anchorAt(short), [short, attested(next, 'endorse', [bo]), grant], later)
  expect([renewed.root?.version, renewed.of(cy.peerId).standing]).toEqual([2, 'member'])
})

test('the roots that lead to the newest are on the way though they have ended, one that leads nowhere is not', () => {
  const first = rootRecord({ keys: [ada] }, [ada], { days: 5 })
  const second = rootRecord({ after: first, keys: [bo] }, [ada, bo], { days: 10 })
  const third = rootRecord({ after: second, keys: [cy] }, [bo, cy], { days: 700 })
  const later = startMs + 50 * dayMs
  // Who is at the first, who holds the last alone, and who has them all.
  for (const [anchor, held] of [
    [anchorAt(first), [first]],
    [anchorAt(first, third, 3), [third]],
    [anchorAt(first), [first, second, third]],
  ] as const) {
    const trust = trustOf(anchor, held, later)
    expect(isOnTheWay(trust, second)).toBe(true)
    expect(isOnTheWay(trust, first)).toBe(true)
    const unsigned = rootRecord({ after: first, keys: [eve] }, [eve], { days: 10 })
    expect(isOnTheWay(trust, unsigned)).toBe(false)
  }
  expect(isOnTheWay(trustOf(anchorAt(first), [first], later), third)).toBe(false)
})

test('whatever order they come in, who holds the same believes the same, and the keys of the root it says', () => {
  const signers = [ada, bo, cy]
  const step = fc.record({
    after: fc.nat(5),
    keys: fc.uniqueArray(fc.nat(2), { minLength: 1 }),
    threshold: fc.integer({ min: 1, max: 2 }),
    by: fc.uniqueArray(fc.nat(2), { minLength: 1 }),
    days: fc.constantFrom(0.5, 300, 700),
  })
  const pick = (at: number): Signer => signers[at] as Signer
  fc.assert(
    fc.property(fc.array(step, { maxLength: 6 }), fc.infiniteStream(fc.nat()), (steps, order) => {
      const roots = [rootRecord({ keys: [ada, bo] })]
      for (const { after, keys, threshold, by, days } of steps) {
        const before = roots[after % roots.length] as SignedRecord
        const words = { after: before, keys: keys.map(pick), threshold: Math.min(threshold, keys.length) }
        roots.push(rootRecord(words, by.map(pick), { days }))
      }
      const [first] = roots as [SignedRecord]
      const trust = trustOf(anchorAt(first), roots)
      const shuffled = roots.map((root) => [order.next().value ?? 0, root] as const).sort((a, b) => a[0] - b[0])
      const other = trustOf(
        anchorAt(first),
        shuffled.map(([, root]) => root),
      )
      expect(other.root?.record.id).toBe(trust.root?.record.id)
      expect(other.problems).toEqual(trust.problems)
      // By hand: each step of the line is named by the next, and signed by the threshold of both.
      const rootOf = (record: SignedRecord) => {
        const statement = decodeTrust(record.body)
        if (statement.kind !== 'root') throw new Error('no root')
        return statement.root
      }
      let at = (trust.root ?? trust.expiredRoot)?.record
      while (at !== undefined && at.id !== first.id) {
        const { previous, keys, threshold, version } = rootOf(at)
        const before = roots.find(({ id }) => id === previous) as SignedRecord
        const by = new Set([at.body.author, ...at.attestations.map(({ author }) => author)])
        const parent = rootOf(before)
        expect(version).toBe(parent.version + 1)
        expect(keys.filter((key) => by.has(key)).length).toBeGreaterThanOrEqual(threshold)
        expect(parent.keys.filter((key) => by.has(key)).length).toBeGreaterThanOrEqual(parent.threshold)
        at = before
      }
    }),
    { numRuns: 60 },
  )
})
