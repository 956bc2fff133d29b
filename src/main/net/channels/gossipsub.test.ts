import { randomBytes } from 'node:crypto'
import { expect, test, vi, afterEach } from 'vitest'
import { systemClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { stopAll } from '../../base/lifecycle.ts'
import { silentLog } from '../../base/log.ts'
import { makeNode, stopNodes, type TestNode } from '../testing/nodes.ts'
import type { Channel } from './channel.ts'
import { GossipChannel } from './gossipsub.ts'
import { LineCodec } from './line.ts'
import { listen, messageOf } from './testing/channel-suite.ts'

const soon = { timeout: 15_000, interval: 20 }
const channels: Channel[] = []
afterEach(async () => {
  await stopAll(channels.splice(0))
  await stopNodes()
})

function channelOf(node: TestNode, swarm = 'test', isStranger = () => false): GossipChannel {
  const codec = new LineCodec({ swarm, networkKey: null })
  const deps = {
    node,
    codec,
    clock: systemClock,
    random: Math.random,
    counters: new Counters(),
    log: silentLog,
    isStranger,
  }
  const channel = new GossipChannel(deps, { swarm })
  channels.push(channel)
  return channel
}

/** A chain of nodes, each linked to the one before. */
async function chain(count: number, isStranger = () => false) {
  const nodes: TestNode[] = []
  for (let i = 0; i < count; i += 1) {
    const address = nodes.at(-1)?.addresses()[0]
    const node = await makeNode(address === undefined ? {} : { bootstrap: [address] })
    await node.start()
    nodes.push(node)
  }
  const made = nodes.map((node) => ({ node, peer: node.peerId, channel: channelOf(node, 'test', isStranger) }))
  for (const { channel } of made) await channel.start()
  for (const { channel } of made) await vi.waitFor(() => expect(channel.facts().state).toBe('up'), soon)
  return made
}

test('records travel as a bare batch with their hops, other kinds whole; both are told by who handed them over', async () => {
  const [a, b] = await chain(2)
  if (a === undefined || b === undefined) throw new Error('no nodes')
  const heard = listen(b.channel)
  const records = messageOf(a.peer, { kind: 'records', hops: 5, payload: Buffer.from('duckie'.repeat(1_000)) })
  const digest = messageOf(a.peer, { kind: 'digest', to: `/dswarm/${b.peer}/brain`, hops: 2 })
  for (const message of [records, digest]) expect(await a.channel.send(message)).toMatchObject({ kind: 'sent' })
  await vi.waitFor(() => expect(heard).toHaveLength(2), soon)
  const batch = heard.find(({ message }) => message.kind === 'records')
  expect(batch?.message).toMatchObject({ origin: a.peer, sender: a.peer, hops: 5, to: null })
  expect(Buffer.compare(batch?.message.payload ?? Buffer.alloc(0), records.payload)).toBe(0)
  expect(heard.find(({ message }) => message.kind === 'digest')?.message).toEqual(digest)
  expect(new Set(heard.map(({ source }) => source.link))).toEqual(new Set([a.peer]))
  expect(b.channel.facts().peers.map(({ peer }) => peer)).toEqual([a.peer])
  expect(await a.channel.send(messageOf(a.peer, { payload: new Uint8Array(a.channel.maxPayloadBytes + 1) }))).toEqual({
    kind: 'dropped',
    reason: 'oversize',
  })
})

test('only what was news is passed on', async () => {
  const [a, b, c] = await chain(3)
  if (a === undefined || b === undefined || c === undefined) throw new Error('no nodes')
  const [news, known] = [messageOf(a.peer, { kind: 'records' }), messageOf(a.peer, { kind: 'records' })]
  const isNews = (payload: Uint8Array): boolean => Buffer.compare(payload, news.payload) === 0
  b.channel.events.on('message:received', ({ message, settle }) => settle(isNews(message.payload) ? 'news' : 'known'))
  const [atB, atC] = [listen(b.channel), listen(c.channel)]
  await a.channel.send(known)
  await a.channel.send(news)
  await vi.waitFor(() => expect(atB).toHaveLength(2), soon)
  await vi.waitFor(() => expect(atC.map(({ message }) => isNews(message.payload))).toEqual([true]), soon)
  expect(atC[0]?.source.link).toBe(b.peer)
})

test.each([
  ['dropped', false],
  ['known', true],
] as const)(
  'a stranger whose messages are %s again and again: whether it is blamed is %s',
  async (verdict, isBlamed) => {
    const [a, b] = await chain(2, () => true)
    if (a === undefined || b === undefined) throw new Error('no nodes')
    const blame = vi.spyOn(b.node.offenders, 'add')
    let told = 0
    b.channel.events.on('message:received', ({ settle }) => {
      told += 1
      settle(verdict)
    })
    const payload = new Uint8Array(100_000)
    for (let i = 0; i < 60 && blame.mock.calls.length === 0; i += 1) {
      await a.channel.send(messageOf(a.peer, { kind: 'digest', payload }))
      await vi.waitFor(() => expect(told + blame.mock.calls.length).toBeGreaterThan(i), soon)
    }
    expect(blame.mock.calls.length > 0).toBe(isBlamed)
  },
)

test('what is sent to one link comes over a stream to that neighbour alone, the largest message too', async () => {
  const [a, b, c] = await chain(3)
  if (a === undefined || b === undefined || c === undefined) throw new Error('no nodes')
  const [atA, atC] = [listen(a.channel), listen(c.channel)]
  const payload = new Uint8Array(randomBytes(b.channel.maxPayloadBytes))
  const many = [messageOf(b.peer, { payload }), ...Array.from({ length: 20 }, () => messageOf(b.peer))]
  const sent = await Promise.all(many.map((message) => b.channel.send(message, { to: a.peer })))
  expect(sent.every(({ kind }) => kind === 'sent')).toBe(true)
  await vi.waitFor(() => expect(atA.map(({ message }) => message)).toEqual(many), soon)
  expect(atC).toEqual([])
  expect(await b.channel.send(messageOf(b.peer), { to: 'nobody' })).toEqual({ kind: 'dropped', reason: 'nobody' })
  const flood = await Promise.all(
    Array.from({ length: 2_000 }, () => b.channel.send(messageOf(b.peer), { to: a.peer })),
  )
  expect(flood.filter(({ kind }) => kind === 'dropped').length).toBeGreaterThan(0)
  const before = atA.length
  await b.channel.send(messageOf(b.peer), { to: a.peer })
  await vi.waitFor(() => expect(atA.length).toBeGreaterThan(before), soon)
})

test('a neighbour that sends garbage on its line is cut off', async () => {
  const [a, b] = await chain(2)
  if (a === undefined || b === undefined) throw new Error('no nodes')
  const other = new LineCodec({ swarm: 'another', networkKey: null })
  const stranger = new GossipChannel(
    { node: a.node, codec: other, clock: systemClock, random: Math.random, counters: new Counters(), log: silentLog },
    { swarm: 'test' },
  )
  await a.channel.stop()
  channels.push(stranger)
  await stranger.start()
  await vi.waitFor(
    async () => {
      await stranger.send(messageOf(a.peer), { to: b.peer })
      expect(b.node.offenders.banned(a.peer)).toBe(true)
    },
    { timeout: 15_000, interval: 5 },
  )
  expect(b.channel.facts().dropped['other-swarm']).toBeGreaterThanOrEqual(10)
})

test('is switched off and on while the node runs; off, it passes nothing on', async () => {
  const [a, b, c] = await chain(3)
  if (a === undefined || b === undefined || c === undefined) throw new Error('no nodes')
  for (const { channel } of [b, c]) channel.events.on('message:received', ({ settle }) => settle('news'))
  const [atB, atC] = [listen(b.channel), listen(c.channel)]
  await b.channel.stop()
  expect(b.channel.facts().state).toBe('off')
  await vi.waitFor(() => expect(a.channel.facts().state).toBe('waiting'), soon)
  expect(await a.channel.send(messageOf(a.peer))).toEqual({ kind: 'dropped', reason: 'nobody' })
  expect(await b.channel.send(messageOf(b.peer))).toEqual({ kind: 'dropped', reason: 'off' })
  await b.channel.start()
  await vi.waitFor(
    async () => {
      await a.channel.send(messageOf(a.peer))
      expect(atC.length).toBeGreaterThan(0)
    },
    { timeout: 20_000, interval: 200 },
  )
  expect(atB.length).toBeGreaterThan(0)
})

test('a message that nobody settles does not hold up the stop', async () => {
  const [a, b] = await chain(2)
  if (a === undefined || b === undefined) throw new Error('no nodes')
  let heard = 0
  b.channel.events.on('message:received', () => (heard += 1))
  await a.channel.send(messageOf(a.peer))
  await vi.waitFor(() => expect(heard).toBe(1), soon)
  await b.channel.stop()
  expect(b.channel.facts().state).toBe('off')
})
