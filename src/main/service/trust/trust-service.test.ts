import { expect, test, vi } from 'vitest'
import type { PeerId } from '../../../shared/ids.ts'
import { nextVersionFor } from '../../model/trust-needs.ts'
import { encodeRole, roleKey } from '../../model/trust-records.ts'
import { dayMs, linkOf, sign, standing, twoOfThree } from './testing/trust-desks.ts'
import { talk, type TrustPeer } from './testing/trust-peer.ts'
import { trustTeam } from './testing/trust-team.ts'

const team = trustTeam()
const { start } = team

const roles = (at: TrustPeer, of: TrustPeer) => [...at.book.trust().of(of.peerId).roles]

test('a newcomer that comes with an invite is admitted by whoever made it, and takes its wish back', async () => {
  const desk = await start('desk')
  const robot = await start('duckie01', { join: linkOf(desk, 'robot') })
  expect(robot.trust.swarmView()).toEqual(desk.trust.swarmView())
  expect(standing(robot, robot)).toBe('stranger')
  talk(desk, robot)
  await vi.waitFor(() => expect(roles(desk, robot)).toEqual(['robot']))
  talk(desk, robot)
  expect([standing(robot, robot), roles(robot, robot)]).toEqual(['member', ['robot']])
  expect(desk.trust.invites()).toEqual([])
  expect([desk.trust.view().asks, robot.trust.view().asks]).toEqual([[], []])
  const asks = robot.book.live('trust', { author: robot.peerId, key: 'ask' })
  expect(asks).toEqual([])
})

test('who only asks is shown to an operator, who admits it', async () => {
  const desk = await start('desk')
  const robot = await start('duckie01', { join: linkOf(desk) })
  talk(desk, robot)
  expect(desk.trust.view().asks).toMatchObject([
    { peer: robot.peerId, name: 'duckie01', role: 'robot', invite: expect.any(String) as unknown },
  ])
  expect(desk.trust.counts()).toEqual({ asks: 1, proposals: 0 })
  expect(robot.trust.counts()).toEqual({ asks: 0, proposals: 0 })
  expect(standing(desk, robot)).toBe('stranger')
  desk.trust.admit(robot.peerId, ['robot'])
  talk(desk, robot)
  expect(roles(robot, robot)).toEqual(['robot'])
  expect(desk.trust.counts().asks).toBe(0)
  // A robot cannot admit anybody, and says why.
  const other = await start('duckie02', { join: linkOf(desk) })
  talk(desk, robot, other)
  expect(() => robot.trust.admit(other.peerId, ['robot'])).toThrow(
    expect.objectContaining({
      code: 'NOT_TRUSTED',
      message: expect.stringMatching(/^An operator can admit/) as unknown,
    }),
  )
  expect(() => other.trust.invite({ role: 'robot', uses: 1, validForMs: dayMs })).toThrow(
    expect.objectContaining({ code: 'NOT_TRUSTED' }),
  )
  // Nor promise it in an invite; it may show the way in.
  expect(() => linkOf(robot, 'robot')).toThrow(expect.objectContaining({ code: 'NOT_TRUSTED' }))
  expect(robot.trust.readInvite(linkOf(robot)).role).toBeNull()
})

test('an invite admits as many as it says, each once, and none when it was withdrawn or has ended', async () => {
  const desk = await start('desk')
  const twice = linkOf(desk, 'robot', 2)
  const [one, two, three] = await Promise.all(['a', 'b', 'c'].map((name) => start(name, { join: twice })))
  if (one === undefined || two === undefined || three === undefined) throw new Error('no peers')
  talk(desk, one, two, three)
  await vi.waitFor(() => expect([one, two, three].filter((peer) => standing(desk, peer) === 'member')).toHaveLength(2))
  expect([one, two, three].filter((peer) => standing(desk, peer) === 'stranger')).toHaveLength(1)

  // One that was sent away does not come back by the invite it came with.
  const admitted = [one, two, three].find((peer) => standing(desk, peer) === 'member') ?? one
  desk.trust.revoke(admitted.peerId, 'lost')
  talk(desk, one, two, three)
  expect(standing(desk, admitted)).toBe('revoked')

  const withdrawn = desk.trust.invite({ role: 'robot', uses: 1, validForMs: dayMs })
  desk.trust.withdrawInvite(withdrawn.id)
  expect(() => desk.trust.withdrawInvite(withdrawn.id)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
  const late = await start('late', { join: withdrawn.link })
  talk(desk, late)
  expect(desk.trust.view().asks.find(({ peer }) => peer === late.peerId)?.invite).toBeNull()

  const ends = linkOf(desk, 'robot')
  const tooLate = await start('too-late', { join: ends })
  await team.clock.advance(2 * dayMs)
  talk(desk, tooLate)
  expect([standing(desk, late), standing(desk, tooLate)]).toEqual(['stranger', 'stranger'])
  expect(desk.trust.invites()).toEqual([])
  expect(() => desk.trust.readInvite(ends)).toThrow(expect.objectContaining({ code: 'BAD_INVITE' }))
})

test('a proof is worth nothing in another mouth, nor in another swarm', async () => {
  const desk = await start('desk')
  const link = linkOf(desk, 'robot', 5)
  const robot = await start('duckie01', { join: link })
  const stolen = robot.swarm.get().ask
  const thief = await start('thief', { join: linkOf(desk) })
  thief.swarm.update({ ask: stolen })
  await thief.stop()
  const again = await start('thief', { again: thief })
  team.release(thief)
  talk(desk, again)
  expect(desk.trust.view().asks.find(({ peer }) => peer === again.peerId)?.invite).toBeNull()
  expect(standing(desk, again)).toBe('stranger')

  const elsewhere = await start('elsewhere')
  expect(elsewhere.trust.readInvite(link)).toMatchObject({ current: false, role: 'robot', swarm: { name: 'lab' } })
  expect(desk.trust.readInvite(link).current).toBe(true)
  talk(desk, elsewhere, robot)
  expect(standing(elsewhere, robot)).toBe('stranger')
})

test('invites survive a restart, with the uses that are left', async () => {
  const desk = await start('desk')
  const link = linkOf(desk, 'robot', 2)
  const robot = await start('duckie01', { join: link })
  talk(desk, robot)
  await vi.waitFor(() => expect(standing(desk, robot)).toBe('member'))
  await desk.stop()
  team.release(desk)
  const again = await start('desk', { again: desk })
  expect(again.trust.invites()).toMatchObject([{ usesLeft: 1, role: 'robot' }])
  expect(again.trust.readInvite(again.trust.invites()[0]?.link ?? '').current).toBe(true)
  const second = await start('duckie02', { join: link })
  talk(again, second)
  await vi.waitFor(() => expect(standing(again, second)).toBe('member'))
})

test('root keys are rotated two of three, and a lost one is replaced by the others', async () => {
  const [a, b, c] = await twoOfThree(start)
  expect([a, b, c].map((peer) => standing(c, peer))).toEqual(['root', 'root', 'root'])
  // A is lost. B revokes it: nothing happens until C signs as well.
  b.trust.revoke(a.peerId, 'stolen')
  talk(b, c)
  expect(standing(b, a)).toBe('root')
  expect(c.trust.counts().proposals).toBe(2)
  const [proposal] = c.trust.view().proposals
  expect(proposal).toMatchObject({ mine: true, missing: expect.stringMatching(/1 more/) as unknown })
  expect(proposal?.signers).toMatchObject([{ peer: b.peerId, verdict: 'propose', counts: true }])
  expect(sign(c)).toBe(2)
  talk(b, c)
  for (const peer of [b, c]) {
    expect(standing(peer, a)).toBe('revoked')
    expect(peer.trust.view().root).toMatchObject({ version: 3, threshold: 2 })
    expect(peer.trust.view().root?.keys.map((key) => key.peer)).toEqual([b.peerId, c.peerId])
  }
  // A replacement comes in the same way.
  const d = await start('d', { join: linkOf(b, null), role: 'operator' })
  c.trust.setRoot({ keys: [b.peerId, c.peerId, d.peerId], threshold: 2 })
  talk(b, c, d)
  sign(b)
  talk(b, c, d)
  expect(standing(d, d)).toBe('root')
})

test('a revoked root key is named until there is a root without it, which whoever signs the revocation signs too', async () => {
  const [a, b, c] = await twoOfThree(start)
  const named = (peer: TrustPeer) =>
    peer.trust
      .view()
      .problems.filter(({ code }) => code === 'ROOT_KEY_REVOKED')
      .map(({ message }) => message)
  // A word alone, as the API can make it, without the next root.
  const version = nextVersionFor(b.book.trust(), a.peerId)
  const value = encodeRole({ version, roles: [], revoked: true, note: 'stolen' })
  const word = b.book.author({ bucket: 'trust', key: roleKey(a.peerId), value, validForMs: 100 * dayMs })
  talk(b, c)
  c.book.attest(word.record.id, 'endorse')
  talk(b, c)
  expect(standing(b, a)).toBe('revoked')
  for (const peer of [b, c]) {
    expect(named(peer)).toEqual([
      expect.stringMatching(/^The key of .+ was revoked, but it is still one of the root keys/),
    ])
  }
  // Said once more with the command: what it lacked is made, and signed by whoever signs the other.
  b.trust.revoke(a.peerId, 'stolen')
  expect(named(b)).toHaveLength(1)
  talk(b, c)
  const revocation = c.trust.view().proposals.find(({ what }) => what.includes('is revoked'))
  expect(c.trust.view().proposals).toHaveLength(2)
  c.trust.attest(revocation?.recordId ?? word.record.id, 'endorse')
  talk(b, c)
  for (const peer of [b, c]) {
    expect(named(peer)).toEqual([])
    expect(standing(peer, a)).toBe('revoked')
    expect(peer.trust.view().root?.keys.map((key) => key.peer)).toEqual([b.peerId, c.peerId])
    expect(peer.trust.view().proposals).toEqual([])
  }
})

test('who signs the revocation of a root key proposes the root without it, where nobody has', async () => {
  const [a, b, c] = await twoOfThree(start)
  const version = nextVersionFor(b.book.trust(), a.peerId)
  const value = encodeRole({ version, roles: [], revoked: true, note: null })
  const word = b.book.author({ bucket: 'trust', key: roleKey(a.peerId), value, validForMs: 100 * dayMs })
  talk(b, c)
  c.trust.attest(word.record.id, 'endorse')
  talk(b, c)
  expect(standing(b, a)).toBe('revoked')
  expect(b.trust.counts().proposals).toBe(1)
  expect(sign(b)).toBe(1)
  expect(b.trust.view().root?.keys.map((key) => key.peer)).toEqual([b.peerId, c.peerId])
  expect(b.trust.view().problems.map(({ code }) => code)).not.toContain('ROOT_KEY_REVOKED')
})

test('who asks for what waits already signs that, and makes no second proposal', async () => {
  const [a, b, c] = await twoOfThree(start)
  const robot = await start('duckie01', { join: linkOf(a) })
  talk(a, b, c, robot)
  a.trust.admit(robot.peerId, ['operator'])
  talk(a, b, c)
  expect(standing(a, robot)).toBe('stranger')
  expect(b.trust.counts().proposals).toBe(1)
  b.trust.admit(robot.peerId, ['operator'])
  expect(roles(b, robot)).toEqual(['operator'])
  talk(a, b, c, robot)
  expect(a.trust.view().proposals).toEqual([])
  expect(roles(robot, robot)).toEqual(['operator'])
})

test('rules of buckets are changed by the root keys, and back', async () => {
  const desk = await start('desk')
  const rule = () => desk.trust.view().policies.find(({ bucket }) => bucket === 'files')
  expect(rule()?.own).toBe(false)
  const endorse = { roles: ['operator' as const], count: 1 }
  desk.trust.setPolicy('files', { authors: ['robot'], endorse })
  expect(rule()).toMatchObject({ own: true, rule: expect.stringMatching(/a robot may author/) as unknown })
  expect(() => desk.trust.setPolicy('files', { authors: ['robot'], endorse })).toThrow(/nothing changes/)
  desk.trust.setPolicy('files', null)
  expect(rule()?.own).toBe(false)
  for (const bucket of ['trust', 'nonsense']) {
    expect(() => desk.trust.setPolicy(bucket, null)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }))
  }
})

test('what cannot be is refused with a reason', async () => {
  const desk = await start('desk')
  expect(() => desk.trust.revoke(desk.peerId, null)).toThrow(/cannot revoke its own key/)
  expect(() => desk.trust.setRoot({ keys: [desk.peerId], threshold: 1 })).toThrow(/nothing changes/)
  expect(() => desk.trust.setRoot({ keys: [desk.peerId], threshold: 2 })).toThrow(/at most the number of keys/)
  expect(() => desk.trust.setRoot({ keys: ['nobody' as PeerId], threshold: 1 })).toThrow()
  expect(() => desk.trust.readInvite('dt-swarm://join/nonsense')).toThrow(
    expect.objectContaining({ code: 'BAD_INVITE' }),
  )
  for (let made = 0; made < 64; made += 1) linkOf(desk)
  expect(() => linkOf(desk)).toThrow(expect.objectContaining({ code: 'LIMIT_REACHED' }))
})

test('roles and roots are said again before they end', async () => {
  const desk = await start('desk')
  const robot = await start('duckie01', { join: linkOf(desk, 'robot') })
  talk(desk, robot)
  await vi.waitFor(() => expect(standing(desk, robot)).toBe('member'))
  const endsAtMs = () => desk.trust.view().members.find(({ peer }) => peer === robot.peerId)?.expiresAtMs ?? 0
  const first = endsAtMs()
  team.clock.jump(320 * dayMs)
  await team.clock.advance(30 * 60_000)
  await vi.waitFor(() => expect(endsAtMs()).toBeGreaterThan(first + 300 * dayMs))
  talk(desk, robot)
  expect(roles(robot, robot)).toEqual(['robot'])
  const root = desk.trust.view().root
  team.clock.jump(360 * dayMs)
  await team.clock.advance(30 * 60_000)
  await vi.waitFor(() => expect(desk.trust.view().root?.version).toBe((root?.version ?? 0) + 1))
})
