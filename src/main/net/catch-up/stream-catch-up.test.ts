import { multiaddr } from '@multiformats/multiaddr'
import { lpStream } from '@libp2p/utils'
import type { Stream } from '@libp2p/interface'
import { randomBytes } from 'node:crypto'
import { afterEach, expect, test, vi } from 'vitest'
import { systemClock } from '../../base/clock.ts'
import type { BucketName } from '../../model/bucket.ts'
import { identityOfSeed } from '../../store/identity-store.ts'
import { encodeFrame, parseAnswer, parseQuestion, type Answer, type Question } from './reconcile-frames.ts'
import { makeNode, stopNodes, type TestNode } from '../testing/nodes.ts'
import { fill, manyRecords, unverifiedSigner } from '../testing/many-records.ts'
import { circle, startPeer, stopPeers, type TestPeer } from '../testing/peers.ts'
import { reconcileProtocol } from '../messages/topics.ts'

afterEach(async () => {
  await stopNodes()
  await stopPeers()
})

const soon = { timeout: 20_000, interval: 20 }

const print = (peer: TestPeer, bucket: BucketName): string => peer.book.index.fingerprint(bucket)

const agree = (...peers: readonly TestPeer[]): Promise<void> =>
  vi.waitFor(() => {
    for (const peer of peers) expect(print(peer, 'files')).toBe(print(peers[0] as TestPeer, 'files'))
  }, soon)

const sum = (peers: readonly TestPeer[], counter: string): number =>
  peers.reduce((total, { counters }) => total + counters.get(counter), 0)

/** Both are up, and hold the same but for what a test gives one of them; linked afterwards. */
async function pairOf100k(): Promise<readonly [TestPeer, TestPeer]> {
  const [a, b] = [await startPeer(), await startPeer()]
  const signers = [unverifiedSigner(), unverifiedSigner(), unverifiedSigner()]
  for (const { peerId } of signers) circle.admitPeer(peerId)
  const records = manyRecords(100_000, signers)
  fill(a.book, records)
  fill(b.book, records)
  return [a, b]
}

async function cost(a: TestPeer, b: TestPeer): Promise<{ readonly bytes: number; readonly rounds: number }> {
  b.node.setBootstrap([a.address])
  await vi.waitFor(() => expect(sum([a, b], 'catch-up.rounds')).toBeGreaterThan(0), soon)
  return { bytes: sum([a, b], 'catch-up.bytes'), rounds: sum([a, b], 'catch-up.rounds') }
}

test('of 100,000 records 10 that differ cost under 20 KB and 6 rounds, the records themselves included', async () => {
  const [a, b] = await pairOf100k()
  const signer = identityOfSeed(randomBytes(32))
  circle.admitPeer(signer.peerId)
  // Anywhere among the others, five on either side.
  const own = manyRecords(100_000, [signer], { key: 'own', swarm: a.book.swarm }).filter((_, i) => i % 10_000 === 4_321)
  fill(a.book, own.slice(0, 5))
  fill(b.book, own.slice(5))
  expect(print(a, 'files')).not.toBe(print(b, 'files'))
  const { bytes, rounds } = await cost(a, b)
  await agree(a, b)
  expect(a.book.index.of('files').size).toBe(100_010)
  expect(bytes).toBeLessThan(20_000)
  expect(rounds).toBeLessThanOrEqual(6)
  // The fingerprints of 11 buckets, ten records, and not much more than the ways to them.
  expect(bytes).toBeGreaterThan(3_000)
}, 120_000)

test('where nothing differs one question for all buckets is enough, and a thousand bytes', async () => {
  const [a, b] = [await startPeer(), await startPeer()]
  a.say('files', 'a', 50)
  fill(
    b.book,
    a.book.live('files').map(({ record }) => record),
  )
  const { bytes, rounds } = await cost(a, b)
  expect(bytes).toBeLessThan(1_000)
  // `hello`, and `done`.
  expect(rounds).toBe(2)
})

test('a newer record outdates what would else be fetched in vain', async () => {
  let aheadMs = 0
  const clock = { ...systemClock, now: () => Date.now() + aheadMs }
  const [a, b] = [await startPeer({ clock }), await startPeer()]
  const old = a.say('machines', 'm', 200)
  fill(
    b.book,
    old.map(({ record }) => record),
  )
  aheadMs = 5_000
  a.say('machines', 'm', 200)
  await cost(a, b)
  await vi.waitFor(() => expect(print(a, 'machines')).toBe(print(b, 'machines')), soon)
  expect(sum([a, b], 'ingest.refused:superseded')).toBeLessThan(100)
})

test('other attestations on the same record are a difference that is settled', async () => {
  const [a, b] = [await startPeer(), await startPeer()]
  const records = a.say('files', 'a', 20)
  fill(
    b.book,
    records.map(({ record }) => record),
  )
  // Only operators' signatures under files have weight, and are kept.
  const operators = [a, b].map(({ book }) => circle.trusted.grant(book.self, ['operator']))
  for (const { book } of [a, b]) fill(book, operators)
  for (const [i, { record }] of records.entries()) {
    if (i % 3 === 0) a.book.attest(record.id, 'endorse')
    if (i % 2 === 0) b.book.attest(record.id, 'endorse')
  }
  await cost(a, b)
  await agree(a, b)
  for (const [i, { record }] of records.entries()) {
    expect(a.book.get(record.id)?.record.attestations).toHaveLength((i % 3 === 0 ? 1 : 0) + (i % 2 === 0 ? 1 : 0))
  }
})

test('what was dismissed and buried at one peer goes at the other, and does not come back', async () => {
  let aheadMs = 0
  const clock = { ...systemClock, now: () => Date.now() + aheadMs }
  const [a, b] = [await startPeer({ clock }), await startPeer()]
  const { record } = a.book.author({ bucket: 'files', key: 'wrong', value: {}, validForMs: 24 * 3_600_000 })
  fill(b.book, [record])
  a.book.attest(record.id, 'dismiss')
  aheadMs = 61 * 60_000
  a.book.sweep()
  aheadMs = 0
  expect(a.book.get(record.id)).toBeUndefined()
  await cost(a, b)
  await vi.waitFor(() => expect(b.keys('files')).toEqual([]), soon)
  expect(a.book.get(record.id)).toBeUndefined()
  expect(sum([a, b], 'ingest.refused:dismissed')).toBeLessThanOrEqual(1)
})

test('while a peer holds back, only what it lets through is exchanged; then all of it', async () => {
  const [a, b] = [await startPeer(), await startPeer()]
  a.say('files', 'a', 30)
  a.say('machines', 'm', 2)
  const release = b.exchange.hold(['trust', 'machines'])
  await cost(a, b)
  await vi.waitFor(() => expect(b.keys('machines')).toHaveLength(2), soon)
  expect(b.keys('files')).toEqual([])
  release()
  await agree(a, b)
  expect(b.keys('files')).toHaveLength(30)
})

test('of five that know the same, a newcomer fetches each record about once', async () => {
  const known = [await startPeer(), await startPeer(), await startPeer(), await startPeer(), await startPeer()]
  const said = (known[0] as TestPeer).say('files', 'a', 2_000).map(({ record }) => record)
  for (const peer of known.slice(1)) fill(peer.book, said)
  const newcomer = await startPeer({ bootstrap: known.map(({ address }) => address) })
  await agree(newcomer, ...known)
  expect(newcomer.counters.get('verify.checks')).toBeLessThan(2_000 * 1.2)
  // Bytes of records as they came in: 2,000 of some 330, not five times as many.
  expect(sum([newcomer, ...known], 'catch-up.bytes')).toBeLessThan(2_000 * 330 * 2.5)
}, 60_000)

/** A neighbour that speaks the protocol as it likes. */
async function hostileNeighbour(
  target: TestPeer,
  answer: (question: Question) => Answer | Uint8Array,
): Promise<TestNode> {
  const node = await makeNode({ bootstrap: [target.address] })
  await node.start()
  await node.libp2p.handle(reconcileProtocol, async (stream) => {
    const frames = lpStream(stream)
    try {
      for (;;) {
        const question = parseQuestion((await frames.read()).subarray())
        if (question === null) return
        const reply = answer(question)
        await frames.write(reply instanceof Uint8Array ? reply : encodeFrame(reply))
      }
    } catch {
      // Cut off: that is what is hoped for.
    }
  })
  return node
}

test.each<[string, (question: Question) => Answer | Uint8Array]>([
  ['random bytes', () => new Uint8Array(randomBytes(200))],
  ['an answer to another question', () => ['noted']],
  ['messages that are none', () => ['round', [['files', new Uint8Array(randomBytes(50))]]]],
])(
  'a neighbour that answers with %s is counted and cut off',
  async (_, answer) => {
    const target = await startPeer()
    const hostile = await hostileNeighbour(target, answer)
    await vi.waitFor(() => expect(target.counters.get('catch-up.failed:malformed')).toBeGreaterThan(0), soon)
    await vi.waitFor(() => {
      target.exchange.compareSoon()
      expect(target.node.offenders.banned(hostile.peerId)).toBe(true)
    }, soon)
    const honest = await startPeer({ bootstrap: [target.address] })
    target.say('files', 'a', 5)
    await agree(target, honest)
  },
  60_000,
)

test('a neighbour that claims to hold thousands of records that it does not have is found out', async () => {
  const target = await startPeer()
  const hostile = await hostileNeighbour(target, (question) => {
    const [kind] = question
    if (kind === 'trade') return ['trade', new Uint8Array(0), wantedOf(question), 0, []]
    return kind === 'hello' || kind === 'round' ? ['round', [['files', listOf(1_500)]]] : ['noted']
  })
  await vi.waitFor(() => expect(target.counters.get('catch-up.failed:malformed')).toBeGreaterThan(0), soon)
  expect(target.node.offenders.points(hostile.peerId)).toBeGreaterThan(0)
})

const wantedOf = (question: Question): number =>
  question[0] === 'trade' ? question[1].reduce((count, [, ids]) => count + ids.length / 32, 0) : 0

/** "Of all time I have these": as the protocol's bytes, up to infinity, mode list. */
function listOf(count: number): Uint8Array {
  return Buffer.concat([Uint8Array.of(0x61, 0, 0, 2, 0x80 | (count >> 7), count & 127), randomBytes(32 * count)])
}

test('a session without end ends', async () => {
  const target = await startPeer()
  await hostileNeighbour(target, (question) =>
    question[0] === 'hello' || question[0] === 'round'
      ? ['round', [['files', Buffer.concat([Uint8Array.of(0x61, 0, 0, 1), randomBytes(16)])]]]
      : ['noted'],
  )
  await vi.waitFor(() => expect(target.counters.get('catch-up.failed:stalled')).toBeGreaterThan(0), soon)
})

test('strangers that hold their streams open keep nobody else from being answered', async () => {
  const target = await startPeer()
  target.say('files', 'a', 5)
  const held: Stream[] = []
  const answers: string[] = []
  for (let i = 0; i < 5; i += 1) {
    const node = await makeNode({ bootstrap: [target.address] })
    await node.start()
    const connection = await node.libp2p.dial(multiaddr(target.address))
    const stream: Stream = await connection.newStream(reconcileProtocol)
    held.push(stream)
    const frames = lpStream(stream)
    await frames.write(encodeFrame(['hello', 'test', []]))
    answers.push(parseAnswer((await frames.read()).subarray())?.[0] ?? '')
  }
  expect(answers).toEqual(['round', 'refused', 'refused', 'refused', 'refused'])
  const honest = await startPeer({ bootstrap: [target.address] })
  await agree(target, honest)
  for (const stream of held) stream.abort(new Error('enough'))
}, 60_000)

test('news is told once a session', async () => {
  const target = await startPeer()
  const node = await makeNode({ bootstrap: [target.address] })
  await node.start()
  const connection = await node.libp2p.dial(multiaddr(target.address))
  const frames = lpStream(await connection.newStream(reconcileProtocol))
  for (const question of [['hello', 'test', []], ['news']] as const) {
    await frames.write(encodeFrame(question))
    await frames.read()
  }
  await frames.write(encodeFrame(['news']))
  await expect(frames.read()).rejects.toThrow()
})

test('an asker that floods with questions gets its turn, and no more', async () => {
  const target = await startPeer()
  target.say('files', 'a', 500)
  const node = await makeNode({ bootstrap: [target.address] })
  await node.start()
  await vi.waitFor(() => expect(target.node.linked(node.peerId)).toBe(true), soon)
  const connection = await node.libp2p.dial(multiaddr(target.address))
  const stream: Stream = await connection.newStream(reconcileProtocol)
  const frames = lpStream(stream)
  const ranges = Array.from({ length: 2_000 }, () => randomBytes(16))
  const message = Buffer.concat([
    Uint8Array.of(0x61),
    ...ranges.map((fp) => Buffer.concat([Uint8Array.of(2, 0, 1), fp])),
  ])
  let answered = 0
  const asking = (async () => {
    await frames.write(encodeFrame(['hello', 'test', []]))
    await frames.read()
    for (;;) {
      await frames.write(encodeFrame(['round', [['files', message]]]))
      await frames.read()
      answered += 1
    }
  })().catch(() => {})
  await vi.waitFor(() => expect(answered).toBeGreaterThan(30), soon)
  const startedMs = performance.now()
  // The target answers others as if nothing were.
  const honest = await startPeer({ bootstrap: [target.address] })
  await agree(target, honest)
  expect(performance.now() - startedMs).toBeLessThan(10_000)
  stream.abort(new Error('enough'))
  await asking
}, 60_000)
