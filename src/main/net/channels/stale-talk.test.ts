import { expect, test } from 'vitest'
import type { PeerId } from '../../../shared/ids.ts'
import { FakeClock } from '../../base/clock.ts'
import { StaleTalk } from './stale-talk.ts'

const member = 'member' as PeerId
const stranger = 'stranger' as PeerId
const message = 20_000

/** Messages that are let pass, of `count`. */
function passed(talk: StaleTalk, peer: PeerId, count: number): number {
  return Array.from({ length: count }, () => talk.note(peer, message)).filter(Boolean).length
}

test('a stranger that brings nothing but what is known has soon had its share, a member much later', () => {
  const clock = new FakeClock()
  const talk = new StaleTalk({ clock, isStranger: (peer) => peer === stranger })
  const strangers = passed(talk, stranger, 1_000)
  expect(strangers).toBeGreaterThan(50)
  expect(strangers).toBeLessThan(150)
  expect(passed(talk, member, 1_000)).toBe(1_000)
  expect(passed(talk, member, 10_000)).toBeLessThan(3_000)
})

test('strangers share one share, whatever names they give themselves; it fills again', async () => {
  const clock = new FakeClock()
  const talk = new StaleTalk({ clock, isStranger: () => true })
  passed(talk, stranger, 1_000)
  expect(passed(talk, stranger, 50)).toBe(0)
  // Each may say a little all the same: the flood beside it is not its own.
  expect(passed(talk, 'another' as PeerId, 30)).toBe(30)
  expect(passed(talk, 'another' as PeerId, 50)).toBe(0)
  await clock.advance(10_000)
  expect(passed(talk, 'another' as PeerId, 1_000)).toBeGreaterThan(20)
})

test('the share of a member is forgotten with its link', () => {
  const talk = new StaleTalk({ clock: new FakeClock(), isStranger: () => false })
  passed(talk, member, 10_000)
  talk.keep(() => true)
  expect(passed(talk, member, 50)).toBe(0)
  talk.keep((peer) => peer !== member)
  expect(passed(talk, member, 50)).toBe(50)
})
