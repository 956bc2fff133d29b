import { afterEach, expect, test, vi } from 'vitest'
import type { ChannelConfig } from '../../../shared/network-views.ts'
import { systemClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { silentLog } from '../../base/log.ts'
import { makeNode, stopNodes } from '../testing/nodes.ts'
import { checkChannel, defaultChannels } from './channel-config.ts'
import { ChannelHost } from './channel-host.ts'
import { LineCodec } from './line.ts'
import { messageOf } from './testing/channel-suite.ts'

const soon = { timeout: 10_000, interval: 20 }
const hosts: ChannelHost[] = []
afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.stop()))
  await stopNodes()
})

async function makeHost(channels: readonly ChannelConfig[]) {
  const node = await makeNode()
  await node.start()
  const codec = new LineCodec({ swarm: 'test', networkKey: null })
  const deps = { node, codec, clock: systemClock, random: Math.random, counters: new Counters(), log: silentLog }
  const host = new ChannelHost(deps, { swarm: 'test', channels })
  hosts.push(host)
  return { host, node }
}

const port = 20_000 + Math.floor(Math.random() * 10_000)
const line = (mode: ChannelConfig['mode'], enabled = true): ChannelConfig => ({
  address: `/ip4/127.0.0.1/tcp/${port}/dswarm-line`,
  mode,
  enabled,
})

test('channels are made, switched and removed as the settings say, while it runs', async () => {
  const [{ host: a }, { host: b, node }] = [await makeHost([line('listen')]), await makeHost(defaultChannels)]
  const changed: string[] = []
  b.events.on('channel:changed', ({ id }) => changed.push(id))
  const heard: string[] = []
  a.events.on('message:received', ({ message, settle }) => {
    heard.push(message.id)
    settle('known')
  })
  await a.start()
  await b.start()
  expect(b.states().map(({ id, enabled }) => [id, enabled])).toEqual([['/ipfs-pubsub/records/dswarm-line', true]])
  b.apply([...defaultChannels, line('dial')])
  const id = line('dial').address
  await vi.waitFor(() => expect(b.states()[1]).toMatchObject({ id, kind: 'tcp-line', facts: { state: 'up' } }), soon)
  const message = messageOf(node.peerId)
  await b.channels()[1]?.send(message)
  await vi.waitFor(() => expect(heard).toEqual([message.id]), soon)

  b.apply([...defaultChannels, line('dial', false)])
  expect(b.channels().map(({ kind }) => kind)).toEqual(['gossip'])
  await vi.waitFor(() => expect(b.states()[1]).toMatchObject({ enabled: false, facts: { state: 'off' } }), soon)
  await vi.waitFor(() => expect(a.states()[0]?.facts.state).toBe('waiting'), soon)

  b.apply([...defaultChannels, line('dial')])
  b.apply(defaultChannels)
  b.apply([...defaultChannels, line('dial')])
  await vi.waitFor(() => expect(b.states()[1]?.facts.state).toBe('up'), soon)
  b.apply([])
  expect([b.states(), b.channels()]).toEqual([[], []])
  await vi.waitFor(() => expect(a.states()[0]?.facts.state).toBe('waiting'), soon)
  expect(new Set(changed)).toEqual(new Set([id, '/ipfs-pubsub/records/dswarm-line']))
})

test('a line that is dialled and one that is listened on are two channels of one address', async () => {
  const { host } = await makeHost([line('listen'), line('dial')])
  expect(host.states().map(({ id }) => id)).toEqual([`${line('dial').address}!listen`, line('dial').address])
})

test('nothing runs before the start or after the stop', async () => {
  const { host } = await makeHost([line('listen')])
  expect(host.states()[0]?.facts.state).toBe('off')
  await host.start()
  expect(host.states()[0]?.facts.state).toBe('waiting')
  await host.stop()
  expect(host.states()[0]?.facts.state).toBe('off')
})

test.each([
  ['/ip4/1.2.3.4/tcp/9', 'dial', /lacks "\/dswarm-line"/],
  ['/ipfs-pubsub/other/dswarm-line', 'dial', /is not the gossip channel, of which there is one/],
  ['/ip4/1.2.3.4/udp/9/dswarm-line', 'listen', /cannot be listened on/],
  ['/ip4/1.2.3.4/tcp/0/dswarm-line', 'listen', /has the port 0/],
  ['/ip4/1.2.3.4/tcp/9/dswarm-line/ip4/1.2.3.4/tcp/9/dswarm-line', 'dial', /is not one channel/],
  ['/dswarm/12D3KooWDyixFpKpwXuiduVMjsYr46XKwPTXkfJqiCdtYHzzV8xP/brain', 'dial', /is not one channel/],
] as const)('%s (%s) is refused with the reason', (address, mode, reason) => {
  const checked = checkChannel({ address, mode, enabled: true })
  expect(checked.kind === 'rejected' && checked.reason).toMatch(reason)
})

test('an address is written in the one way', () => {
  const checked = checkChannel({
    address: '/dns4/Lab.Local/tcp/6667/irc/#robots/dswarm-line/',
    mode: 'dial',
    enabled: true,
  })
  expect(checked.kind === 'ok' && checked.config.address).toBe('/dns4/lab.local/tcp/6667/irc/robots/dswarm-line')
})
