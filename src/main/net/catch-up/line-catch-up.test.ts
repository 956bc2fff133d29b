import { randomBytes } from 'node:crypto'
import { afterEach, expect, test, vi } from 'vitest'
import type { RecordId } from '../../../shared/ids.ts'
import { systemClock } from '../../base/clock.ts'
import { signAttestation } from '../../model/attestation.ts'
import { encodeAttestationList, encodeBatch } from '../../model/record-codec.ts'
import { recordDigest } from '../../model/record-id.ts'
import { ownMessage } from '../messages/brain-message.ts'
import { MemoryMedium } from '../channels/testing/memory-channel.ts'
import { digestOf, encodeDigest, encodeLineFrame } from './line-frames.ts'
import { linePaceOf, type LinePace } from './line-pace.ts'
import { meet, startBrain, stopBrains, type BrainPeer } from '../testing/brain-peers.ts'
import { circle } from '../testing/peers.ts'

afterEach(stopBrains)

const soon = { timeout: 20_000, interval: 20 }
/** As on a LAN, but for waits that a test would only sit out. */
const pace: LinePace = {
  ...linePaceOf({ kind: 'udp', address: '' }),
  answerMs: 300,
  digestMinMs: 100,
  digestMaxMs: 1_000,
  settleMs: 0,
  jitterMs: 40,
}
const start = (init: Partial<LinePace> = {}): Promise<BrainPeer> => startBrain({ pace: { ...pace, ...init } })

const fingerprints = (peer: BrainPeer): string[] =>
  (['files', 'machines', 'trust'] as const).map((bucket) => peer.book.index.fingerprint(bucket))

const agree = (...peers: readonly BrainPeer[]): Promise<void> =>
  vi.waitFor(() => {
    for (const peer of peers) expect(fingerprints(peer)).toEqual(fingerprints(peers[0] as BrainPeer))
  }, soon)

const sum = (peers: readonly BrainPeer[], counter: string): number =>
  peers.reduce((total, { counters }) => total + counters.get(counter), 0)

function say(peer: BrainPeer, prefix: string, count: number): void {
  for (let i = 0; i < count; i += 1) peer.say('files', `${prefix}${i}`)
}

test.each([
  ['UDP', false],
  ['a TCP line', true],
])('two that meet on %s bring each other up to date, both ways', async (_, pointToPoint) => {
  const [a, b] = [await start(), await start()]
  say(a, 'a', 300)
  say(b, 'b', 40)
  await meet(new MemoryMedium({ pointToPoint }), a, b)
  await agree(a, b)
  expect(a.keys('files')).toHaveLength(340)
  expect(b.book.live('files').find(({ record }) => record.body.key === 'a7')?.arrival).toMatchObject({
    via: 'caught-up',
    from: a.peerId,
  })
})

test('frames that are lost are asked for again', async () => {
  const medium = new MemoryMedium({ lossShare: 0.2 })
  const [a, b] = [await start(), await start()]
  say(a, 'a', 200)
  say(b, 'b', 200)
  await meet(medium, a, b)
  await agree(a, b)
  expect(a.keys('files')).toHaveLength(400)
})

test('a medium that was cut heals: all agree again, though several lacked the same', async () => {
  const medium = new MemoryMedium()
  const peers = await Promise.all(Array.from({ length: 5 }, () => start()))
  await meet(medium, ...peers)
  const [a, b, c, d, e] = peers as [BrainPeer, BrainPeer, BrainPeer, BrainPeer, BrainPeer]
  medium.cut([a.peerId, b.peerId], [c.peerId, d.peerId, e.peerId])
  const [taken] = [a.say('files', 'taken back')]
  say(a, 'a', 100)
  say(c, 'c', 100)
  await vi.waitFor(() => expect(e.keys('files')).toHaveLength(100), soon)
  a.book.attest(taken?.record.id as RecordId, 'dismiss')
  await vi.waitFor(() => expect(b.keys('files')).toHaveLength(100), soon)
  const before = medium.carried.bytes
  medium.heal()
  await agree(...peers)
  for (const peer of peers) expect(peer.keys('files')).toHaveLength(200)
  // 200 records of some 260 bytes as text, to five peers; were each sent to each alone it would be 200 kB and more.
  expect(medium.carried.bytes - before).toBeLessThan(400_000)
})

test('what a bridge catches up with on one medium reaches those that are only on another', async () => {
  const [near, far] = [new MemoryMedium(), new MemoryMedium({ pointToPoint: true })]
  const [robot, bridge, laptop] = [await start(), await start(), await start()]
  say(robot, 'log', 30)
  await meet(far, bridge, laptop)
  await meet(near, robot, bridge)
  await agree(robot, bridge, laptop)
  expect(laptop.keys('files')).toHaveLength(30)
})

test('where all hold the same, little is said, and ever less', async () => {
  const medium = new MemoryMedium()
  const peers = await Promise.all(Array.from({ length: 6 }, () => start({ digestMaxMs: 30_000 })))
  await meet(medium, ...peers)
  say(peers[0] as BrainPeer, 'log', 20)
  await agree(...peers)
  // Until the intervals have grown to seconds.
  await vi.waitFor(
    async () => {
      const { frames, bytes } = medium.carried
      await new Promise((resolve) => setTimeout(resolve, 1_000))
      expect(medium.carried.frames - frames).toBeLessThanOrEqual(3)
      expect(medium.carried.bytes - bytes).toBeLessThan(1_000)
    },
    { timeout: 15_000, interval: 10 },
  )
  expect(sum(peers, 'line-catch-up.failed:silent')).toBe(0)
})

test('peers that have a stream between them leave it to that', async () => {
  const [a, b] = [await start(), await start()]
  a.linked.add(b.peerId)
  b.linked.add(a.peerId)
  say(a, 'a', 10)
  const medium = new MemoryMedium()
  await meet(medium, a, b)
  await vi.waitFor(() => expect(medium.carried.frames).toBeGreaterThan(3), soon)
  expect(b.keys('files')).toEqual([])
  a.linked.delete(b.peerId)
  await agree(a, b)
})

test('a record that is buried here is not fetched: whoever holds it is told that it was dismissed', async () => {
  let aheadMs = 0
  const clock = { ...systemClock, now: () => Date.now() + aheadMs }
  const [a, b] = [await startBrain({ pace, clock }), await start()]
  const { record } = a.book.author({ bucket: 'files', key: 'wrong', value: {}, validForMs: 24 * 3_600_000 })
  const medium = new MemoryMedium()
  await meet(medium, a, b)
  await agree(a, b)
  medium.cut([a.peerId], [b.peerId])
  a.book.attest(record.id, 'dismiss')
  aheadMs = 61 * 60_000
  a.book.sweep()
  aheadMs = 0
  expect(a.book.get(record.id)).toBeUndefined()
  expect(a.book.buried(record.id)).toHaveLength(1)
  expect(b.keys('files')).toEqual(['wrong'])
  medium.heal()
  await vi.waitFor(() => expect(b.keys('files')).toEqual([]), soon)
  expect(a.book.get(record.id)).toBeUndefined()
})

test('garbage is counted, and whoever sends it unharmed by nobody else', async () => {
  const [a, b, hostile] = [await start(), await start(), await startBrain()]
  const medium = new MemoryMedium()
  const [, , channel] = await meet(medium, a, b, hostile)
  for (const kind of ['digest', 'reconcile', 'get', 'given'] as const) {
    for (let i = 0; i < 3; i += 1) {
      const out = { kind, to: null, payload: new Uint8Array(randomBytes(1 + i * 90)) }
      await channel?.send(ownMessage(hostile.peerId, Math.random, out))
    }
  }
  await vi.waitFor(() => expect(a.counters.get('brain.refused:malformed')).toBeGreaterThanOrEqual(6), soon)
  say(a, 'a', 20)
  await agree(a, b)
})

test('forged records and forged dismissals are refused and their link cut off; what was said stays', async () => {
  const [a, b, hostile] = [await start(), await start(), await startBrain()]
  const medium = new MemoryMedium()
  const [, , channel] = await meet(medium, a, b, hostile)
  const { record } = a.say('files', 'log')
  await agree(a, b)
  const other = hostile.say('files', 'other').record
  const verdict = signAttestation(
    { id: record.id, swarm: circle.trusted.anchor.swarm },
    'dismiss',
    Date.now(),
    hostile.identity,
  )
  const dismissal = encodeLineFrame({
    kind: 'dismiss',
    // As if the author itself had said it.
    dismissals: [[recordDigest(record.id) as Uint8Array, encodeAttestationList([{ ...verdict, author: a.peerId }])]],
  })
  const sendAs = (kind: string, payload: Uint8Array) =>
    channel?.send(ownMessage(hostile.peerId, Math.random, { kind, to: null, payload }))
  const wrong = encodeBatch([{ ...other, signature: new Uint8Array(64).fill(1) }])
  await vi.waitFor(async () => {
    await sendAs('given', wrong)
    await sendAs('reconcile', dismissal)
    expect(a.counters.get('ingest.refused:bad-signature')).toBeGreaterThan(1)
    expect(a.counters.get('channels.cut:udp')).toBeGreaterThan(0)
  }, soon)
  for (const peer of [a, b]) expect(peer.keys('files')).toContain('log')
  expect(a.book.get(record.id)?.record.attestations).toEqual([])
})

test('a peer that says it holds what it does not have is left alone for longer and longer', async () => {
  const [a, liar] = [await start({ answerMs: 60 }), await startBrain()]
  const medium = new MemoryMedium()
  const [, channel] = await meet(medium, a, liar)
  let asked = 0
  liar.brain.on('reconcile', () => {
    asked += 1
    return 'known'
  })
  const other = await start()
  say(other, 'x', 5)
  const lie = setInterval(() => {
    // Another's digest under its own name, again and again.
    const payload = encodeDigest(digestOf((bucket) => other.book.index.of(bucket), Date.now()))
    void channel?.send(ownMessage(liar.peerId, Math.random, { kind: 'digest', to: null, payload }))
  }, 20)
  try {
    await vi.waitFor(() => expect(a.counters.get('line-catch-up.failed:silent')).toBeGreaterThan(1), soon)
    const before = asked
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(asked - before).toBeLessThanOrEqual(10)
  } finally {
    clearInterval(lie)
  }
})

test("the lab's own IRC server is made more use of than a public one", () => {
  const of = (host: string): LinePace =>
    linePaceOf({ kind: 'irc', address: `/ip4/${host}/tcp/6667/irc/lab/dswarm-line` })
  expect(of('192.168.1.4').digestMinMs).toBeLessThan(of('198.51.100.7').digestMinMs)
  expect(of('192.168.1.4').givenBytesPerS).toBeGreaterThan(of('198.51.100.7').givenBytesPerS)
})
