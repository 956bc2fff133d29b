import { describe, expect, it } from 'vitest'
import { joinFor, type Signer } from './attestation.ts'
import { buckets, type BucketName } from './bucket.ts'
import type { BucketRule } from './policy.ts'
import type { SignedRecord } from './record.ts'
import { dismissalOf, recordState, signersOf } from './state.ts'
import { anchorAt, attested, dayMs, makeSigner, roleRecord, rootRecord, say, startMs } from './testing/trust-steps.ts'
import { evaluateTrust } from './trust-evaluate.ts'
import { askKey, encodeAsk } from './trust-records.ts'
import { attestationFilter, withWeighingAttestations } from './trust-weight.ts'
import type { TrustState } from './trust.ts'

const [ada, op, robot, rogue, stranger, cy] = Array.from({ length: 6 }, makeSigner) as [
  Signer,
  Signer,
  Signer,
  Signer,
  Signer,
  Signer,
]
const now = startMs + dayMs
const twoOperators: BucketRule = {
  authors: ['robot', 'operator'],
  endorse: { roles: ['operator'], count: 2 },
  dismiss: { roles: ['operator'], count: 2 },
}
const root = rootRecord({ keys: [ada], rules: new Map([['usage', twoOperators]]) })
const grants = [
  roleRecord(op.peerId, { roles: ['operator'] }, [ada]),
  roleRecord(robot.peerId, { roles: ['robot'] }, [op]),
  roleRecord(rogue.peerId, { revoked: true }, [op]),
]
const trustWith = (...more: SignedRecord[]): TrustState =>
  evaluateTrust({ anchor: anchorAt(root), records: [root, ...grants, ...more], now })
const trust = trustWith()

const file = (author: Signer, bucket: BucketName = 'files'): SignedRecord =>
  say(author, { bucket, key: 'k', value: {}, days: bucket === 'machines' ? 7 : 30 })
const stateOf = (record: SignedRecord, by: TrustState = trust, at = now) =>
  recordState({ record, trust: by, policy: buckets[record.body.bucket], now: at })

describe('the state of a record', () => {
  it.each<[string, SignedRecord, string, RegExp, string?]>([
    ['of a member counts', file(robot), 'accepted', /^its author is a member of this swarm$/],
    ['of a stranger does not', file(stranger, 'machines'), 'proposed', /^its author has no role in this swarm$/],
    ['of a stranger where none may author may go', file(stranger), 'proposed', /no role/, 'drop'],
    [
      'of a revoked key is dismissed, whatever its date',
      file(rogue),
      'dismissed',
      /^the key of its author was revoked: .*by 12D3/,
      'drop',
    ],
    [
      'of a member without the role does not count',
      file(robot, 'rollouts'),
      'proposed',
      /^its author is not an operator$/,
    ],
    ['of an operator counts where operators author', file(op, 'rollouts'), 'accepted', /an operator/],
    ['of a root key counts as that of an operator and a releaser', file(ada, 'releases'), 'accepted', /a releaser/],
    [
      'that its author took back is dismissed',
      attested(file(robot), 'dismiss', [robot]),
      'dismissed',
      /^its author took it back$/,
      'mark',
    ],
    [
      'that an operator dismisses is dismissed',
      attested(file(robot), 'dismiss', [op]),
      'dismissed',
      new RegExp(`^dismissed by ${op.peerId} \\(operator\\)$`),
      'mark',
    ],
    ['is not dismissed by another robot', attested(file(op), 'dismiss', [robot]), 'accepted', /member/],
    ['is not dismissed by a stranger', attested(file(robot), 'dismiss', [stranger]), 'accepted', /member/],
    ['is not dismissed by a revoked key', attested(file(robot), 'dismiss', [rogue]), 'accepted', /member/],
    [
      'waits for the signatures that a rule of the root wants',
      file(robot, 'usage'),
      'proposed',
      /^needs 2 more operators$/,
    ],
    ['waits for one more', attested(file(op, 'usage'), 'endorse', [robot]), 'proposed', /^needs 1 more operator$/],
    ['counts with all', attested(file(robot, 'usage'), 'endorse', [op, ada]), 'accepted', /2 operators have signed/],
    [
      'with one dismissal of two goes on',
      attested(attested(file(robot, 'usage'), 'endorse', [op]), 'dismiss', [ada]),
      'proposed',
      /1 more/,
    ],
    ['with two is dismissed', attested(file(robot, 'usage'), 'dismiss', [op, ada]), 'dismissed', /operator/, 'mark'],
    ['of a key that signs twice counts once', attested(file(op, 'usage'), 'endorse', [op]), 'proposed', /1 more/],
  ])('%s', (_, record, state, reason, burial) => {
    const verdict = stateOf(record)
    expect(verdict).toMatchObject({ state, ...(burial === undefined ? {} : { burial }) })
    expect(verdict.reason).toMatch(reason)
    if (burial === undefined) expect(verdict.burial).toBeUndefined()
  })

  it('goes by the latest word of each: an endorsement takes a dismissal back', () => {
    const dismissed = attested(file(robot), 'dismiss', [op])
    expect(stateOf(attested(dismissed, 'endorse', [op], startMs + 1)).state).toBe('accepted')
    expect(stateOf(attested(dismissed, 'endorse', [op], startMs - 1)).state).toBe('dismissed')
  })

  it('changes with trust: what a stranger said counts once it is admitted, and no more once it is revoked', () => {
    const record = file(stranger)
    const admit = roleRecord(stranger.peerId, { roles: ['robot'] }, [op])
    const revoke = roleRecord(stranger.peerId, { version: 2, revoked: true }, [op])
    expect(stateOf(record, trustWith(admit)).state).toBe('accepted')
    expect(stateOf(record, trustWith(admit, revoke)).state).toBe('dismissed')
  })

  it('drops nothing while no root is known: nobody can tell yet who is a stranger', () => {
    const blind = evaluateTrust({ anchor: anchorAt(root), records: [], now })
    expect(stateOf(file(robot), blind)).toEqual({ state: 'proposed', reason: 'its author has no role in this swarm' })
  })

  it('ends with its validity', () => {
    expect(stateOf(file(robot), trust, startMs + 30 * dayMs).state).toBe('expired')
    expect(stateOf(file(robot), trust, startMs - dayMs).state).toBe('proposed')
  })

  it('of trust records is what the trust state says, and only asks are ever buried', () => {
    const ask = say(stranger, {
      key: askKey,
      value: encodeAsk({ role: 'robot', name: 'x', simulated: false, invite: null, proof: null }),
    })
    const old = roleRecord(robot.peerId, { roles: ['robot'] }, [ada])
    const newer = roleRecord(robot.peerId, { version: 3, roles: ['robot'] }, [op])
    const refused = attested(ask, 'dismiss', [op])
    const state = trustWith(old, newer, refused)
    expect(stateOf(root, state)).toMatchObject({ state: 'accepted' })
    expect(stateOf(old, state)).toEqual({ state: 'dismissed', reason: 'a newer version counts' })
    expect(stateOf(refused, state)).toMatchObject({ state: 'dismissed', burial: 'mark' })
    expect(stateOf(roleRecord(op.peerId, { version: 7 }, [op]), state).state).toBe('proposed')
  })

  it('tells of a buried record whether it is still dismissed', () => {
    const mark = attested(file(robot), 'dismiss', [op])
    const of = (by: TrustState) =>
      dismissalOf({ author: robot.peerId, bucket: 'files', attestations: mark.attestations }, by)
    expect(of(trust)).toMatch(/dismissed by/)
    expect(of(trustWith(roleRecord(op.peerId, { version: 2, revoked: true }, [ada])))).toBeUndefined()
  })
})

describe('the signers of a record', () => {
  it('are its author and all who attested, and whether they weigh something', () => {
    const record = attested(attested(file(robot, 'usage'), 'endorse', [op, stranger]), 'dismiss', [ada])
    const byPeer = new Map(signersOf(record, trust).map(({ peer, verdict, counts }) => [peer, [verdict, counts]]))
    expect(byPeer.get(robot.peerId)).toEqual(['propose', true])
    expect(byPeer.get(op.peerId)).toEqual(['endorse', true])
    expect(byPeer.get(stranger.peerId)).toEqual(['endorse', false])
    expect(byPeer.get(ada.peerId)).toEqual(['dismiss', true])
  })
})

describe('the gate of attestations', () => {
  const keptOn = (record: SignedRecord, by: TrustState = trust) =>
    new Set(withWeighingAttestations(record, by).attestations.map(({ author }) => author))

  it('lets in those whose word the rule counts and the author, and nobody else', () => {
    const crowd = Array.from({ length: 5 }, makeSigner)
    // Of members nobody need endorse a file, and operators may dismiss it.
    expect(keptOn(attested(file(stranger), 'endorse', [...crowd, op, robot, rogue, stranger]))).toEqual(
      new Set([op.peerId, stranger.peerId]),
    )
    // Whoever has a role may sign a checkpoint, and is heard.
    expect(keptOn(attested(file(robot, 'checkpoints'), 'endorse', [...crowd, op, rogue, ada]))).toEqual(
      new Set([op.peerId, ada.peerId]),
    )
    // For releases releasers sign: an operator that is none has no say.
    expect(keptOn(attested(file(ada, 'releases'), 'dismiss', [op, robot, ada]))).toEqual(new Set([ada.peerId]))
  })

  it('lets in under a root the keys of the one before it and its own; under roles operators and keys of believed roots', () => {
    const next = rootRecord({ after: root, keys: [ada, stranger], threshold: 2 }, [ada, stranger])
    expect(keptOn(attested(next, 'endorse', [op, robot, rogue]))).toEqual(new Set([stranger.peerId]))
    const grant = attested(roleRecord(op.peerId, { version: 2 }, [ada]), 'endorse', [stranger, robot, rogue, ada])
    expect(keptOn(grant)).toEqual(new Set([ada.peerId]))
    expect(keptOn(grant, trustWith(next))).toEqual(new Set([ada.peerId, stranger.peerId]))
    // Who had to sign a root cannot be told while the one before it is not here; nor anything while none is known.
    const later = attested(rootRecord({ after: next, keys: [cy] }, [cy]), 'endorse', [stranger])
    expect(keptOn(later)).toEqual(new Set([stranger.peerId]))
    const blind = evaluateTrust({ anchor: anchorAt(root), records: [], now })
    expect(withWeighingAttestations(grant, blind)).toBe(grant)
    expect(attestationFilter(blind, file(robot))(stranger.peerId)).toBe(false)
  })

  it('lets a revoked root key speak about root keys alone', () => {
    const both = rootRecord({ keys: [ada, cy] })
    const gone = roleRecord(cy.peerId, { revoked: true }, [ada])
    const by = evaluateTrust({ anchor: anchorAt(both), records: [both, gone], now })
    expect(keptOn(attested(roleRecord(robot.peerId, { roles: ['robot'] }, [ada]), 'endorse', [cy]), by).size).toBe(0)
    expect(keptOn(attested(roleRecord(ada.peerId, { revoked: true }, [ada]), 'endorse', [cy]), by).size).toBe(1)
  })

  it('has a hundred robots crowd out nobody who decides', () => {
    const robots = Array.from({ length: 100 }, makeSigner)
    const keys = Array.from({ length: 3 }, makeSigner)
    const start = rootRecord({ keys, threshold: 3 })
    const admitted = robots.map(({ peerId }) => roleRecord(peerId, { roles: ['robot'] }, keys))
    const by = evaluateTrust({ anchor: anchorAt(start), records: [start, ...admitted], now })
    expect(by.of((robots[7] as Signer).peerId).standing).toBe('member')
    const [first, ...others] = keys as [Signer, Signer, Signer]
    for (const bare of [
      rootRecord({ after: start, keys: [first], threshold: 1 }, [first]),
      roleRecord(robot.peerId, { roles: ['operator'] }, [first]),
    ]) {
      let held: SignedRecord = bare
      // As they come, a few at a time, the robots first.
      for (const from of [0, 25, 50, 75]) {
        const came = withWeighingAttestations(attested(bare, 'endorse', robots.slice(from, from + 25)), by)
        held = { ...held, attestations: joinFor(held, held.attestations, came.attestations) }
      }
      const signed = withWeighingAttestations(attested(bare, 'endorse', others), by)
      held = { ...held, attestations: joinFor(held, held.attestations, signed.attestations) }
      expect(new Set(held.attestations.map(({ author }) => author))).toEqual(
        new Set(others.map(({ peerId }) => peerId)),
      )
    }
  })
})

describe('attestations under a root or role record', () => {
  it('join to an endorsement, in whichever order it and a later dismissal come', () => {
    const endorsed = attested(root, 'endorse', [op], startMs)
    const dismissed = attested(root, 'dismiss', [op], startMs + 9)
    const one = joinFor(root, endorsed.attestations, dismissed.attestations)
    const other = joinFor(root, dismissed.attestations, endorsed.attestations)
    expect(one).toEqual(other)
    expect(one).toMatchObject([{ verdict: 'endorse' }])
  })
})
