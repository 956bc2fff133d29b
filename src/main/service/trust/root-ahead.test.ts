import { afterEach, expect, test } from 'vitest'
import { FakeClock } from '../../base/clock.ts'
import type { TimeBasis } from '../../store/steady-time.ts'
import { dayMs, linkOf, standing } from './testing/trust-desks.ts'
import { talk, TrustPeer } from './testing/trust-peer.ts'

const peers: TrustPeer[] = []

afterEach(async () => {
  for (const peer of peers.splice(0)) {
    await peer.stop()
    peer.remove()
  }
})

async function start(name: string, clock: FakeClock, join?: string, timeBasis?: TimeBasis): Promise<TrustPeer> {
  const made = new TrustPeer({ name, clock, ...(join && { join }), ...(timeBasis && { timeBasis }) })
  peers.push(made)
  await made.trust.start()
  return made
}

const versionAt = ({ book }: TrustPeer): number | undefined => book.trust().root?.version
const codes = ({ book }: TrustPeer): string[] => book.trust().problems.map(({ code }) => code)
const ruleOfFiles = { authors: ['robot'], endorse: { roles: ['robot'], count: 0 } } as const

test('a root key that is alone renews nothing by a clock that went ahead, until that has run on for a day', async () => {
  const clock = new FakeClock(Date.UTC(2026, 5, 1))
  const desk = await start('desk', clock, undefined, 'own')
  await clock.advance(dayMs)
  clock.jump(700 * dayMs)
  await clock.advance(60 * 60_000)
  expect(versionAt(desk)).toBe(1)
  clock.jump(-700 * dayMs)
  await clock.advance(60 * 60_000)
  expect([versionAt(desk), standing(desk, desk), codes(desk)]).toEqual([1, 'root', []])
  clock.jump(700 * dayMs)
  await clock.advance(1.1 * dayMs)
  expect(versionAt(desk)).toBe(2)
})

test('a root that was signed while the clock was ahead counts where it was believed, and the next one everywhere', async () => {
  const [clock, right] = [new FakeClock(Date.UTC(2026, 5, 1)), new FakeClock(Date.UTC(2026, 5, 1))]
  const desk = await start('desk', clock)
  const robot = await start('robot', right, linkOf(desk, 'robot'))
  talk(desk, robot)
  clock.jump(700 * dayMs)
  desk.trust.setPolicy('files', { ...ruleOfFiles, authors: [...ruleOfFiles.authors] })
  clock.jump(-700 * dayMs)
  desk.book.sweep()
  expect([versionAt(desk), standing(desk, desk), codes(desk)]).toEqual([2, 'root', ['ROOT_AHEAD']])
  // It is handed on, and believed by nobody yet.
  talk(desk, robot)
  expect([versionAt(robot), standing(robot, desk), codes(robot)]).toEqual([1, 'root', []])
  // By itself, now that neighbours bear the time out: who goes by the one before climbs over it.
  await clock.advance(60 * 60_000)
  expect([versionAt(desk), codes(desk)]).toEqual([3, []])
  await right.advance(60 * 60_000)
  talk(desk, robot)
  expect([versionAt(robot), codes(robot)]).toEqual([3, []])
  expect(robot.book.trust().ruleOf('files').authors).toEqual(['robot'])
  expect(robot.book.trust().fingerprint).toBe(desk.book.trust().fingerprint)
  // A restart with what is on disk tells the same.
  await robot.stop()
  const again = new TrustPeer({ name: 'robot', clock: right, again: robot })
  peers.splice(peers.indexOf(robot), 1, again)
  expect(versionAt(again)).toBe(3)
})

test('an hour ahead, by hand: nobody has to wait, a person may sign the next root at once', async () => {
  const clock = new FakeClock(Date.UTC(2026, 5, 1))
  const desk = await start('desk', clock, undefined, 'own')
  clock.jump(dayMs / 24)
  desk.trust.setPolicy('files', { ...ruleOfFiles, authors: [...ruleOfFiles.authors] })
  clock.jump(-dayMs / 24)
  desk.book.sweep()
  expect([versionAt(desk), codes(desk)]).toEqual([2, ['ROOT_AHEAD']])
  desk.trust.setRoot({ keys: [desk.peerId], threshold: 1 })
  expect([versionAt(desk), codes(desk)]).toEqual([3, []])
})

test('a swarm that was founded while the clock was ahead takes newcomers in', async () => {
  const [ahead, right] = [new FakeClock(Date.UTC(2028, 5, 1)), new FakeClock(Date.UTC(2026, 5, 1))]
  const desk = await start('desk', ahead)
  ahead.jump(Date.UTC(2026, 5, 1) - ahead.now())
  const robot = await start('robot', right, linkOf(desk, 'robot'))
  talk(desk, robot)
  expect([standing(desk, desk), standing(robot, desk)]).toEqual(['root', 'root'])
  await Promise.all([ahead, right].map((clock) => clock.advance(60 * 60_000)))
  talk(desk, robot)
  expect([versionAt(desk), versionAt(robot), codes(robot)]).toEqual([2, 2, []])
  expect(standing(robot, robot)).toBe('member')
})

test('what a peer said of others while its clock was ahead it says again once neighbours bear out the time', async () => {
  const [clock, right] = [new FakeClock(Date.UTC(2026, 5, 1)), new FakeClock(Date.UTC(2026, 5, 1))]
  const desk = await start('desk', clock)
  const robot = await start('robot', right, linkOf(desk, 'robot'))
  talk(desk, robot)
  clock.jump(100 * dayMs)
  desk.trust.revoke(robot.peerId, 'sold')
  clock.jump(-100 * dayMs)
  desk.book.sweep()
  await clock.advance(60 * 60_000)
  await right.advance(60 * 60_000)
  talk(desk, robot)
  expect([standing(desk, robot), standing(robot, robot)]).toEqual(['revoked', 'revoked'])
})
