import { lpStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { randomBytes } from 'node:crypto'
import { afterEach, expect, test, vi } from 'vitest'
import { systemClock } from '../../base/clock.ts'
import { buckets } from '../../model/bucket.ts'
import { encodeBatch } from '../../model/record-codec.ts'
import { signRecord, type SignedRecord } from '../../model/record.ts'
import { askKey, encodeAsk } from '../../model/trust-records.ts'
import { itemOf } from '../../model/reconcile-item.ts'
import { identityOfSeed } from '../../store/identity-store.ts'
import { encodeFrame, parseAnswer } from './reconcile-frames.ts'
import { makeNode, stopNodes } from '../testing/nodes.ts'
import { circle, startPeer, stopPeers } from '../testing/peers.ts'
import { reconcileProtocol } from '../messages/topics.ts'

afterEach(async () => {
  await stopNodes()
  await stopPeers()
})

const count = 1_200
const perBatch = 100

/** What is verified of it at once: the few versions that are free, and what its author answers for. */
const shareOf = (isStranger: boolean): number => (isStranger ? buckets.machines.burst / 20 : buckets.machines.burst) + 4

test.each([
  { isStranger: true, isOffered: false },
  { isStranger: true, isOffered: true },
  { isStranger: false, isOffered: false },
])(
  'whoever pushes versions of one record into a session is held to its rate, offered or not: %o',
  async ({ isStranger, isOffered }) => {
    const target = await startPeer()
    const seed = randomBytes(32)
    const identity = identityOfSeed(seed)
    const node = await makeNode({ bootstrap: [target.address] }, { peerId: identity.peerId, seed })
    if (!isStranger) circle.admitPeer(identity.peerId)
    await vi.waitFor(() => expect(target.book.trust().of(identity.peerId).standing === 'stranger').toBe(isStranger))
    await node.start()
    const startMs = Date.now() - count
    const records = Array.from({ length: count }, (_, i): SignedRecord => {
      const validFrom = startMs + i
      const of = { v: 1, bucket: 'machines', key: 'self', author: identity.peerId } as const
      const body = { ...of, value: { n: i }, seq: i + 1, validFrom, validUntil: validFrom + 600_000 }
      return signRecord(body, identity, circle.trusted.anchor.swarm)
    })
    const connection = await node.libp2p.dial(multiaddr(target.address))
    const frames = lpStream(await connection.newStream(reconcileProtocol))
    const ask = async (...question: Parameters<typeof encodeFrame>) => {
      await frames.write(encodeFrame(...question))
      return parseAnswer((await frames.read()).subarray())?.[0]
    }
    expect(await ask(['hello', 'test', []])).toBe('round')
    const before = target.counters.get('verify.checks')
    const beganMs = performance.now()
    for (let at = 0; at < count && target.counters.get('ingest.refused:rate') === 0; at += perBatch) {
      const batch = records.slice(at, at + perBatch)
      const ids = Buffer.concat(batch.map((record) => itemOf(record).id))
      if (isOffered) expect(await ask(['offer', [['machines', ids]]])).toBe('offer')
      expect(await ask(['trade', [], encodeBatch(batch)])).toBe('trade')
    }
    const seconds = (performance.now() - beganMs) / 1_000
    expect(target.counters.get('ingest.refused:rate')).toBeGreaterThan(0)
    const checks = target.counters.get('verify.checks') - before
    expect(checks).toBeGreaterThan(0)
    expect(checks).toBeLessThanOrEqual(shareOf(isStranger) + (seconds * buckets.machines.ratePerMinute) / 60)
    expect(target.node.offenders.banned(identity.peerId)).toBe(false)
  },
)

test('asks that came too fast are fetched later: who is slow ends with the same', async () => {
  let aheadMs = 0
  const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + aheadMs }
  const [robot, desk] = [await startPeer({ stranger: true }), await startPeer({ clock })]
  const value = encodeAsk({ role: 'robot', name: 'duckie', simulated: false, invite: null, proof: null })
  const asks = Array.from({ length: 250 }, () => {
    const author = identityOfSeed(randomBytes(32))
    const of = { v: 1, bucket: 'trust', key: askKey, value, author: author.peerId, seq: 1 } as const
    return signRecord(
      { ...of, validFrom: Date.now(), validUntil: Date.now() + 3_600_000 },
      author,
      circle.trusted.anchor.swarm,
    )
  })
  robot.book.merge(asks, { via: 'direct', from: null, channel: null, receivedAtMs: Date.now(), hops: 1 })
  const held = (): number => asks.filter(({ id }) => desk.book.has('trust', id)).length
  robot.node.setBootstrap([desk.address])
  await vi.waitFor(() => expect(held()).toBeGreaterThan(200))
  expect(held()).toBeLessThan(asks.length)
  // All the same nobody is blamed, and the rest of the trust has come.
  expect(desk.node.offenders.points(robot.node.peerId)).toBe(0)
  await vi.waitFor(() => expect(robot.book.trust().root).not.toBeNull())
  aheadMs = 120_000
  await vi.waitFor(() => {
    desk.exchange.compareSoon()
    expect(held()).toBe(asks.length)
  })
})
