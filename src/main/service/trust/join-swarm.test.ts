import { afterAll, expect, test } from 'vitest'
import { FakeClock } from '../../base/clock.ts'
import { joinAtStart, readLink, swarmOfInvite } from './join-swarm.ts'
import { TrustPeer } from './testing/trust-peer.ts'

const clock = new FakeClock(Date.UTC(2026, 5, 1))
const desk = new TrustPeer({ name: 'desk', clock })

afterAll(async () => {
  await desk.stop()
  desk.remove()
})

test('a start with a link of the swarm one is in keeps its network key, and what is believed', async () => {
  await desk.trust.start()
  const { link } = desk.trust.invite({ role: 'robot', uses: 1, validForMs: 3_600_000 })
  const before = { ...desk.swarm.get(), networkKey: new Uint8Array(32).fill(1) }
  const after = joinAtStart(link, before, { peerId: desk.peerId, role: 'robot', nowMs: clock.now() })
  expect(after).toMatchObject({ networkKey: before.networkKey, anchor: before.anchor, ask: { role: 'robot' } })
})

test('an invite from far ahead moves no clock that can be right by more than a day', async () => {
  await desk.trust.start()
  const { link } = desk.trust.invite({ role: 'robot', uses: 1, validForMs: 3_600_000 })
  const invite = readLink(link, 0)
  const dayMs = 24 * 60 * 60_000
  const joined = (nowMs: number) => swarmOfInvite(invite, { peerId: desk.peerId, role: 'robot', nowMs })
  expect(joined(invite.issuedAtMs + 5_000)).toMatchObject({
    lastTimeMs: invite.issuedAtMs,
    inviteEndsMs: invite.expiresAtMs,
  })
  expect(joined(invite.issuedAtMs - 30 * dayMs).lastTimeMs).toBe(invite.issuedAtMs - 29 * dayMs)
  // A robot that boots in 1970 has nothing better to go by.
  expect(joined(60_000).lastTimeMs).toBe(invite.issuedAtMs)
})
