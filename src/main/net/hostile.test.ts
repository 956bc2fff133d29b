import { gossipsub, StrictNoSign, StrictSign, type GossipSub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { tls } from '@libp2p/tls'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { randomBytes } from 'node:crypto'
import { afterEach, expect, test, vi } from 'vitest'
import type { PeerId } from '../../shared/ids.ts'
import { encodeBatch } from '../model/record-codec.ts'
import { signRecord, type SignedRecord } from '../model/record.ts'
import { askKey, encodeAsk } from '../model/trust-records.ts'
import { identityOfSeed } from '../store/identity-store.ts'
import { circle, startPeer, stopPeers, type TestPeer } from './testing/peers.ts'
import { reconcileProtocol, recordsTopic } from './messages/topics.ts'
import { wrapBatch } from './messages/wire.ts'

type Raw = Libp2p<{ gossip: GossipSub }>

const raws: Raw[] = []
afterEach(async () => {
  await Promise.all(raws.splice(0).map(async (raw) => raw.stop()))
  await stopPeers()
})

const topic = recordsTopic('test')
const soon = { timeout: 15_000, interval: 20 }

/** A peer that speaks gossipsub and keeps to no rule of ours. */
async function startRaw(
  target: TestPeer,
  policy: typeof StrictSign | typeof StrictNoSign = StrictNoSign,
): Promise<Raw> {
  const raw: Raw = await createLibp2p({
    addresses: { listen: [] },
    transports: [tcp()],
    connectionEncrypters: [tls()],
    streamMuxers: [yamux()],
    services: {
      identify: identify(),
      gossip: gossipsub({
        globalSignaturePolicy: policy,
        allowPublishToZeroTopicPeers: true,
        msgIdFn: () => randomBytes(20),
      }),
    },
  })
  raws.push(raw)
  raw.services.gossip.subscribe(topic)
  await raw.dial(multiaddr(target.address))
  await vi.waitFor(() => expect(raw.services.gossip.getSubscribers(topic)).toHaveLength(1), soon)
  return raw
}

const idOf = (raw: Raw): PeerId => raw.peerId.toString() as PeerId

function makeRecord(key: string): SignedRecord {
  const identity = identityOfSeed(randomBytes(32))
  circle.admitPeer(identity.peerId)
  const now = Date.now()
  const span = { validFrom: now, validUntil: now + 3_600_000 }
  const value = { name: key }
  return signRecord(
    { v: 1, bucket: 'files', key, value, author: identity.peerId, seq: 1, ...span },
    identity,
    circle.trusted.anchor.swarm,
  )
}

/** One byte of the body changed: the id is another, the signature no longer fits. */
function forged(record: SignedRecord): SignedRecord {
  const signature = Uint8Array.from(record.signature)
  signature[3] = (signature[3] ?? 0) ^ 1
  return { ...record, signature }
}

async function pair() {
  const a = await startPeer()
  const b = await startPeer({ bootstrap: [a.address] })
  await vi.waitFor(() => expect(a.node.libp2p.services.gossip.getSubscribers(topic)).toHaveLength(1), soon)
  return { a, b }
}

const askValue = encodeAsk({ role: 'robot', name: 'duckie', simulated: false, invite: null, proof: null })

/** Of somebody that was invented for it. */
function makeAsk(validFrom = Date.now()): SignedRecord {
  const identity = identityOfSeed(randomBytes(32))
  const body = { v: 1, bucket: 'trust', key: askKey, value: askValue, author: identity.peerId, seq: 1 } as const
  const span = { validFrom, validUntil: validFrom + 3_600_000 }
  return signRecord({ ...body, ...span }, identity, circle.trusted.anchor.swarm)
}

test.each([
  ['random bytes', () => randomBytes(300), 'ingest.refused:malformed'],
  ['an oversized message', () => Buffer.alloc(200_000, randomBytes(1)[0]), 'ingest.refused:oversize'],
  ['a forged signature', () => wrapBatch(encodeBatch([forged(makeRecord('forged'))])), 'ingest.refused:bad-signature'],
  [
    'a record with a byte changed',
    () => {
      const message = wrapBatch(encodeBatch([makeRecord('changed')]))
      message[40] = (message[40] ?? 0) ^ 0xff
      return message
    },
    'ingest.refused:',
  ],
])('%s is counted, its sender cut off, and honest records go on', async (_, make, counter) => {
  const { a, b } = await pair()
  const raw = await startRaw(a)
  await vi.waitFor(() => expect(a.node.linked(idOf(raw))).toBe(true), soon)
  const flood = setInterval(() => void raw.services.gossip.publish(topic, make()).catch(() => {}), 5)
  try {
    await vi.waitFor(() => expect(a.node.offenders.banned(idOf(raw))).toBe(true), soon)
  } finally {
    clearInterval(flood)
  }
  await vi.waitFor(() => expect(a.node.linked(idOf(raw))).toBe(false), soon)
  const refused = Object.entries(a.counters.snapshot()).filter(([name]) => name.startsWith(counter))
  expect(refused.reduce((sum, [, count]) => sum + count, 0)).toBeGreaterThanOrEqual(3)
  a.say('files', 'honest', 5)
  await vi.waitFor(() => expect(b.keys('files')).toHaveLength(5), soon)
  // Nothing of it was passed on, so nobody else suspects `a`.
  expect(b.node.offenders.points(a.node.peerId)).toBe(0)
  expect(b.keys('files').every((key) => key.startsWith('honest'))).toBe(true)
  await expect(raw.dial(multiaddr(a.address)).then((link) => link.newStream(reconcileProtocol))).rejects.toBeInstanceOf(
    Error,
  )
})

test('messages that gossip itself refuses cost their sender its link', async () => {
  const { a } = await pair()
  const raw = await startRaw(a, StrictSign)
  await vi.waitFor(() => expect(a.node.linked(idOf(raw))).toBe(true), soon)
  const flood = setInterval(() => void raw.services.gossip.publish(topic, randomBytes(50)).catch(() => {}), 5)
  try {
    await vi.waitFor(() => expect(a.node.linked(idOf(raw))).toBe(false), soon)
  } finally {
    clearInterval(flood)
  }
  expect(a.counters.get('gossip.refused:score')).toBeGreaterThan(0)
})

test('one forged copy does not keep the true record out', async () => {
  const { a } = await pair()
  const raw = await startRaw(a)
  const record = makeRecord('true')
  await raw.services.gossip.publish(topic, wrapBatch(encodeBatch([forged(record), record])))
  await vi.waitFor(() => expect(a.keys('files')).toEqual(['true']), soon)
})

test('random bytes on a catch-up stream are counted and harm nothing', async () => {
  const { a, b } = await pair()
  const raw = await startRaw(a)
  for (let i = 0; i < 40 && !a.node.offenders.banned(idOf(raw)); i += 1) {
    try {
      const link = raw.getConnections()[0] ?? (await raw.dial(multiaddr(a.address)))
      const stream = await link.newStream(reconcileProtocol)
      const length = 1 + (i % 60)
      stream.send(Buffer.concat([Buffer.of(length), randomBytes(length)]))
      await stream.close()
    } catch {
      // Cut off: that is what is hoped for.
    }
  }
  await vi.waitFor(() => expect(a.counters.get('catch-up.refused:malformed')).toBeGreaterThan(5), soon)
  await vi.waitFor(() => expect(a.node.linked(idOf(raw))).toBe(false), soon)
  a.say('files', 'honest', 5)
  await vi.waitFor(() => expect(b.keys('files')).toHaveLength(5), soon)
})

test('what was good in a message with garbage reaches those behind whoever refused it', async () => {
  const { a, b } = await pair()
  const raw = await startRaw(a)
  await vi.waitFor(() => expect(a.node.linked(idOf(raw))).toBe(true), soon)
  await raw.services.gossip.publish(topic, wrapBatch(encodeBatch([makeRecord('good'), forged(makeRecord('bad'))])))
  await vi.waitFor(() => expect(a.counters.get('ingest.refused:bad-signature')).toBe(1), soon)
  await vi.waitFor(() => expect(b.keys('files')).toEqual(['good']), { timeout: 2_500, interval: 10 })
  // By gossip, not by looking for what was missed.
  expect(b.book.live('files')[0]?.arrival).toMatchObject({ from: a.identity.peerId, via: 'relayed' })
})

test('a flood of asks of invented strangers is cut off, goes no further, and an honest ask stays', async () => {
  const a = await startPeer()
  const b = await startPeer({ bootstrap: [a.address] })
  await vi.waitFor(() => expect(a.node.libp2p.services.gossip.getSubscribers(topic)).toHaveLength(1), soon)
  const honest = makeAsk(Date.now() - 60_000)
  a.book.merge([honest], { via: 'direct', from: null, channel: null, receivedAtMs: Date.now(), hops: 1 })
  const robot = await startPeer({ bootstrap: [a.address], stranger: true })
  await vi.waitFor(() => expect(a.node.linked(robot.node.peerId)).toBe(true), soon)
  const raw = await startRaw(a)
  await vi.waitFor(() => expect(a.node.linked(idOf(raw))).toBe(true), soon)
  const [checksOfA, checksOfB] = [a.counters.get('verify.checks'), b.counters.get('verify.checks')]
  const asks = Array.from({ length: 1_500 }, () => makeAsk())
  const beganMs = performance.now()
  for (let at = 0; at < asks.length && !a.node.offenders.banned(idOf(raw)); at += 20) {
    const batch = wrapBatch(encodeBatch(asks.slice(at, at + 20)))
    await raw.services.gossip.publish(topic, batch).catch(() => {})
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  await vi.waitFor(() => expect(a.node.offenders.banned(idOf(raw))).toBe(true), soon)
  // 200 of all strangers and 4 of its own at once, and less than one a second.
  const most = 206 + (performance.now() - beganMs) / 1_000
  expect(a.counters.get('verify.checks') - checksOfA).toBeLessThanOrEqual(most)
  // Whoever asks for itself is heard all the same, here and behind.
  const wish = robot.book.author({ bucket: 'trust', key: askKey, value: askValue, validForMs: 3_600_000 })
  await vi.waitFor(() => expect(b.book.has('trust', wish.record.id)).toBe(true), soon)
  expect(a.book.has('trust', honest.id)).toBe(true)
  expect(b.counters.get('verify.checks') - checksOfB).toBeLessThanOrEqual(most + 10)
  expect(b.node.offenders.banned(a.node.peerId)).toBe(false)
})
