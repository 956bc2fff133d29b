import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { growth } from '../../../scripts/growth.ts'
import { mayAttest } from './attest-rights.ts'
import { signAttestation, type Signer } from './attestation.ts'
import type { SignedRecord } from './record.ts'
import {
  anchorAt,
  attested,
  dayMs,
  makeSigner,
  roleRecord,
  rootRecord,
  say,
  startMs,
  testSwarm,
} from './testing/trust-steps.ts'
import { evaluateTrust } from './trust-evaluate.ts'
import { isEnough, maySign, neededFor, neededForRoot, nextVersionFor } from './trust-needs.ts'
import { askKey, encodeAsk } from './trust-records.ts'
import type { TrustAnchor, TrustState } from './trust.ts'

const [ada, bo, cy, dee, robot, server] = Array.from({ length: 6 }, makeSigner) as [
  Signer,
  Signer,
  Signer,
  Signer,
  Signer,
  Signer,
]
const now = startMs + dayMs

const trustOf = (anchor: TrustAnchor, records: readonly SignedRecord[], at = now): TrustState =>
  evaluateTrust({ anchor, records, now: at })

describe('roles', () => {
  const root = rootRecord({ keys: [ada, bo, cy], threshold: 2 })
  const anchor = anchorAt(root)
  const operator = roleRecord(dee.peerId, { roles: ['operator'] }, [ada, bo])

  it('of operators need the threshold of the root', () => {
    const alone = roleRecord(dee.peerId, { roles: ['operator'] }, [ada])
    const trust = trustOf(anchor, [root, alone])
    expect(trust.of(dee.peerId).standing).toBe('stranger')
    expect(trust.verdictOf(alone.id)?.reason).toBe('needs 1 more root key (1 of 2 have signed)')
    const both = trustOf(anchor, [root, operator])
    expect(both.of(dee.peerId)).toMatchObject({ standing: 'member', roles: new Set(['operator']) })
    expect(both.of(dee.peerId).reason).toMatch(/^granted operator by 12D3\w+ and 12D3\w+ \(root keys\) on 2023-11-14$/)
  })

  it('of robots and servers need one operator', () => {
    const grant = roleRecord(robot.peerId, { roles: ['robot'] }, [dee])
    const trust = trustOf(anchor, [grant, operator, root])
    expect(trust.of(robot.peerId)).toMatchObject({ standing: 'member', roles: new Set(['robot']), record: grant })
    expect(trust.verdictOf(grant.id)).toEqual({ state: 'accepted', reason: `signed by ${dee.peerId} (operator)` })
    expect(trustOf(anchor, [grant, root]).verdictOf(grant.id)).toEqual({
      state: 'proposed',
      reason: 'needs an operator',
    })
    // A robot speaks for nobody.
    const second = roleRecord(server.peerId, { roles: ['server'] }, [robot])
    expect(trustOf(anchor, [grant, operator, root, second]).of(server.peerId).standing).toBe('stranger')
  })

  it('are those of the highest version; of two alike a revocation', () => {
    const grant = roleRecord(robot.peerId, { roles: ['robot'] }, [dee])
    const revoke = roleRecord(robot.peerId, { version: 2, revoked: true }, [dee])
    const back = roleRecord(robot.peerId, { version: 2, roles: ['robot'] }, [dee])
    const again = roleRecord(robot.peerId, { version: 3, roles: ['robot'] }, [dee])
    const revoked = trustOf(anchor, [root, operator, back, grant, revoke])
    expect(revoked.of(robot.peerId)).toMatchObject({ standing: 'revoked', roles: new Set() })
    expect(revoked.verdictOf(grant.id)).toEqual({ state: 'dismissed', reason: 'a newer version counts' })
    expect(revoked.verdictOf(back.id)?.reason).toBe('another record of the same version counts')
    expect(trustOf(anchor, [root, operator, back, grant, revoke, again]).of(robot.peerId).standing).toBe('member')
  })

  it('that an operator cannot change: those of privileged peers, and those the root has revoked', () => {
    const attack = roleRecord(dee.peerId, { version: 9, revoked: true }, [dee])
    const onRoot = roleRecord(ada.peerId, { version: 9, revoked: true }, [dee])
    const byRoot = roleRecord(robot.peerId, { version: 1, revoked: true }, [ada, cy])
    const back = roleRecord(robot.peerId, { version: 2, roles: ['robot'] }, [dee])
    const selfMade = roleRecord(server.peerId, { roles: ['server', 'operator'] }, [dee])
    const trust = trustOf(anchor, [root, operator, attack, onRoot, byRoot, back, selfMade])
    expect(trust.of(dee.peerId).standing).toBe('member')
    expect(trust.of(ada.peerId).standing).toBe('root')
    expect(trust.of(robot.peerId).standing).toBe('revoked')
    expect(trust.of(server.peerId).standing).toBe('stranger')
    for (const record of [attack, onRoot, back, selfMade]) {
      expect(trust.verdictOf(record.id)).toMatchObject({
        state: 'proposed',
        reason: expect.stringMatching(/root key/) as string,
      })
    }
  })

  it('that an operator can change: those of a robot that the root admitted, by a higher version alone', () => {
    const byRoot = roleRecord(robot.peerId, { version: 2, roles: ['robot'] }, [ada, cy])
    const same = roleRecord(robot.peerId, { version: 2, revoked: true }, [dee])
    const higher = roleRecord(robot.peerId, { version: 3, revoked: true }, [dee])
    expect(trustOf(anchor, [root, operator, byRoot, same]).of(robot.peerId).standing).toBe('member')
    expect(trustOf(anchor, [root, operator, byRoot, same, higher]).of(robot.peerId).standing).toBe('revoked')
  })

  it('granted by a key that was revoked count no more', () => {
    const grant = roleRecord(robot.peerId, { roles: ['robot'] }, [dee])
    const revoke = roleRecord(dee.peerId, { version: 2, revoked: true }, [bo, cy])
    const trust = trustOf(anchor, [root, operator, grant, revoke])
    expect(trust.of(dee.peerId).standing).toBe('revoked')
    expect(trust.of(robot.peerId).standing).toBe('stranger')
    expect(trust.verdictOf(grant.id)).toEqual({ state: 'dismissed', reason: 'the key of its author was revoked' })
    const other = attested(grant, 'endorse', [ada])
    expect(trustOf(anchor, [root, operator, other, revoke]).of(robot.peerId).standing).toBe('member')
  })

  it('of root keys that are revoked are none, and their words about others weigh nothing', () => {
    const onCy = roleRecord(cy.peerId, { revoked: true }, [ada, bo])
    const byCy = roleRecord(dee.peerId, { roles: ['operator'] }, [ada, cy])
    const trust = trustOf(anchor, [root, onCy, byCy])
    expect(trust.of(cy.peerId)).toMatchObject({ standing: 'revoked', roles: new Set() })
    expect(trust.of(dee.peerId).standing).toBe('stranger')
  })

  it('end with the record that grants them', () => {
    const grant = roleRecord(robot.peerId, { roles: ['robot'] }, [dee], { days: 2 })
    expect(trustOf(anchor, [root, operator, grant], startMs + 2 * dayMs - 1).of(robot.peerId).standing).toBe('member')
    const over = trustOf(anchor, [root, operator, grant], startMs + 2 * dayMs)
    expect(over.of(robot.peerId).standing).toBe('stranger')
    expect(over.verdictOf(grant.id)?.state).toBe('expired')
  })

  it('are told with who must sign before anybody does', () => {
    const trust = trustOf(anchor, [root, operator])
    const asRobot = neededFor(trust, { subject: robot.peerId, roles: ['robot'] })
    expect(asRobot).toEqual({ kind: 'operator' })
    expect(isEnough(trust, asRobot, new Set([dee.peerId]))).toBe(true)
    expect(isEnough(trust, asRobot, new Set([robot.peerId]))).toBe(false)
    const asReleaser = neededFor(trust, { subject: robot.peerId, roles: ['release'] })
    expect(asReleaser).toMatchObject({ kind: 'root', threshold: 2 })
    expect(maySign(trust, asReleaser, dee.peerId)).toBe(false)
    expect(isEnough(trust, asReleaser, new Set([ada.peerId, cy.peerId]))).toBe(true)
    expect(neededFor(trust, { subject: dee.peerId, roles: [] }).kind).toBe('root')
    expect(nextVersionFor(trust, dee.peerId)).toBe(2)
    expect(nextVersionFor(trust, robot.peerId)).toBe(1)
    const next = neededForRoot(trust, { keys: [ada.peerId, dee.peerId], threshold: 2 })
    expect(isEnough(trust, next, new Set([ada.peerId, dee.peerId]))).toBe(false)
    expect(isEnough(trust, next, new Set([ada.peerId, bo.peerId, dee.peerId]))).toBe(true)
  })

  it('are not driven out of reach by somebody without a say', () => {
    const crazy = roleRecord(server.peerId, { version: 0xffff_ffff, roles: ['server'] }, [robot])
    const grant = roleRecord(robot.peerId, { roles: ['robot'] }, [dee])
    expect(nextVersionFor(trustOf(anchor, [root, operator, grant, crazy]), server.peerId)).toBe(1)
  })

  it('are not driven out of reach by what waits: far beyond what counts it is left out', () => {
    const grant = roleRecord(robot.peerId, { version: 5, roles: ['robot'] }, [dee])
    const waits = (version: number) => roleRecord(robot.peerId, { version, roles: ['operator'] }, [dee])
    const next = (...more: SignedRecord[]) =>
      nextVersionFor(trustOf(anchor, [root, operator, grant, ...more]), robot.peerId)
    expect([next(), next(waits(7)), next(waits(1_005)), next(waits(1_006)), next(waits(0xffff_ffff))]).toEqual([
      6, 8, 1_006, 6, 6,
    ])
  })

  it('that count cannot be taken back; a proposal can, and then nobody is asked to sign it', () => {
    const grant = roleRecord(robot.peerId, { roles: ['robot'] }, [dee])
    const back = attested(grant, 'dismiss', [dee], now)
    const trust = trustOf(anchor, [root, operator, back])
    expect(trust.of(robot.peerId).standing).toBe('member')
    expect(
      mayAttest('dismiss', grant, { trust: trustOf(anchor, [root, operator, grant]), peer: dee.peerId, now }),
    ).toEqual({
      may: false,
      why: 'what has counted cannot be taken back: propose the next one',
    })
    const proposal = attested(roleRecord(server.peerId, { roles: ['operator'] }, [ada]), 'dismiss', [ada], now)
    const waiting = trustOf(anchor, [root, operator, proposal])
    expect(waiting.verdictOf(proposal.id)).toEqual({ state: 'dismissed', reason: 'its author took it back' })
    expect(mayAttest('endorse', proposal, { trust: waiting, peer: bo.peerId, now })).toEqual({
      may: false,
      why: 'its author took it back',
    })
    // Who signed it without having heard of that has signed it: what counts does not hang on who heard what first.
    expect(trustOf(anchor, [root, attested(proposal, 'endorse', [bo])]).of(server.peerId).standing).toBe('member')
    // An endorsement is not taken back either.
    const twice = attested(
      attested(roleRecord(server.peerId, { roles: ['operator'] }, [ada]), 'endorse', [bo]),
      'dismiss',
      [bo],
      now,
    )
    expect(trustOf(anchor, [root, twice]).of(server.peerId).standing).toBe('member')
  })
})

describe('an ask', () => {
  const root = rootRecord({ keys: [ada] })
  const ask = say(robot, {
    key: askKey,
    value: encodeAsk({ role: 'robot', name: 'duckie', simulated: false, invite: null, proof: null }),
  })
  const grant = roleRecord(robot.peerId, { roles: ['robot'] }, [ada])
  const revoke = roleRecord(robot.peerId, { version: 2, revoked: true }, [ada])

  it.each([
    ['waits for an operator', [ask], 'proposed', /needs an operator/],
    ['is answered once its author is admitted', [ask, grant], 'accepted', /admitted/],
    ['of a revoked key is dismissed', [ask, grant, revoke], 'dismissed', /revoked/],
    ['that an operator refuses is dismissed', [attested(ask, 'dismiss', [ada])], 'dismissed', /dismissed by 12D3/],
    ['is not refused by a stranger', [attested(ask, 'dismiss', [bo])], 'proposed', /needs an operator/],
    ['can be taken back', [attested(ask, 'dismiss', [robot]), grant], 'dismissed', /took it back/],
  ] as const)('%s', (_, records, state, reason) => {
    const verdict = trustOf(anchorAt(root), [root, ...records]).verdictOf(ask.id)
    expect(verdict?.state).toBe(state)
    expect(verdict?.reason).toMatch(reason)
  })
})

describe('the trust state', () => {
  it('is the same for any order of the records', () => {
    const start = rootRecord({ keys: [ada, bo] })
    const all = [
      start,
      rootRecord({ version: 2, keys: [ada, bo, cy], threshold: 2 }, [ada, cy]),
      rootRecord({ version: 2, keys: [bo], threshold: 1 }, [bo]),
      roleRecord(dee.peerId, { roles: ['operator'] }, [ada, bo]),
      roleRecord(dee.peerId, { version: 2, roles: ['robot'] }, [bo]),
      roleRecord(robot.peerId, { roles: ['robot'] }, [dee]),
      roleRecord(robot.peerId, { version: 2, revoked: true }, [cy]),
      roleRecord(ada.peerId, { revoked: true }, [bo, cy]),
    ]
    const seen = (records: readonly SignedRecord[]): unknown => {
      const trust = trustOf(anchorAt(start), records)
      const peers = [ada, bo, cy, dee, robot].map(({ peerId }) => trust.of(peerId).standing)
      return [trust.fingerprint, trust.root?.record.id, peers, all.map(({ id }) => trust.verdictOf(id))]
    }
    const expected = seen(all)
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (records) => {
        expect(seen(records)).toEqual(expected)
      }),
    )
  })

  it('takes a time that grows with the number of robots', () => {
    const root = rootRecord({ keys: [ada] })
    const swarmOf = (robots: number): (() => void) => {
      const records = [root]
      for (let i = 0; i < robots; i++) records.push(roleRecord(makeSigner().peerId, { roles: ['robot'] }, [ada]))
      return () => expect(trustOf(anchorAt(root), records).members().length).toBe(robots + 1)
    }
    // Ten times as many: with the square of their number it would be a hundred times as long.
    expect(growth(swarmOf(100), swarmOf(1_000))).toBeLessThan(40)
  })

  it('keeps attestations apart by their verdict', () => {
    const root = rootRecord({ keys: [ada] })
    const grant = roleRecord(robot.peerId, { roles: ['robot'] }, [bo])
    const against = {
      ...grant,
      attestations: [signAttestation({ id: grant.id, swarm: testSwarm }, 'dismiss', now, ada)],
    }
    expect(trustOf(anchorAt(root), [root, against]).of(robot.peerId).standing).toBe('stranger')
  })
})
