import { expect, test, vi } from 'vitest'
import { encodeRole, encodeRoot, roleKey, rootKey } from '../../model/trust-records.ts'
import { dayMs, linkOf, standing, twoOfThree } from './testing/trust-desks.ts'
import { talk } from './testing/trust-peer.ts'
import { trustTeam } from './testing/trust-team.ts'

const team = trustTeam()
const { start } = team

test('a revocation that others had lie ready is not signed for one that counts and lasts', async () => {
  const desk = await start('desk')
  const link = linkOf(desk, 'robot', 2)
  const [liar, victim] = [await start('duckie01', { join: link }), await start('duckie02', { join: link })]
  talk(desk, liar, victim)
  await vi.waitFor(() => expect([standing(desk, liar), standing(desk, victim)]).toEqual(['member', 'member']))
  talk(desk, liar, victim)
  // One that is outranked already, one that ends in ten minutes, one that says what the desk would say.
  for (const [version, validForMs] of [
    [1, 700 * dayMs],
    [2, 600_000],
    [2, 731 * dayMs],
  ] as const) {
    const value = encodeRole({ version, roles: [], revoked: true, note: `${version} ${validForMs}` })
    liar.book.author({ bucket: 'trust', key: roleKey(victim.peerId), value, validForMs })
  }
  talk(desk, liar)
  desk.trust.revoke(victim.peerId, 'stolen')
  expect(standing(desk, victim)).toBe('revoked')
  const { record } = desk.book.trust().of(victim.peerId)
  expect(record?.body.author).toBe(desk.peerId)
  expect(record?.body.validUntil).toBeGreaterThan(team.clock.now() + 730 * dayMs)
})

test('the next root is not one that a robot, or a root key for an hour, had lie ready', async () => {
  const [a, b, c] = await twoOfThree(start)
  const robot = await start('duckie01', { join: linkOf(a, 'robot') })
  talk(a, b, c, robot)
  await vi.waitFor(() => expect(standing(a, robot)).toBe('member'))
  const keys = [a.peerId, b.peerId]
  const previous = a.swarm.get().anchor.root
  const value = encodeRoot({ version: 3, name: 'lab', keys, threshold: 2, rules: new Map(), previous })
  robot.book.author({ bucket: 'trust', key: rootKey, value, validForMs: 731 * dayMs })
  c.book.author({ bucket: 'trust', key: rootKey, value, validForMs: 3_600_000 })
  talk(a, b, c, robot)
  a.trust.setRoot({ keys, threshold: 2 })
  talk(a, b, c)
  b.trust.setRoot({ keys, threshold: 2 })
  talk(a, b, c)
  const { root } = c.book.trust()
  expect(root).toMatchObject({ version: 3, threshold: 2 })
  expect(root?.record.body.author).toBe(a.peerId)
  expect(root?.record.body.validUntil).toBeGreaterThan(team.clock.now() + 730 * dayMs)
})

test('the root is renewed though somebody without a say proposes one', async () => {
  const desk = await start('desk')
  const robot = await start('duckie01', { join: linkOf(desk, 'robot') })
  talk(desk, robot)
  await vi.waitFor(() => expect(standing(desk, robot)).toBe('member'))
  const previous = desk.swarm.get().anchor.root
  const value = { version: 2, name: 'mine', keys: [robot.peerId], threshold: 1, rules: new Map(), previous }
  const key = rootKey
  robot.book.author({ bucket: 'trust', key, value: encodeRoot(value), validForMs: 731 * dayMs })
  talk(desk, robot)
  team.clock.jump(690 * dayMs)
  await team.clock.advance(30 * 60_000)
  await vi.waitFor(() => expect(desk.trust.view().root?.version).toBe(2))
  expect(desk.book.trust().root?.name).toBe('lab')
})
