import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { addedBy, mayAttest } from './attest-rights.ts'
import type { Signer } from './attestation.ts'
import type { SignedRecord } from './record.ts'
import { anchorAt, attested, dayMs, makeSigner, roleRecord, rootRecord, startMs } from './testing/trust-steps.ts'
import { evaluateTrust } from './trust-evaluate.ts'
import { evaluateRoles } from './trust-roles.ts'
import { keepsFor, lostUnder, restingOn } from './trust-resting.ts'
import { decodeTrust, type RootValue } from './trust-records.ts'
import type { RoleEntry, TrustState } from './trust.ts'

const [ada, bo, cy, op, robot, rogue] = Array.from({ length: 6 }, makeSigner) as [
  Signer,
  Signer,
  Signer,
  Signer,
  Signer,
  Signer,
]
const now = startMs + dayMs
const first = rootRecord({ keys: [ada, bo, cy], threshold: 2 })
const grantOp = roleRecord(op.peerId, { roles: ['operator'] }, [ada, bo])
const grant = roleRecord(robot.peerId, { roles: ['robot'] }, [op])
const revocation = roleRecord(rogue.peerId, { revoked: true }, [op])
const trustOf = (...records: SignedRecord[]): TrustState =>
  evaluateTrust({ anchor: anchorAt(first), records: [first, ...records], now })
const ids = (words: readonly RoleEntry[]) => new Set(words.map(({ record }) => record.id))

describe('what rests on a signature', () => {
  const trust = trustOf(grantOp, grant, revocation)

  it('is what an operator alone has said', () => {
    expect(ids(restingOn(trust, op.peerId))).toEqual(new Set([grant.id, revocation.id]))
    const signed = trustOf(grantOp, attested(grant, 'endorse', [cy]), revocation)
    expect(ids(restingOn(signed, op.peerId))).toEqual(new Set([revocation.id]))
    expect(restingOn(trust, robot.peerId)).toEqual([])
  })

  it('is what a root key has said, and what hangs on that', () => {
    // Without Ada the operator is none, and what it has said counts no more.
    expect(ids(restingOn(trust, ada.peerId))).toEqual(new Set([grantOp.id, grant.id, revocation.id]))
    expect(restingOn(trust, cy.peerId)).toEqual([])
    const all = trustOf(attested(grantOp, 'endorse', [cy]), grant, revocation)
    expect(restingOn(all, ada.peerId)).toEqual([])
  })
})

describe('what a root keeps', () => {
  it('counts on though the keys that signed it are gone, also under the root after it', () => {
    const bare = rootRecord({ after: first, keys: [cy] }, [ada, bo, cy])
    const before = trustOf(grantOp, grant, revocation)
    const lost = lostUnder(before, value(bare))
    expect(ids(lost)).toEqual(new Set([grantOp.id, grant.id, revocation.id]))
    const without = trustOf(bare, grantOp, grant, revocation)
    expect([without.of(op.peerId).standing, without.of(rogue.peerId).standing]).toEqual(['stranger', 'stranger'])
    const keeping = rootRecord({ after: first, keys: [cy], keeps: [...ids(lost)] }, [ada, bo, cy])
    const after = trustOf(keeping, grantOp, grant, revocation)
    expect([after.of(op.peerId).standing, after.of(rogue.peerId).standing]).toEqual(['member', 'revoked'])
    expect(after.of(op.peerId).reason).toMatch(/^granted operator by 12D3\w+, and root 2 keeps it, on 2023/)
    expect(after.verdictOf(grantOp.id)?.reason).toMatch(/and root 2 keeps it$/)
    // The next one would lose them again; so they are among what it has to keep.
    const third = rootRecord({ after: keeping, keys: [robot] }, [cy, robot])
    expect(ids(lostUnder(after, value(third)))).toEqual(new Set([grantOp.id, grant.id, revocation.id]))
  })

  it('is outdated by a newer word as any other', () => {
    const keeping = rootRecord({ after: first, keys: [cy], keeps: [grant.id] }, [ada, bo, cy])
    const newer = roleRecord(robot.peerId, { version: 2, revoked: true }, [cy])
    expect(trustOf(keeping, grant, newer).of(robot.peerId).standing).toBe('revoked')
  })

  it('is not signed blindly: a root that would make words count that do not is refused', () => {
    const smuggled = roleRecord(rogue.peerId, { roles: ['operator'] }, [ada])
    const root = rootRecord({ after: first, keys: [ada, bo], threshold: 2, keeps: [smuggled.id, grantOp.id] }, [ada])
    const trust = trustOf(grantOp, smuggled, root)
    expect(addedBy(value(root), trust)).toBe(1)
    expect(mayAttest('endorse', root, { trust, peer: bo.peerId, now })).toEqual({
      may: false,
      why: 'it would keep 1 role record that does not count here',
    })
    const honest = rootRecord({ after: first, keys: [ada, bo], threshold: 2, keeps: [grantOp.id] }, [ada])
    expect(mayAttest('endorse', honest, { trust: trustOf(grantOp, honest), peer: bo.peerId, now }).may).toBe(true)
    // One that was outdated meanwhile does no harm.
    const outdated = roleRecord(op.peerId, { version: 2, revoked: true }, [bo, cy])
    expect(addedBy(value(honest), trustOf(grantOp, honest, outdated))).toBe(0)
  })
})

test('whatever is in force before a rotation is in force after it, when it keeps what would be lost', () => {
  const people = [ada, bo, cy, op, robot, rogue]
  const pick = (at: number): Signer => people[at] as Signer
  const word = fc.record({
    whom: fc.nat(5),
    by: fc.uniqueArray(fc.nat(3), { minLength: 1 }),
    role: fc.constantFrom('robot' as const, 'operator' as const, null),
    version: fc.integer({ min: 1, max: 3 }),
  })
  const rotation = fc.record({
    keys: fc.uniqueArray(fc.nat(5), { minLength: 1 }),
    threshold: fc.integer({ min: 1, max: 3 }),
  })
  let kept = 0
  let compared = 0
  fc.assert(
    fc.property(fc.array(word, { maxLength: 12 }), rotation, (words, { keys, threshold }) => {
      const records = words.map(({ whom, by, role, version }) =>
        roleRecord(
          pick(whom).peerId,
          { version, ...(role === null ? { revoked: true } : { roles: [role] }) },
          by.map(pick),
        ),
      )
      const before = trustOf(...records)
      const counted =
        before.root === null ? new Set() : ids(evaluateRoles(before.root, before.roleEntries, before.time).inForce)
      const next = { after: first, keys: keys.map(pick), threshold: Math.min(threshold, keys.length) }
      const lost = keepsFor(before, value(rootRecord(next, [ada])))
      kept += lost.length
      const after = trustOf(...records, rootRecord({ ...next, keeps: [...ids(lost)] }, people))
      expect(after.root?.version).toBe(2)
      for (const { peerId } of people) {
        const [was, is] = [before.of(peerId), after.of(peerId)]
        if (was.standing === 'root' || is.standing === 'root') continue
        // With a lower threshold, or other keys, what waited may count now: that is another matter.
        const word = after.wordOn(peerId)
        if (word !== undefined && !counted.has(word.record.id)) continue
        compared++
        expect([peerId, is.standing, [...is.roles].sort()]).toEqual([peerId, was.standing, [...was.roles].sort()])
      }
    }),
    { numRuns: 200 },
  )
  expect(kept).toBeGreaterThan(50)
  expect(compared).toBeGreaterThan(200)
})

function value(root: SignedRecord): RootValue {
  const statement = decodeTrust(root.body)
  if (statement.kind !== 'root') throw new Error('no root')
  return statement.root
}
