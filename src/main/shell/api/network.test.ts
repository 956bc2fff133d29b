import { createRouterClient } from '@orpc/server'
import { expect, test } from 'vitest'
import type { MessageFacts } from '../../net/messages/message-stream.ts'
import { createContext } from './context.ts'
import { createRouter } from './router.ts'
import { bareShell, MemoryPeer, peerA, peerB } from './testing/memory-peer.ts'

function world() {
  const peer = new MemoryPeer()
  const client = createRouterClient(createRouter(peer, bareShell), { context: createContext() })
  return { peer, client, network: peer.network }
}

const message = (change: Partial<MessageFacts> = {}): MessageFacts => ({
  id: 'AAAAAAAAAAAAAAAAAAAAAA',
  direction: 'in',
  channel: '/ipfs-pubsub/records/dswarm-line',
  channelKind: 'gossip',
  kind: 'records',
  from: peerB,
  to: null,
  hops: 0,
  bytes: 100,
  summary: '3 records in diagnostics: 3 new',
  outcome: 'taken',
  reason: null,
  trace: null,
  ...change,
})

test('messages are the newest at first, then those after a number, and can be searched by name', async () => {
  const { client, network } = world()
  network.names.set(peerB, 'duckie07')
  for (let i = 0; i < 5; i += 1) network.stream.push(message({ kind: i === 3 ? 'text' : 'records' }))
  expect((await client.network.messages({ limit: 2 })).map(({ no }) => no)).toEqual([4, 5])
  expect((await client.network.messages({ after: 1, limit: 2 })).map(({ no }) => no)).toEqual([2, 3])
  expect(await client.network.messages({ search: 'DUCKIE07', kind: 'text' })).toMatchObject([
    { no: 4, fromName: 'duckie07' },
  ])
  expect(await client.network.messages({ direction: 'out' })).toEqual([])
  expect(await client.network.messages({ peer: peerA })).toEqual([])
})

test('the message stream, live: what is there, then what comes, and how much was left out', async () => {
  const { client, network } = world()
  network.stream.push(message())
  const live = await client.network.watchMessages({})
  expect((await live.next()).value).toMatchObject({ messages: [{ no: 1 }], missed: 0 })
  for (let i = 0; i < 300; i += 1) network.stream.push(message())
  const { value } = await live.next()
  expect(value).toMatchObject({ missed: 100 })
  expect((value as { readonly messages?: readonly unknown[] } | undefined)?.messages).toHaveLength(200)
  await live.return?.(undefined)
})

test('channels, live: a snapshot, then what changed and what went', async () => {
  const { client } = world()
  const live = await client.network.watchChannels()
  expect((await live.next()).value).toMatchObject({ type: 'snapshot', items: [{ kind: 'gossip' }] })
  const udp = { address: '/ip4/255.255.255.255/udp/4182/dswarm-line', mode: 'dial', enabled: true } as const
  await client.network.setChannel(udp)
  expect((await live.next()).value).toMatchObject({ type: 'changes', changed: [{ kind: 'udp', state: 'waiting' }] })
  await client.network.removeChannel({ id: udp.address })
  expect((await live.next()).value).toMatchObject({ type: 'changes', changed: [], removed: [udp.address] })
  await live.return?.(undefined)
})

test('routes are set, listed and removed; one that is none is refused', async () => {
  const { client } = world()
  const prefix = `/dswarm/${peerB}/brain`
  const next = '/ip4/10.0.0.7/udp/4182/dswarm-line/$0'
  expect(await client.network.setRoute({ prefix, next })).toMatchObject([{ prefix, next, source: 'set' }])
  expect(await client.network.routes()).toHaveLength(1)
  expect(await client.network.removeRoute({ prefix })).toEqual([])
  await expect(client.network.setRoute({ prefix: 'x', next })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
  await expect(client.network.removeRoute({ prefix })).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('a ping says the way, or that nobody answers', async () => {
  const { client, network } = world()
  await expect(client.network.ping({ to: peerB })).rejects.toMatchObject({ code: 'UNREACHABLE' })
  network.reachable.add(peerB)
  expect(await client.network.ping({ to: peerB })).toMatchObject({ to: peerB, path: [{ peer: peerB }] })
  expect(await client.network.send({ to: peerB, text: 'stop' })).toMatchObject({ delivered: true })
  await expect(client.network.send({ to: peerB, text: 'x'.repeat(2_001) })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
  })
})

test('the graph, live, is told again only when it differs', async () => {
  const { client, network } = world()
  const live = await client.network.watchGraph()
  expect((await live.next()).value).toEqual({ nodes: [], edges: [], partitions: [] })
  const next = live.next()
  network.graphEvents.emit('graph:changed', {})
  network.graph = () => ({ nodes: [], edges: [], partitions: [[peerA]] })
  expect((await next).value).toMatchObject({ partitions: [[peerA]] })
  await live.return?.(undefined)
})
