import { afterEach, expect, it, vi } from 'vitest'
import type { PeerId } from '../../../shared/ids.ts'
import { systemClock } from '../../base/clock.ts'
import { signRecord, type SignedRecord } from '../../model/record.ts'
import { encodeRole, roleKey } from '../../model/trust-records.ts'
import { circle } from '../testing/peers.ts'
import { dayMs, hourMs, in1970, offMs, startTimed, stopTimed, type TimedPeer } from '../testing/timed-peers.ts'

const soon = { timeout: 10_000, interval: 20 }
const aheadMs = 400 * dayMs

afterEach(stopTimed)

/** As people admit: a role lives a year, the root two. So thirteen months later nobody has a role. */
function admitForAYear(...peers: readonly TimedPeer[]): void {
  const { root, anchor, records } = circle.trusted
  const validFrom = Math.trunc(systemClock.now()) - hourMs
  const value = encodeRole({ version: 1, roles: ['robot'], revoked: false, note: null })
  const grants = peers.map(({ peer }, i) => {
    const key = roleKey(peer.identity.peerId)
    const span = { validFrom, validUntil: validFrom + 366 * dayMs }
    const body = { v: 1, bucket: 'trust', key, value, author: root.peerId, seq: 1_000 + i, ...span } as const
    return signRecord(body, root, anchor.swarm)
  })
  for (const { peer } of peers) {
    peer.book.merge([...records, ...grants], { via: 'caught-up', from: null, channel: null, receivedAtMs: 0, hops: 1 })
  }
}

const membersAt = ({ peer }: TimedPeer): number =>
  peer.book
    .trust()
    .members()
    .filter(({ roles }) => roles.size > 0).length

it('a robot of 1970 that meets one liar first loses nobody’s role by it, and is right once honest ones are there', async () => {
  const stranger = true
  const honest = [await startTimed(0, { stranger }), await startTimed(50, { stranger })]
  const liar = await startTimed(aheadMs, { stranger })
  const robot = await startTimed(in1970, { stranger })
  admitForAYear(...honest, liar, robot)
  const members = membersAt(robot)
  robot.peer.node.setBootstrap([liar.peer.address])
  // Its word is all there is.
  await vi.waitFor(() => expect(offMs(robot)).toBeGreaterThan(aheadMs - dayMs), soon)
  expect(robot.clock.basis).toBe('told')
  expect(robot.peer.book.sweep().removed).toBe(0)
  expect(membersAt(robot)).toBe(members)
  // Nor by what it has kept, when the liar is gone.
  await vi.waitFor(() => expect(robot.seen.at(-1)).toBeGreaterThan(systemClock.now() + aheadMs - dayMs), soon)
  await liar.sync.stop()
  await liar.peer.leave()
  robot.peer.node.setBootstrap(honest.map(({ peer }) => peer.address))
  await vi.waitFor(() => expect(robot.clock.basis).toBe('borne-out'), soon)
  expect(offMs(robot)).toBeLessThan(5_000)
  expect(membersAt(robot)).toBe(members)
})

it.each([
  ['one neighbour, a liar', [aheadMs]],
  ['two neighbours, one a liar ahead', [0, aheadMs]],
  ['two neighbours, one a liar behind', [0, -100 * dayMs]],
])('a clock that is right stays with %s', async (_, skews) => {
  const others = await Promise.all(skews.map((skewMs) => startTimed(skewMs)))
  const one = await startTimed(0, { bootstrap: others.map(({ peer }) => peer.address) })
  await vi.waitFor(() => expect(one.sync.view()).toMatchObject({ peers: skews.length }), soon)
  expect(one.sync.view()).toMatchObject({ source: 'own', offsetMs: 0 })
  // With one against it nobody bears it out, and with one for it and one against it neither.
  expect(one.clock.basis).toBe('own')
})

it('a robot of 1970 that knows the time of its last run is not set back by one of its two neighbours', async () => {
  const lastSeenMs = systemClock.now() - hourMs
  const others = [await startTimed(0), await startTimed(-90 * dayMs)]
  const robot = await startTimed(in1970, { lastSeenMs, bootstrap: others.map(({ peer }) => peer.address) })
  await vi.waitFor(() => expect(robot.sync.view()).toMatchObject({ source: 'swarm', peers: 2 }), soon)
  expect(offMs(robot)).toBeLessThan(5_000)
})

it('who makes up words of others that nobody signed keeps no time from a robot that can ask nobody, and is blamed', async () => {
  const robot = await startTimed(in1970, { lastSeenMs: systemClock.now() - dayMs / 2 })
  const machine = await startTimed(0)
  const { clocks } = robot.peer.exchange
  const [said] = machine.peer.say('machines', 'm')
  const [forger, honest] = ['12D3KooWForger', '12D3KooWHonest'].map((id) => id as PeerId)
  if (said === undefined || forger === undefined || honest === undefined) throw new Error('there is one, and two')
  const { record } = said
  const forged: SignedRecord = { ...record, signature: record.signature.map((byte) => byte ^ 1) }
  const blamed = vi.spyOn(robot.peer.node.offenders, 'add')
  for (let i = 0; i < 50; i++) clocks.astray(forged, forger)
  clocks.astray(record, honest)
  expect(robot.sync.view()).toMatchObject({ source: 'swarm', peers: 1 })
  expect(offMs(robot)).toBeLessThan(5_000)
  expect(blamed.mock.calls).toEqual([[forger]])
  expect(robot.peer.counters.get('time.refused:bad-signature')).toBe(1)
})
