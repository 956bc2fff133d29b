import { describe, expect, it } from 'vitest'
import type { Signer } from './attestation.ts'
import type { SignedRecord } from './record.ts'
import {
  anchorAt,
  attested,
  dayMs,
  makeSigner,
  rootRecord,
  say,
  startMs,
  type RootWords,
} from './testing/trust-steps.ts'
import { evaluateTrust } from './trust-evaluate.ts'
import { encodeRoot, rootKey } from './trust-records.ts'
import type { TrustAnchor, TrustState } from './trust.ts'

const [ada, bo, cy, dee] = Array.from({ length: 4 }, makeSigner) as [Signer, Signer, Signer, Signer]
const now = startMs + dayMs

const trustOf = (anchor: TrustAnchor, records: readonly SignedRecord[], at = now): TrustState =>
  evaluateTrust({ anchor, records, now: at })

describe('the root', () => {
  const first = rootRecord({ keys: [ada] })
  const twoOfThree: RootWords = { after: first, keys: [ada, bo, cy], threshold: 2 }

  it('is believed by its id, and makes its keys operators and releasers', () => {
    const trust = trustOf(anchorAt(first), [first])
    expect(trust.root).toMatchObject({ version: 1, name: 'lab', keys: [ada.peerId], threshold: 1 })
    expect(trust.of(ada.peerId)).toMatchObject({ standing: 'root', roles: new Set(['operator', 'release']) })
    expect(trust.of(bo.peerId)).toMatchObject({ standing: 'stranger', record: null })
    expect(trust.verdictOf(first.id)).toEqual({
      state: 'accepted',
      reason: 'it is the first root record of this swarm',
    })
    expect(trust.problems).toEqual([])
  })

  it('of another swarm is nobody here, however it is signed', () => {
    const other = rootRecord({ keys: [bo] })
    const trust = trustOf(anchorAt(first), [other])
    expect(trust.root).toBeNull()
    expect(trust.problems).toMatchObject([{ code: 'NO_ROOT' }])
    expect(trust.of(bo.peerId).standing).toBe('stranger')
  })

  it('is followed by one that the old keys and its own keys have signed', () => {
    const byOld = rootRecord(twoOfThree, [ada])
    const trust = trustOf(anchorAt(first), [first, byOld])
    expect(trust.root?.version).toBe(1)
    expect(trust.verdictOf(byOld.id)?.reason).toBe('needs 1 more of its own new root keys (1 of 2 have signed)')
    const byBoth = attested(byOld, 'endorse', [cy])
    const after = trustOf(anchorAt(first), [byBoth, first])
    expect(after.root).toMatchObject({ version: 2, threshold: 2 })
    expect(after.verdictOf(byBoth.id)).toEqual({
      state: 'accepted',
      reason: '2 of its 3 root keys have signed, and 2 must',
    })
    expect(after.verdictOf(first.id)).toEqual({ state: 'accepted', reason: 'it leads to root 2, which counts now' })
    expect(after.of(dee.peerId).standing).toBe('stranger')
  })

  it('is not followed by one that new keys alone have signed', () => {
    const taken = rootRecord({ after: first, keys: [bo, cy] }, [bo, cy])
    const trust = trustOf(anchorAt(first), [first, taken])
    expect(trust.root?.version).toBe(1)
    expect(trust.verdictOf(taken.id)).toMatchObject({
      state: 'proposed',
      reason: 'needs 1 more root key (0 of 1 have signed)',
    })
  })

  it('of a swarm with a lost key is replaced by the others, step by step', () => {
    const second = rootRecord(twoOfThree, [ada, cy])
    const third = rootRecord({ after: second, keys: [bo, cy, dee], threshold: 2 }, [bo, cy])
    const elsewhere = rootRecord({ after: third, keys: [bo, cy] }, [bo])
    const skipped = rootRecord({ after: elsewhere, version: 5, keys: [dee] }, [bo, cy, dee])
    const all = [skipped, third, first, second]
    const trust = trustOf(anchorAt(first), all)
    expect(trust.root?.version).toBe(3)
    expect(trust.of(ada.peerId).standing).toBe('stranger')
    expect(trust.verdictOf(skipped.id)).toMatchObject({
      state: 'proposed',
      reason: 'root 3 counts, and root 4 is not here',
    })
    // Whoever has seen the third needs the first no more.
    expect(trustOf(anchorAt(first, third, 3), [third]).root?.version).toBe(3)
  })

  it('is never an older one than was believed before', () => {
    const second = rootRecord(twoOfThree, [ada, cy])
    const trust = trustOf(anchorAt(first, second, 2), [first])
    expect(trust.root).toBeNull()
    expect(trust.problems).toMatchObject([{ code: 'ROLLED_BACK' }])
    expect(trust.of(ada.peerId).standing).toBe('stranger')
  })

  it('of which there are two is the same one everywhere, and a fork is told', () => {
    const both: RootWords = { keys: [ada, bo] }
    const start = rootRecord(both)
    const one = rootRecord({ ...both, after: start, name: 'one' }, [ada])
    const two = rootRecord({ ...both, after: start, name: 'two' }, [bo])
    const lowest = [one, two].sort((a, b) => (a.id < b.id ? -1 : 1))[0] as SignedRecord
    for (const anchor of [anchorAt(start), anchorAt(start, one, 2), anchorAt(start, two, 2)]) {
      const trust = trustOf(anchor, [two, start, one])
      expect(trust.root?.record.id).toBe(lowest.id)
      expect(trust.problems).toMatchObject([{ code: 'FORKED' }])
    }
    const healed = rootRecord({ ...both, after: lowest }, [ada])
    expect(trustOf(anchorAt(start, one, 2), [two, start, one, healed])).toMatchObject({
      root: { version: 3 },
      problems: [],
    })
  })

  it('is not one of a chain beside it: a retired root key cannot go round the roots that replaced it', () => {
    const second = rootRecord({ after: first, keys: [bo] }, [ada, bo])
    const third = rootRecord({ after: second, keys: [cy] }, [bo, cy])
    // One of them with the key of the second, so that by its keys it might be another parent of the third.
    const asParent = rootRecord({ after: first, keys: [ada, bo] }, [ada])
    // And one that would stand in the place of the third, were its parent not named.
    const asThird = rootRecord({ after: asParent, keys: [ada] }, [ada])
    const beside: SignedRecord[] = [first]
    for (let n = 0; n < 4; n++)
      beside.push(rootRecord({ after: beside[n] as SignedRecord, keys: [ada], name: 'mine' }, [ada]))
    const anchor = anchorAt(first, third, 3)
    for (const records of [
      [first, second, third, asParent, asThird, ...beside],
      [...beside, asThird, asParent, third, second, first],
      [first, third, ...beside],
    ]) {
      const trust = trustOf(anchor, records)
      expect(trust.root?.record.id).toBe(third.id)
      expect(trust.of(ada.peerId).standing).toBe('stranger')
      expect(trust.problems).toMatchObject([{ code: 'FORKED', message: expect.stringContaining('stays') as string }])
    }
    // Nor when the believed root itself is withheld.
    expect(trustOf(anchor, [first, second, ...beside])).toMatchObject({ root: null })
    const next = rootRecord({ after: third, keys: [dee] }, [cy, dee])
    expect(trustOf(anchor, [second, third, ...beside, next]).root?.record.id).toBe(next.id)
  })

  it('stays what it is when one that signed it takes that back', () => {
    const second = rootRecord(twoOfThree, [ada, cy])
    const later = attested(second, 'dismiss', [ada, cy], now)
    expect(later.attestations.map(({ verdict }) => verdict)).toContain('endorse')
    expect(trustOf(anchorAt(first), [first, later]).root?.version).toBe(2)
  })

  it('tells that it ends soon, and counts no more when it has ended', () => {
    const short = rootRecord({ keys: [ada] }, [ada], { days: 20 })
    expect(trustOf(anchorAt(short), [short]).problems).toMatchObject([{ code: 'ROOT_ENDS_SOON' }])
    const over = trustOf(anchorAt(short), [short], startMs + 20 * dayMs)
    expect(over).toMatchObject({ root: null, problems: [{ code: 'ROOT_EXPIRED' }] })
    // Its keys can still sign the next one.
    const next = rootRecord({ after: short, keys: [ada] }, [ada], { fromMs: startMs + 19 * dayMs })
    expect(trustOf(anchorAt(short), [short, next], startMs + 21 * dayMs).root?.version).toBe(2)
  })

  it('that is malformed is none', () => {
    const value = {
      ...encodeRoot({ version: 2, name: 'x', keys: [ada.peerId], threshold: 1, rules: new Map(), previous: first.id }),
      threshold: 2,
    }
    const broken = say(ada, { key: rootKey, value })
    const trust = trustOf(anchorAt(first), [first, broken])
    expect(trust.root?.version).toBe(1)
    expect(trust.verdictOf(broken.id)).toMatchObject({
      state: 'dismissed',
      reason: expect.stringContaining('threshold') as string,
    })
  })
})
