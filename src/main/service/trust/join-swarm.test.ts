import { afterEach, expect, test } from 'vitest'
import { FakeClock } from '../../base/clock.ts'
import { joinAtStart } from './join-swarm.ts'
import { TrustPeer } from './testing/trust-peer.ts'

const clock = new FakeClock(Date.UTC(2026, 5, 1))
const desk = new TrustPeer({ name: 'desk', clock })

afterEach(async () => {
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
