import { afterEach, expect, test, vi } from 'vitest'
import type { PeerId } from '../../../shared/ids.ts'
import { FakeClock, systemClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { silentLog } from '../../base/log.ts'
import { MemoryMedium } from '../channels/testing/memory-channel.ts'
import { RevokedPeers } from './revoked-peers.ts'
import { meet, startBrain, stopBrains } from '../testing/brain-peers.ts'
import { circle, startPeer, stopPeers, type TestPeer } from '../testing/peers.ts'

afterEach(async () => {
  await stopBrains()
  await stopPeers()
})

const soon = { timeout: 15_000, interval: 20 }

function revoke(peer: PeerId, ...at: readonly Pick<TestPeer, 'book'>[]): void {
  const revocation = circle.trusted.revoke(peer)
  for (const { book } of at) {
    book.merge([revocation], { via: 'caught-up', from: null, channel: null, receivedAtMs: Date.now(), hops: 1 })
    expect(book.trust().of(peer).standing).toBe('revoked')
  }
}

test('a linked peer whose key is revoked is hung up on, and its next links are refused', async () => {
  const [a, b] = [await startPeer(), await startPeer()]
  const doors = new RevokedPeers(
    { node: a.node, book: a.book, clock: systemClock, counters: a.counters, log: silentLog },
    { graceMs: 300, lookEveryMs: 20 },
  )
  await doors.start()
  try {
    b.node.setBootstrap([a.address])
    await vi.waitFor(() => expect(a.node.linked(b.node.peerId)).toBe(true), soon)
    revoke(b.node.peerId, a)
    await vi.waitFor(() => expect(a.counters.get('links.cut:revoked')).toBeGreaterThan(0), soon)
    await vi.waitFor(() => expect(a.node.linked(b.node.peerId)).toBe(false), soon)
    // Its dialler comes again and again.
    await vi.waitFor(() => expect(a.counters.get('links.refused:revoked')).toBeGreaterThan(0), soon)
    expect(a.node.linked(b.node.peerId)).toBe(false)
    const honest = await startPeer({ bootstrap: [a.address] })
    await vi.waitFor(() => expect(a.node.linked(honest.node.peerId)).toBe(true), soon)
  } finally {
    await doors.stop()
  }
})

test('one that was away learns that it is revoked, then is not let in, and after a while may ask again', async () => {
  const clock = new FakeClock()
  const [robot, other] = ['robot' as PeerId, 'other' as PeerId]
  const hungUp: PeerId[] = []
  let isDenied = (_peer: PeerId): boolean => false
  const counters = new Counters()
  const standings = new Map([[robot, 'revoked']])
  const trust = { of: (peer: PeerId) => ({ standing: standings.get(peer) ?? 'member' }) }
  const doors = new RevokedPeers({
    node: {
      neighbours: () => [robot, other],
      hangUp: async (peer) => void hungUp.push(peer),
      deny: (denies) => (isDenied = denies),
    },
    book: { trust: () => trust } as never,
    clock,
    counters,
    log: silentLog,
  })
  await doors.start()
  expect([doors.admits(robot), doors.admits(other), isDenied(robot)]).toEqual([true, true, false])
  await clock.advance(18_000)
  expect(hungUp).toEqual([])
  await clock.advance(4_000)
  expect(hungUp[0]).toBe(robot)
  expect([doors.admits(robot), isDenied(robot), isDenied(other)]).toEqual([false, true, false])
  await clock.advance(9 * 60_000)
  expect(isDenied(robot)).toBe(true)
  await clock.advance(60_000)
  expect(isDenied(robot)).toBe(false)
  expect(doors.admits(robot)).toBe(true)
  // Who is given a new role is one of us at once.
  await clock.advance(21_000)
  expect(doors.admits(robot)).toBe(false)
  standings.set(robot, 'member')
  expect([doors.admits(robot), isDenied(robot)]).toEqual([true, false])
  await doors.stop()
  expect(hungUp).not.toContain(other)
})

test('what a revoked peer says on lines is not listened to', async () => {
  const [a, b] = [await startBrain(), await startBrain()]
  await meet(new MemoryMedium(), a, b)
  a.say('files', 'before')
  await vi.waitFor(() => expect(b.keys('files')).toEqual(['before']), soon)
  b.admits = (peer) => peer !== a.peerId
  a.say('files', 'after')
  await vi.waitFor(() => expect(b.counters.get('brain.refused:revoked')).toBe(1), soon)
  expect(b.keys('files')).toEqual(['before'])
})
