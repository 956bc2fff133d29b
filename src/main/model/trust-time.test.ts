import { describe, expect, it } from 'vitest'
import type { Signer } from './attestation.ts'
import type { SignedRecord } from './record.ts'
import { anchorAt, dayMs, makeSigner, roleRecord, rootRecord, startMs } from './testing/trust-steps.ts'
import { evaluateTrust } from './trust-evaluate.ts'
import type { TrustState } from './trust.ts'
import type { TrustTime } from './validity.ts'

const [ada, bo, robot] = Array.from({ length: 3 }, makeSigner) as [Signer, Signer, Signer]
const now = startMs + dayMs
const right: TrustTime = { now, overMs: now, sure: true }

describe('a root that begins later, signed while a clock was ahead,', () => {
  const first = rootRecord({ keys: [ada] })
  const ahead = rootRecord({ keys: [ada, bo], after: first }, [ada], { fromMs: now + 600 * dayMs })
  const beside = rootRecord({ keys: [ada], after: first, name: 'beside' }, [ada], { fromMs: now })
  const next = rootRecord({ keys: [bo], after: ahead }, [ada, bo], { fromMs: now })
  const seen = (believed: SignedRecord, version: number, records: readonly SignedRecord[], time = right) => {
    const trust = evaluateTrust({ anchor: anchorAt(first, believed, version), records, ...time })
    return { root: trust.root?.record.id, problems: trust.problems.map(({ code }) => code), trust }
  }

  it('counts for nobody who has not believed it, until it begins', () => {
    const before = seen(first, 1, [first, ahead])
    expect(before).toMatchObject({ root: first.id, problems: [] })
    expect(before.trust.verdictOf(ahead.id)?.state).toBe('proposed')
    const laterMs = now + 600 * dayMs
    const later = seen(first, 1, [first, ahead], { now: laterMs, overMs: laterMs, sure: true })
    expect(later.root).toBe(ahead.id)
  })

  it('counts on where it was believed, and is named', () => {
    const after = seen(ahead, 2, [first, ahead])
    expect(after).toMatchObject({ root: ahead.id, problems: ['ROOT_AHEAD'] })
    expect(after.trust.verdictOf(ahead.id)?.state).toBe('accepted')
    expect(after.trust.of(bo.peerId).standing).toBe('root')
    expect(after.trust.problems[0]?.message).toContain('begins at 2025-07-')
  })

  it('gives way everywhere to one beside it that has begun', () => {
    for (const [believed, version] of [
      [first, 1],
      [ahead, 2],
      [beside, 2],
    ] as const) {
      expect(seen(believed, version, [first, ahead, beside])).toMatchObject({ root: beside.id })
    }
  })

  it('leads to the one after it, for all alike', () => {
    for (const [believed, version] of [
      [first, 1],
      [ahead, 2],
      [next, 3],
    ] as const) {
      const after = seen(believed, version, [first, ahead, next])
      expect(after).toMatchObject({ root: next.id, problems: [] })
      expect(after.trust.verdictOf(ahead.id)?.state).toBe('accepted')
    }
  })
})

describe('roles', () => {
  const root = rootRecord({ keys: [ada] })
  const granted = roleRecord(robot.peerId, { roles: ['robot'] }, [ada], { days: 30 })
  const standing = (trust: TrustState) => trust.of(robot.peerId).standing
  const at = (records: readonly SignedRecord[], time: Partial<TrustTime>): TrustState =>
    evaluateTrust({ anchor: anchorAt(root), records: [root, ...records], ...right, ...time })

  it('end by the time that is sure to be over, and not by one look at a clock', () => {
    const laterMs = now + 60 * dayMs
    expect(standing(at([granted], { now: laterMs, overMs: now }))).toBe('member')
    expect(standing(at([granted], { now: laterMs, overMs: laterMs }))).toBe('stranger')
    expect(at([granted], { now: laterMs, overMs: laterMs }).everOf(robot.peerId).standing).toBe('member')
  })

  it('that begin later count while it may be our own clock that was set back, and not once it is sure', () => {
    const value = { version: 2, roles: [], revoked: true }
    const revoked = roleRecord(robot.peerId, value, [ada], { fromMs: now + dayMs })
    expect(standing(at([granted, revoked], { sure: false }))).toBe('revoked')
    const sure = at([granted, revoked], {})
    expect(standing(sure)).toBe('member')
    expect(sure.everOf(robot.peerId).standing).toBe('revoked')
    expect(sure.verdictOf(revoked.id)?.state).toBe('proposed')
  })
})
