import { randomBytes } from 'node:crypto'
import { connect, createServer, Server, type Socket } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { systemClock, type Clock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { silentLog } from '../../base/log.ts'
import type { Channel } from './channel.ts'
import { LineCodec, maxLineChars } from './line.ts'
import type { LineChannelDeps } from './line-door.ts'
import { TcpLineChannel, type TcpLineInit } from './tcp-line.ts'
import { channelSuite, listen, messageOf, someone, type ChannelRig } from './testing/channel-suite.ts'

const soon = { timeout: 10_000, interval: 20 }
const quick = { minMs: 20, maxMs: 200 }

function depsOf(swarm = 'test'): LineChannelDeps & { readonly counters: Counters } {
  const codec = new LineCodec({ swarm, networkKey: null })
  return { codec, clock: systemClock, random: Math.random, counters: new Counters(), log: silentLog }
}

function make(over: Partial<TcpLineInit> & { readonly swarm?: string }, clock?: Clock): TcpLineChannel {
  const { swarm, ...init } = { mode: 'listen' as const, host: '127.0.0.1', port: 0, ...over }
  const address = `/ip4/${init.host}/tcp/${init.port}/dswarm-line`
  return new TcpLineChannel(
    { ...depsOf(swarm), ...(clock === undefined ? {} : { clock }) },
    { address, backoff: quick, ...init },
  )
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const bound = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof bound === 'object' && bound !== null ? bound.port : 0
}

async function rig(): Promise<ChannelRig> {
  const port = await freePort()
  let made = 0
  return {
    peer: async ({ swarm = 'test' } = {}) => {
      made += 1
      return { peer: someone(), channel: make({ swarm, port, mode: made === 1 ? 'listen' : 'dial' }) }
    },
    garbage: (_channel, count) => shout(port, Array.from({ length: count }, () => 'no line of ours!\n').join('')),
    stop: async () => {},
  }
}

/** The real clock, but for steps ahead. */
class AheadClock implements Clock {
  aheadMs = 0
  readonly now = (): number => systemClock.now() + this.aheadMs
  readonly monotonic = (): number => systemClock.monotonic() + this.aheadMs
  readonly sleep = systemClock.sleep.bind(systemClock)
}

/** Sends text to a port; resolves once the other side has closed. */
function shout(port: number, text: string | Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.on('error', () => {})
    socket.on('close', () => resolve())
    socket.write(text)
  })
}

channelSuite('lines over TCP', rig)

const channels: Channel[] = []
const sockets: Socket[] = []
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await Promise.all(channels.splice(0).map((channel) => channel.stop()))
})

async function server(over: Partial<TcpLineInit> = {}, clock?: Clock): Promise<TcpLineChannel> {
  const channel = make(over, clock)
  channels.push(channel)
  await channel.start()
  return channel
}

test('a port that is taken is told with the reason, and tried again until it is free', async () => {
  const one = await server()
  const port = one.port ?? 0
  const two = await server({ port })
  expect(two.facts().state).toBe('failed')
  expect(two.facts().stateReason).toContain('another program uses the port')
  await one.stop()
  await vi.waitFor(() => expect(two.facts().state).toBe('waiting'), soon)
  expect(two.facts().stateReason).toBe(`listening on 127.0.0.1:${port}; nobody is connected`)
})

test('a client whose server is not there says so, and comes once it is', async () => {
  const port = await freePort()
  const client = make({ mode: 'dial', port })
  channels.push(client)
  await client.start()
  await vi.waitFor(() => expect(client.facts().stateReason).toContain('connection refused'), soon)
  expect(client.facts().state).toBe('waiting')
  await server({ port })
  await vi.waitFor(() => expect(client.facts().state).toBe('up'), soon)
})

test('a line without an end is cut off before it fills memory', async () => {
  const channel = await server()
  await shout(channel.port ?? 0, Buffer.alloc(maxLineChars + 1_024, 65))
  await vi.waitFor(() => expect(channel.facts().dropped).toMatchObject({ oversize: 1 }), soon)
  expect(channel.facts().state).toBe('waiting')
})

test('lines in pieces, several in one piece, and with carriage returns are read', async () => {
  const channel = await server()
  const heard = listen(channel)
  const { codec } = depsOf()
  const text = Array.from({ length: 5 }, () => {
    const encoded = codec.encode(messageOf(someone()))
    if (encoded.kind !== 'ok') throw new Error(encoded.reason)
    return `${Buffer.from(encoded.frame).toString('base64url')}\r\n`
  }).join('\n')
  const socket = connect({ host: '127.0.0.1', port: channel.port ?? 0 })
  sockets.push(socket)
  for (let at = 0; at < text.length; at += 37) {
    socket.write(text.slice(at, at + 37))
    await new Promise((resolve) => setImmediate(resolve))
  }
  await vi.waitFor(() => expect(heard).toHaveLength(5), soon)
  expect(channel.facts().dropped).toEqual({})
})

test('a host whose connections are cut again and again is not let in for a while', async () => {
  const channel = await server()
  const port = channel.port ?? 0
  for (let i = 0; i < 4; i += 1) await shout(port, 'garbage\n'.repeat(40))
  await shout(port, 'garbage\n')
  expect(channel.facts().dropped['cut']).toBeGreaterThanOrEqual(1)
})

test('connections past the limit are refused', async () => {
  const channel = await server({ maxConnections: 2 })
  const port = channel.port ?? 0
  for (let i = 0; i < 2; i += 1) sockets.push(connect({ host: '127.0.0.1', port }))
  await vi.waitFor(() => expect(channel.facts().stateReason).toContain('2 connected'), soon)
  await shout(port, '')
  expect(channel.facts().dropped).toMatchObject({ full: 1 })
})

test('connections that bring nothing are closed after a while; one that speaks, or only listens to us, is not', async () => {
  const channel = await server({ provenWithinMs: 300 })
  const port = channel.port ?? 0
  const client = make({ mode: 'dial', port, provenWithinMs: 300 })
  channels.push(client)
  await client.start()
  await vi.waitFor(() => expect(client.facts().state).toBe('up'), soon)
  await client.send(messageOf(someone()))
  const beganAtMs = performance.now()
  // Keep-alives, which anybody can send, do not count.
  await shout(port, '\n')
  expect(performance.now() - beganAtMs).toBeGreaterThan(250)
  expect(channel.facts().dropped).toEqual({ idle: 1 })
  await new Promise((resolve) => setTimeout(resolve, 400))
  expect([channel.facts().stateReason, client.facts().state]).toEqual([`1 connected to 127.0.0.1:${port}`, 'up'])
})

test('idle connections, however many, lock nobody out', async () => {
  const clock = new AheadClock()
  const channel = await server({ maxConnections: 8, maxOfHost: 8, provenWithinMs: 3_600_000 }, clock)
  const port = channel.port ?? 0
  for (let i = 0; i < 8; i += 1) sockets.push(connect({ host: '127.0.0.1', port }))
  await vi.waitFor(() => expect(channel.facts().stateReason).toContain('8 connected'), soon)
  clock.aheadMs += 6_000
  const heard = listen(channel)
  const clients = Array.from({ length: 8 }, () => make({ mode: 'dial', port }))
  channels.push(...clients)
  for (const client of clients) {
    await client.start()
    await vi.waitFor(() => expect(client.facts().state).toBe('up'), soon)
    await client.send(messageOf(someone()))
  }
  await vi.waitFor(() => expect(heard).toHaveLength(8), soon)
  expect(channel.facts().dropped).toEqual({ idle: 8 })
  // Those that speak keep their places.
  clock.aheadMs += 6_000
  await shout(port, '')
  expect(channel.facts().dropped).toEqual({ idle: 8, full: 1 })
})

test('one host has some of the places, and not all', async () => {
  const channel = await server({ host: '0.0.0.0', maxConnections: 8 })
  const port = channel.port ?? 0
  for (let i = 0; i < 4; i += 1) sockets.push(connect({ host: '127.0.0.1', port }))
  await vi.waitFor(() => expect(channel.facts().stateReason).toContain('4 connected'), soon)
  await shout(port, '')
  expect(channel.facts().dropped).toEqual({ full: 1 })
  sockets.push(connect({ host: '127.0.0.1', port, localAddress: '127.0.0.2' }))
  await vi.waitFor(() => expect(channel.facts().stateReason).toContain('5 connected'), soon)
})

test('a server that fails while it listens gives its port free, and listens again', async () => {
  const port = await freePort()
  const listening = vi.spyOn(Server.prototype, 'listen')
  const channel = await server({ port })
  const [one] = listening.mock.contexts
  listening.mockRestore()
  if (!(one instanceof Server)) throw new Error('it does not listen')
  const states: string[] = []
  channel.events.on('channel:changed', () => states.push(channel.facts().state))
  one.emit('error', Object.assign(new Error('too many open files'), { code: 'EMFILE' }))
  await vi.waitFor(() => expect(states).toEqual(['failed', 'waiting']), soon)
  expect(one.listening).toBe(false)
  const client = make({ mode: 'dial', port: channel.port ?? 0 })
  channels.push(client)
  await client.start()
  await vi.waitFor(() => expect(client.facts().state).toBe('up'), soon)
})

test('what its only link has said is sent to nobody, and nothing is lost by that', async () => {
  const channel = await server()
  const client = make({ mode: 'dial', port: channel.port ?? 0 })
  channels.push(client)
  await client.start()
  await vi.waitFor(() => expect(client.facts().state).toBe('up'), soon)
  const except = `127.0.0.1:${channel.port ?? 0}`
  expect(await client.send(messageOf(someone()), { except })).toEqual({ kind: 'dropped', reason: 'nobody' })
  expect(client.facts().dropped).toEqual({})
})

test('a reader that does not read costs the others nothing, and memory stays bounded', async () => {
  const channel = await server()
  const port = channel.port ?? 0
  const lazy = connect({ host: '127.0.0.1', port })
  sockets.push(lazy)
  lazy.pause()
  const reader = make({ mode: 'dial', port })
  channels.push(reader)
  const heard = listen(reader)
  await reader.start()
  await vi.waitFor(() => expect(channel.facts().stateReason).toContain('2 connected'), soon)
  const peer = someone()
  const payload = new Uint8Array(randomBytes(200_000))
  for (let i = 0; i < 120; i += 1)
    expect(await channel.send(messageOf(peer, { payload }))).toMatchObject({ kind: 'sent' })
  await vi.waitFor(() => expect(heard).toHaveLength(120), soon)
  expect(channel.facts().dropped['overflow']).toBeGreaterThan(0)
  const stoppingAtMs = performance.now()
  await channel.stop()
  expect(performance.now() - stoppingAtMs).toBeLessThan(3_000)
})

test('a link that says too much is slowed down, and loses nothing', async () => {
  const channel = await server({ limits: { messagesPerS: 200, burstMessages: 100 } })
  const heard = listen(channel)
  const client = make({ mode: 'dial', port: channel.port ?? 0 })
  channels.push(client)
  await client.start()
  await vi.waitFor(() => expect(client.facts().state).toBe('up'), soon)
  const peer = someone()
  const beganAtMs = performance.now()
  await Promise.all(Array.from({ length: 200 }, () => client.send(messageOf(peer))))
  await vi.waitFor(() => expect(heard).toHaveLength(200), soon)
  // A hundred above the burst, at 200 a second; the last piece read is waited for afterwards.
  await client.send(messageOf(peer))
  await vi.waitFor(() => expect(heard).toHaveLength(201), soon)
  expect(performance.now() - beganAtMs).toBeGreaterThan(300)
})

test('a flood of empty lines makes nobody wait', async () => {
  const channel = await server()
  const heard = listen(channel)
  const port = channel.port ?? 0
  const idle = connect({ host: '127.0.0.1', port })
  sockets.push(idle)
  await new Promise<void>((resolve) => idle.write('\n'.repeat(65_536), () => resolve()))
  const client = make({ mode: 'dial', port })
  channels.push(client)
  await client.start()
  await vi.waitFor(() => expect(client.facts().state).toBe('up'), soon)
  const peer = someone()
  const beganAtMs = performance.now()
  for (let i = 1; i <= 3; i += 1) {
    await client.send(messageOf(peer))
    await vi.waitFor(() => expect(heard).toHaveLength(i), soon)
  }
  expect(performance.now() - beganAtMs).toBeLessThan(5_000)
})
