import { afterEach, expect, test, vi } from 'vitest'
import { once } from 'node:events'
import type { Connection } from '@libp2p/interface'
import { systemClock } from '../base/clock.ts'
import { startPeer, stopPeers, type TestPeer } from './testing/peers.ts'

afterEach(stopPeers)

const soon = { timeout: 15_000, interval: 20 }

const linked = (a: TestPeer, b: TestPeer) => vi.waitFor(() => expect(a.node.linked(b.node.peerId)).toBe(true), soon)

test('a record reaches a neighbour at once, said to come directly from its author', async () => {
  const a = await startPeer()
  const b = await startPeer({ bootstrap: [a.address] })
  await linked(a, b)
  await vi.waitFor(
    () => expect(a.node.libp2p.services.gossip.getSubscribers('/dt-swarm/test/records/1')).toHaveLength(1),
    soon,
  )
  await vi.waitFor(() => expect(b.counters.get('catch-up.done')).toBeGreaterThan(0), soon)
  const [said] = a.say('files', 'log')
  await vi.waitFor(() => expect(b.keys('files')).toEqual(['log0']), soon)
  const got = b.book.get(said?.record.id ?? ('' as never))
  expect(got?.arrival).toMatchObject({ via: 'direct', from: a.node.peerId, hops: 1 })
  expect(Buffer.compare(got?.record.signature ?? Buffer.of(), said?.record.signature ?? Buffer.of(1))).toBe(0)
})

test('a record travels on over a neighbour, and says so', async () => {
  const a = await startPeer()
  const b = await startPeer({ bootstrap: [a.address] })
  const c = await startPeer({ bootstrap: [b.address] })
  await linked(a, b)
  await linked(b, c)
  await vi.waitFor(() => expect(c.counters.get('catch-up.done')).toBeGreaterThan(0), soon)
  await vi.waitFor(
    () => expect(b.node.libp2p.services.gossip.getSubscribers('/dt-swarm/test/records/1')).toHaveLength(2),
    soon,
  )
  const [said] = a.say('files', 'log')
  await vi.waitFor(() => expect(c.keys('files')).toEqual(['log0']), soon)
  expect(c.book.get(said?.record.id ?? ('' as never))?.arrival).toMatchObject({ via: 'relayed', from: b.node.peerId })
})

test('two peers that meet bring each other up to date, both ways, over several pages and buckets', async () => {
  const a = await startPeer()
  const b = await startPeer()
  a.say('files', 'a', 2_500)
  a.say('machines', 'm', 3)
  b.say('files', 'b', 300)
  b.node.setBootstrap([a.address])
  await vi.waitFor(() => expect(b.keys('files')).toHaveLength(2_800), soon)
  await vi.waitFor(() => expect(a.keys('files')).toHaveLength(2_800), soon)
  expect(b.keys('machines')).toEqual(['m0', 'm1', 'm2'])
  const caught = b.book.live('files', { author: a.node.peerId })[0]
  expect(caught?.arrival).toMatchObject({ via: 'caught-up', from: a.node.peerId })
  expect(b.counters.get('verify.checks')).toBeLessThanOrEqual(2_503 * 1.05)
})

test('what is taken back while a peer is away is taken back there too', async () => {
  const a = await startPeer()
  const b = await startPeer({ bootstrap: [a.address] })
  const [first] = a.say('files', 'log', 2)
  await vi.waitFor(() => expect(b.keys('files')).toEqual(['log0', 'log1']), soon)
  await b.leave()
  a.book.attest(first?.record.id ?? ('' as never), 'dismiss')
  await b.start()
  await vi.waitFor(() => expect(b.keys('files')).toEqual(['log1']), soon)
})

test('a dismissal reaches linked peers by gossip', async () => {
  const a = await startPeer()
  const b = await startPeer({ bootstrap: [a.address] })
  const [first] = a.say('files', 'log', 2)
  await vi.waitFor(() => expect(b.keys('files')).toEqual(['log0', 'log1']), soon)
  a.book.attest(first?.record.id ?? ('' as never), 'dismiss')
  await vi.waitFor(() => expect(b.keys('files')).toEqual(['log1']), soon)
})

test.each([
  ['few records, which are gossiped on', 20],
  ['many records, of which neighbours are told', 700],
])(
  'two parts of a swarm become one when they meet: %s',
  async (_, count) => {
    // A line A - B - C, D. A and B were away from C and D.
    const a = await startPeer()
    const b = await startPeer({ bootstrap: [a.address] })
    const c = await startPeer()
    const d = await startPeer({ bootstrap: [c.address] })
    await linked(a, b)
    await linked(c, d)
    a.say('files', 'a', count)
    d.say('files', 'd', count)
    await vi.waitFor(() => expect(b.keys('files')).toHaveLength(count), soon)
    await vi.waitFor(() => expect(c.keys('files')).toHaveLength(count), soon)
    // Past the second look that follows a new link, so that only news can bring the rest in time.
    await vi.waitFor(() => expect(a.counters.get('catch-up.done')).toBeGreaterThan(1), soon)
    await vi.waitFor(() => expect(d.counters.get('catch-up.done')).toBeGreaterThan(1), soon)
    b.node.setBootstrap([a.address, c.address])
    for (const peer of [a, b, c, d]) await vi.waitFor(() => expect(peer.keys('files')).toHaveLength(2 * count), soon)
  },
  60_000,
)

test('what was refused is not fetched again at the next look', async () => {
  const ahead = await startPeer({ clock: { ...systemClock, now: () => Date.now() + 3_600_000 } })
  ahead.say('files', 'early', 5)
  const b = await startPeer({ bootstrap: [ahead.address] })
  await vi.waitFor(() => expect(b.counters.get('catch-up.done')).toBe(2), soon)
  expect(b.counters.get('ingest.refused:future')).toBe(5)
  expect(b.exchange.clocks.behindMs(ahead.node.peerId)).toBeLessThan(-3_500_000)
})

test('gossip goes on when of two connections the one that carried it ends', async () => {
  const a = await startPeer()
  const b = await startPeer({ bootstrap: [a.address] })
  await linked(a, b)
  const carries = ({ streams }: Connection) => streams.some(({ protocol }) => protocol.startsWith('/meshsub'))
  const [first] = b.node.libp2p.getConnections()
  await vi.waitFor(() => expect(first !== undefined && carries(first)).toBe(true), soon)
  // Only who was seen gossiping is missed.
  for (const { node } of [a, b])
    await once(node.libp2p.services.gossip as unknown as EventTarget, 'gossipsub:heartbeat')
  const identified = Promise.all([a, b].map(({ node }) => once(node.libp2p as unknown as EventTarget, 'peer:identify')))
  await b.node.libp2p.dial(a.node.libp2p.getMultiaddrs(), { force: true })
  await identified
  expect(b.node.libp2p.getConnections()).toHaveLength(2)
  first?.abort(new Error('no answer'))
  await vi.waitFor(
    () => expect(first !== undefined && b.node.libp2p.getConnections().includes(first)).toBe(false),
    soon,
  )
  await vi.waitFor(() => expect(b.node.libp2p.getConnections().some(carries)).toBe(true), soon)
  await vi.waitFor(() => {
    a.say('files', 'log')
    expect(b.book.live('files').some(({ arrival }) => arrival.via === 'direct')).toBe(true)
  }, soon)
}, 60_000)

test('peers of another swarm exchange nothing, and part', async () => {
  const a = await startPeer()
  const b = await startPeer({ swarm: 'other', bootstrap: [a.address] })
  a.say('files', 'log')
  await vi.waitFor(() => expect(b.counters.get('catch-up.failed:other-swarm')).toBeGreaterThan(0), soon)
  await vi.waitFor(() => expect([a.node.neighbours(), b.node.neighbours()]).toEqual([[], []]), soon)
  expect(b.keys('files')).toEqual([])
})

test('stop leaves no handle', async () => {
  const kinds = () => process.getActiveResourcesInfo().filter((name) => /TCP|UDP|Timeout|Worker|MessagePort/.test(name))
  await vi.waitFor(() => expect(kinds().filter((name) => /TCP|UDP/.test(name))).toEqual([]), soon)
  const before = kinds().length
  const a = await startPeer()
  const b = await startPeer({ bootstrap: [a.address] })
  a.say('files', 'log', 600)
  await vi.waitFor(() => expect(b.keys('files')).toHaveLength(600), soon)
  await stopPeers()
  await vi.waitFor(() => expect(kinds().length).toBeLessThanOrEqual(before), soon)
})
