import { randomBytes } from 'node:crypto'
import { createSocket, Socket } from 'node:dgram'
import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { systemClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { silentLog } from '../../base/log.ts'
import type { Channel } from './channel.ts'
import { LineCodec } from './line.ts'
import type { LineChannelDeps } from './line-door.ts'
import { channelSuite, listen, messageOf, someone, type ChannelRig } from './testing/channel-suite.ts'
import { broadcastOf, isNear, kindOf, placesFor } from './udp-place.ts'
import { UdpChannel, type UdpInit } from './udp.ts'

const soon = { timeout: 10_000, interval: 20 }

function depsOf(swarm = 'test'): LineChannelDeps {
  const codec = new LineCodec({ swarm, networkKey: null })
  return { codec, clock: systemClock, random: Math.random, counters: new Counters(), log: silentLog }
}

/** Loopback alone, whatever else the machine has. */
const loopback = () => ({ lo: networkInterfaces()['lo'] })

function make(over: Partial<UdpInit> & { readonly swarm?: string | undefined }): UdpChannel {
  const { swarm, ...rest } = over
  const init = { host: '127.255.255.255', port: 0, interfaces: loopback, bytesPerS: 5_000_000, ...rest }
  return new UdpChannel(depsOf(swarm), { address: `/ip4/${init.host}/udp/${init.port}/dswarm-line`, ...init })
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  const { port } = socket.address()
  await new Promise<void>((resolve) => socket.close(resolve))
  return port
}

async function shout(host: string, port: number, datagrams: readonly Uint8Array[]): Promise<void> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  socket.setBroadcast(true)
  socket.setMulticastInterface('127.0.0.1')
  for (const datagram of datagrams) await new Promise((resolve) => socket.send(datagram, port, host, resolve))
  await new Promise<void>((resolve) => socket.close(resolve))
}

const garbage = (count: number) => Array.from({ length: count }, () => randomBytes(100).fill(0xff, 0, 1))

async function lanRig(host: string): Promise<ChannelRig> {
  const port = await freePort()
  return {
    peer: async ({ swarm } = {}) => ({ peer: someone(), channel: make({ swarm, host, port }) }),
    garbage: (_channel, count) => shout(host, port, garbage(count)),
    stop: async () => {},
  }
}

/** One that waits to be spoken to, and others that know its address: each at a loopback address of its own. */
async function singleRig(): Promise<ChannelRig> {
  const port = await freePort()
  let made = 0
  return {
    peer: async ({ swarm } = {}) => {
      made += 1
      const host = made === 1 ? '0.0.0.0' : '127.0.0.1'
      return { peer: someone(), channel: make({ swarm, host, port, bindHost: `127.0.0.${made}` }) }
    },
    garbage: (_channel, count) => shout('127.0.0.1', port, garbage(count)),
    stop: async () => {},
  }
}

channelSuite('UDP broadcast', () => lanRig('127.255.255.255'))
channelSuite('UDP multicast', () => lanRig('239.41.81.1'))
channelSuite('UDP to one address', singleRig)

const channels: Channel[] = []
afterEach(async () => {
  vi.restoreAllMocks()
  await Promise.all(channels.splice(0).map((channel) => channel.stop()))
})

async function pair(over: Partial<UdpInit> = {}) {
  const port = await freePort()
  const [a, b] = [make({ port, ...over }), make({ port, ...over })]
  channels.push(a, b)
  const heard = listen(b)
  await a.start()
  await b.start()
  return { a, b, heard, peer: someone(), port }
}

/** From now on datagrams for which `isLost` holds never leave. */
function lose(isLost: (bytes: Uint8Array) => boolean): void {
  // The method is put back by `restoreAllMocks`; called on the socket that it was taken from.
  const send = Reflect.get(Socket.prototype, 'send') as (...args: unknown[]) => void
  vi.spyOn(Socket.prototype, 'send').mockImplementation(function (this: Socket, ...args: unknown[]) {
    const [bytes, , , done] = args
    if (bytes instanceof Uint8Array && isLost(bytes) && typeof done === 'function') done(null)
    else Reflect.apply(send, this, args)
  })
}

test('a fifth of the datagrams is lost, and every message comes', { timeout: 60_000 }, async () => {
  const { a, heard, peer } = await pair()
  await a.send(messageOf(peer))
  await vi.waitFor(() => expect(heard).toHaveLength(1), soon)
  lose(() => Math.random() < 0.2)
  const sizes = [100_000, 10, 5_000, 250_000, 10, 10, 60_000, 10]
  const messages = sizes.map((size) => messageOf(peer, { payload: new Uint8Array(randomBytes(size)) }))
  for (const message of messages) await a.send(message)
  // The last one's loss is noticed by what comes after it.
  const missing = () => messages.filter(({ id }) => !heard.some(({ message }) => message.id === id)).length
  await vi.waitFor(
    async () => {
      await a.send(messageOf(peer))
      expect(missing()).toBe(0)
    },
    { timeout: 20_000, interval: 100 },
  )
  expect(new Set(heard.map(({ message }) => message.id)).size).toBe(heard.length)
})

test('a message that cannot be completed is given up and counted', { timeout: 30_000 }, async () => {
  const { a, b, heard, peer } = await pair()
  await a.send(messageOf(peer))
  await vi.waitFor(() => expect(heard).toHaveLength(1), soon)
  // The part numbers stand at byte 23; the third part never leaves.
  lose((bytes) => bytes.length > 25 && bytes[2] === 0 && bytes[24] === 2)
  await a.send(messageOf(peer, { payload: new Uint8Array(randomBytes(10_000)) }))
  await vi.waitFor(() => expect(b.facts().dropped).toMatchObject({ lost: 1 }), { timeout: 20_000, interval: 100 })
})

test('a flood of datagrams is dropped, whoever sends it is cut off, and honest ones are heard', async () => {
  const { a, b, heard, peer, port } = await pair({ limits: { messagesPerS: 500, burstMessages: 1_000 } })
  await a.send(messageOf(peer))
  await vi.waitFor(() => expect(heard).toHaveLength(1), soon)
  const other = new LineCodec({ swarm: 'another', networkKey: null })
  const noise = Buffer.concat([Buffer.from('dS\0'), other.tag, randomBytes(600)])
  const stranger = createSocket('udp4')
  await new Promise<void>((resolve) => stranger.bind(0, '127.0.0.1', resolve))
  stranger.setBroadcast(true)
  for (let sent = 0; sent < 50_000 && b.facts().dropped['cut'] === undefined; sent += 1) {
    await new Promise((resolve) => stranger.send(noise, port, '127.255.255.255', resolve))
    // The socket takes it at once: the other side gets a turn to read.
    if (sent % 20 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  stranger.close()
  expect(b.facts().dropped['cut']).toBeGreaterThan(0)
  expect(b.facts().dropped['flood']).toBeGreaterThan(50)
  await vi.waitFor(async () => {
    const last = messageOf(peer)
    await a.send(last)
    await vi.waitFor(() => expect(heard.some(({ message }) => message.id === last.id)).toBe(true), { timeout: 500 })
  }, soon)
})

test('what is sent keeps to its pace', async () => {
  const { a, heard, peer } = await pair({ bytesPerS: 100_000 })
  const beganAtMs = performance.now()
  const payload = new Uint8Array(randomBytes(115_000))
  expect(await a.send(messageOf(peer, { payload }))).toMatchObject({ kind: 'sent' })
  // 64 KiB at once, the other 50 kB at 100 kB a second.
  expect(performance.now() - beganAtMs).toBeGreaterThan(400)
  await vi.waitFor(() => expect(heard).toHaveLength(1), soon)
})

test('says why it cannot send, and goes on once there is a network', async () => {
  let up = false
  const { a, b, heard, peer } = await pair({ interfaces: () => (up ? loopback() : {}), lookEveryMs: 50 })
  expect(a.facts()).toMatchObject({ state: 'failed' })
  expect(a.facts().stateReason).toContain('no network that could carry 127.255.255.255')
  expect(await a.send(messageOf(peer))).toEqual({ kind: 'dropped', reason: 'nobody' })
  up = true
  await vi.waitFor(() => expect([a.facts().state, b.facts().state]).toEqual(['waiting', 'waiting']), soon)
  await a.send(messageOf(peer))
  await vi.waitFor(() => expect(heard).toHaveLength(1), soon)
})

describe('where a message for all is sent from', () => {
  const v4 = (address: string, netmask: string, internal = false): NetworkInterfaceInfo => ({
    address,
    netmask,
    internal,
    family: 'IPv4',
    mac: '',
    cidr: null,
  })
  const v6 = (address: string, internal = false): NetworkInterfaceInfo => ({
    address,
    netmask: 'ffff:ffff:ffff:ffff::',
    internal,
    family: 'IPv6',
    mac: '',
    cidr: null,
    scopeid: 2,
  })
  const machine = {
    lo: [v4('127.0.0.1', '255.0.0.0', true), v6('::1', true)],
    wlan0: [v4('192.168.1.7', '255.255.255.0'), v6('fe80::1')],
    eth0: [v4('10.1.2.3', '255.255.252.0'), v6('fe80::2'), v6('2001:db8::2')],
    tun0: [v4('10.9.9.9', '255.255.255.255')],
  }
  const targets = (host: string, interfaces = machine) =>
    placesFor({ host, port: 1, kind: kindOf(host) }, interfaces).map(({ name, target }) => `${name} ${target}`)

  test.each([
    ['255.255.255.255', ['wlan0 192.168.1.255', 'eth0 10.1.3.255']],
    ['192.168.1.255', ['wlan0 192.168.1.255']],
    ['192.168.9.255', []],
    ['127.255.255.255', ['lo 127.255.255.255']],
    ['239.1.2.3', ['wlan0 239.1.2.3', 'eth0 239.1.2.3']],
    ['ff02::4181', ['wlan0 ff02::4181%wlan0', 'eth0 ff02::4181%eth0']],
    ['192.168.1.8', ['any interface 192.168.1.8']],
    ['0.0.0.0', ['any interface ']],
  ])('%s', (host, expected) => {
    expect(targets(host)).toEqual(expected)
  })

  test('the loopback, where there is nothing else', () => {
    expect(targets('255.255.255.255', { ...machine, wlan0: [], eth0: [] })).toEqual(['lo 127.255.255.255'])
  })

  test('networks without a broadcast address have none', () => {
    expect(broadcastOf(v4('10.0.0.1', '255.255.255.254'))).toBe(null)
    expect(broadcastOf(v6('fe80::1'))).toBe(null)
  })

  test('a neighbour is answered from its own network', () => {
    const [wlan0, eth0] = placesFor({ host: '255.255.255.255', port: 1, kind: 'broadcast' }, machine)
    if (wlan0 === undefined || eth0 === undefined) throw new Error('no places')
    expect([isNear(wlan0, '192.168.1.9'), isNear(eth0, '192.168.1.9'), isNear(eth0, '10.1.0.9')]).toEqual([
      true,
      false,
      true,
    ])
    expect([isNear(wlan0, 'fe80::9%wlan0'), isNear(wlan0, 'fe80::9%eth0')]).toEqual([true, false])
  })
})
