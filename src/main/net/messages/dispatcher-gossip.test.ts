import { afterEach, expect, test, vi } from 'vitest'
import { gossipAddress } from '../channels/channel-config.ts'
import { startPeer, stopPeers, type TestPeer } from '../testing/peers.ts'
import { recordsTopic } from './topics.ts'

afterEach(stopPeers)

const soon = { timeout: 20_000, interval: 50 }

const listens = (at: TestPeer, count: number): Promise<void> =>
  vi.waitFor(() => {
    const { gossip } = at.node.libp2p.services
    expect(gossip.getSubscribers(recordsTopic('test'))).toHaveLength(count)
  }, soon)

/** Three in a row, of which the ends are not linked. */
async function row() {
  const a = await startPeer()
  const b = await startPeer({ bootstrap: [a.address] })
  const c = await startPeer({ bootstrap: [b.address] })
  await listens(b, 2)
  await listens(a, 1)
  await listens(c, 1)
  return { a, b, c }
}

test('a peer that is linked is reached over that link alone', async () => {
  const { a, b, c } = await row()
  const before = c.exchange.stream.lastNo
  const { path, back } = await a.exchange.talk.ping(b.node.peerId, { timeoutMs: 10_000 })
  expect([...path, ...back]).toEqual([
    { peer: b.node.peerId, channel: gossipAddress },
    { peer: a.node.peerId, channel: gossipAddress },
  ])
  expect(c.exchange.stream.since(before, 100, ({ kind }) => kind === 'ping').entries).toEqual([])
  expect(a.exchange.dispatcher.routes.list()[0]).toMatchObject({
    source: 'link',
    usedAtMs: expect.any(Number) as number,
  })
})

test('one that is not is reached by gossip, which passes it on, and says that it got a text', async () => {
  const { a, b, c } = await row()
  expect(await a.exchange.talk.text(c.node.peerId, 'come home', { timeoutMs: 20_000 })).toMatchObject({
    delivered: true,
  })
  const shown = c.exchange.stream.last(100, ({ kind, direction }) => kind === 'text' && direction === 'in')
  expect(shown.map(({ summary }) => summary)).toEqual(['text: come home'])
  // The one between has checked it, and is no end of it.
  const passed = b.exchange.stream.last(100, ({ kind }) => kind === 'text')
  expect(passed.map(({ summary }) => summary).join()).not.toContain('come home')
  for (const { node } of [a, b, c]) expect(node.offenders.size).toBe(0)
})
