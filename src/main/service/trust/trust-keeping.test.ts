import { randomBytes } from 'node:crypto'
import { expect, test, vi } from 'vitest'
import { encodeRole, roleKey } from '../../model/trust-records.ts'
import { identityOfSeed } from '../../store/identity-store.ts'
import { agree, dayMs, linkOf, sign, standing } from './testing/trust-desks.ts'
import { talk } from './testing/trust-peer.ts'
import { trustTeam } from './testing/trust-team.ts'

const team = trustTeam()
const { start } = team

/** Somebody about whom words are said; it is not there itself. */
const someone = () => identityOfSeed(randomBytes(32))

/** A desk, and an operator that has admitted one peer and revoked another. */
async function deskAndOperator() {
  const desk = await start('desk')
  const op = await start('op', { join: linkOf(desk, 'operator') })
  talk(desk, op)
  await vi.waitFor(() => expect(standing(desk, op)).toBe('member'))
  talk(desk, op)
  const [robot, rogue] = [someone(), someone()]
  op.trust.admit(robot.peerId, ['robot'])
  op.trust.revoke(rogue.peerId, 'stolen')
  talk(desk, op)
  expect([standing(desk, robot), standing(desk, rogue)]).toEqual(['member', 'revoked'])
  return { desk, op, robot, rogue }
}

test('who revokes an operator signs what hangs on its signature: its revocations and its grants', async () => {
  const { desk, op, robot, rogue } = await deskAndOperator()
  const { lost } = desk.trust.revoke(op.peerId, 'left')
  expect(lost).toBeUndefined()
  expect([op, robot, rogue].map((peer) => standing(desk, peer))).toEqual(['revoked', 'member', 'revoked'])
})

test('whom it has admitted can be let go; its revocations are kept all the same', async () => {
  const { desk, op, robot, rogue } = await deskAndOperator()
  expect(desk.trust.resting(op.peerId)).toMatchObject({
    total: 2,
    words: [
      { peer: robot.peerId, roles: ['robot'], revokes: false },
      { peer: rogue.peerId, revokes: true },
    ],
  })
  desk.trust.revoke(op.peerId, 'was never one of us', { dropGrants: true })
  expect([op, robot, rogue].map((peer) => standing(desk, peer))).toEqual(['revoked', 'stranger', 'revoked'])
})

test('an operator that becomes a robot keeps what it has said in force', async () => {
  const { desk, op, robot, rogue } = await deskAndOperator()
  desk.trust.admit(op.peerId, ['robot'])
  expect([op, robot, rogue].map((peer) => standing(desk, peer))).toEqual(['member', 'member', 'revoked'])
  expect([...desk.book.trust().of(op.peerId).roles]).toEqual(['robot'])
})

/** Three root keys, two of which must sign. */
async function threeKeys() {
  const a = await start('a')
  const link = linkOf(a, null, 2)
  const [b, c] = [await start('b', { join: link }), await start('c', { join: link })]
  talk(a, b, c)
  a.trust.setRoot({ keys: [a.peerId, b.peerId, c.peerId], threshold: 2 })
  agree(a, b, c)
  for (const peer of [a, b, c]) expect(peer.trust.view().root).toMatchObject({ version: 2, threshold: 2 })
  return [a, b, c] as const
}

test('what two keys have signed outlives one of them, signed by those who revoke it or kept by the next root', async () => {
  const [a, b, c] = await threeKeys()
  const [op, robot] = [someone(), someone()]
  a.trust.admit(op.peerId, ['operator'])
  talk(a, b, c)
  sign(b)
  b.trust.admit(robot.peerId, ['robot'])
  talk(a, b, c)
  expect(standing(c, op)).toBe('member')
  // B is revoked by A and C. A has signed the operator already; C signs it with the revocation.
  a.trust.revoke(b.peerId, 'stolen')
  agree(a, c)
  for (const peer of [a, c]) {
    expect(peer.trust.view().root).toMatchObject({ version: 3 })
    expect([b, op, robot].map((one) => standing(peer, one))).toEqual(['revoked', 'member', 'member'])
  }
})

test('what two keys have signed, of which one is revoked, is kept by the next root', async () => {
  const [a, b, c] = await threeKeys()
  const [rogue, robot] = [someone(), someone()]
  // Two of three must sign a revocation of an operator; B and C do.
  b.trust.admit(rogue.peerId, ['operator'])
  agree(b, c)
  b.trust.revoke(rogue.peerId, 'stolen')
  agree(b, c)
  const op = await start('op', { join: linkOf(b, null) })
  talk(a, b, c, op)
  b.trust.admit(op.peerId, ['operator'])
  agree(b, c)
  talk(a, b, c, op)
  op.trust.admit(robot.peerId, ['robot'])
  talk(a, b, c, op)
  // B says it again alone: C's signature is on all of it, and nobody else's.
  const { lost } = b.trust.revoke(c.peerId, 'stolen')
  expect(lost).toBeUndefined()
  talk(a, b)
  expect(
    a.trust
      .view()
      .proposals.map(({ what }) => what)
      .join(),
  ).toMatch(/keeps \d words of keys that go/)
  // With A's signature, which comes with its consent, nothing is lost.
  agree(a, b)
  expect([c, rogue, op, robot].map((one) => standing(a, one))).toEqual(['revoked', 'revoked', 'member', 'member'])
})

test('a root that has ended is renewed by its key, and everybody believes again', async () => {
  const desk = await start('desk')
  const robot = await start('robot', { join: linkOf(desk, 'robot') })
  talk(desk, robot)
  await vi.waitFor(() => expect(standing(desk, robot)).toBe('member'))
  talk(desk, robot)
  // Nobody is there for two years and more.
  await desk.trust.stop()
  team.clock.jump(740 * dayMs)
  for (const peer of [desk, robot]) {
    peer.book.sweep()
    expect(peer.book.trust().root).toBeNull()
    expect(peer.trust.view().problems.map(({ code }) => code)).toContain('ROOT_EXPIRED')
    expect(peer.trust.view().root).toMatchObject({ version: 1, keys: [{ peer: desk.peerId }] })
    expect(peer.trust.view().asks).toEqual([])
  }
  expect(standing(robot, desk)).toBe('stranger')
  expect(() => robot.trust.setRoot({ keys: [robot.peerId], threshold: 1 })).toThrow(
    expect.objectContaining({ code: 'NOT_TRUSTED' }),
  )
  desk.trust.setRoot({ keys: [desk.peerId], threshold: 1 })
  talk(desk, robot)
  for (const peer of [desk, robot]) {
    expect(peer.trust.view().root).toMatchObject({ version: 2 })
    expect(standing(peer, desk)).toBe('root')
  }
  // And by itself, when its key comes back.
  team.clock.jump(740 * dayMs)
  const again = desk
  await again.trust.start()
  await team.clock.advance(30 * 60_000)
  await vi.waitFor(() => expect(again.trust.view().root).toMatchObject({ version: 3 }))
  talk(again, robot)
  expect(robot.trust.view().root).toMatchObject({ version: 3 })
})

test('a role is renewed though somebody has left another word about its peer lying', async () => {
  const desk = await start('desk')
  const op = await start('op', { join: linkOf(desk, 'operator') })
  talk(desk, op)
  await vi.waitFor(() => expect(standing(desk, op)).toBe('member'))
  talk(desk, op)
  const [other] = [someone()]
  desk.trust.admit(other.peerId, ['release'])
  talk(desk, op)
  const endsAtMs = () => desk.book.trust().of(other.peerId).record?.body.validUntil ?? 0
  const first = endsAtMs()
  // An operator alone cannot revoke a releaser: this waits for ever.
  const value = encodeRole({ version: 2, roles: [], revoked: true, note: null })
  op.book.author({ bucket: 'trust', key: roleKey(other.peerId), value, validForMs: 700 * dayMs })
  talk(desk, op)
  team.clock.jump(320 * dayMs)
  await team.clock.advance(30 * 60_000)
  await vi.waitFor(() => expect(endsAtMs()).toBeGreaterThan(first + 300 * dayMs))
  expect(standing(desk, other)).toBe('member')
})

test('keys of which too few must sign are warned of; a revoked key becomes none', async () => {
  const desk = await start('desk')
  const [one, gone] = [someone(), someone()]
  expect(desk.trust.view().root?.warning).toBeUndefined()
  desk.trust.revoke(gone.peerId, null)
  expect(() => desk.trust.setRoot({ keys: [desk.peerId, gone.peerId], threshold: 1 })).toThrow(/was revoked/)
  desk.book.author({
    bucket: 'trust',
    key: roleKey(one.peerId),
    value: encodeRole({ version: 1, roles: ['robot'], revoked: false, note: null }),
    validForMs: dayMs,
  })
  const second = await start('second', { join: linkOf(desk) })
  talk(desk, second)
  desk.trust.setRoot({ keys: [desk.peerId, second.peerId], threshold: 1 })
  expect(desk.trust.view().root?.warning).toMatch(/^1 of 2 root keys can change the root, .* let 2 of 2 sign$/)
  expect(desk.trust.view().policies.find(({ bucket }) => bucket === 'files')?.is).toMatchObject({
    dismiss: { roles: ['operator'], count: 1 },
  })
})
