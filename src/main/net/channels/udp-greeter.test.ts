import { randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { afterEach, expect, test, vi } from 'vitest'
import { systemClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { silentLog } from '../../base/log.ts'
import { LineCodec } from './line.ts'
import { messageOf, someone } from './testing/channel-suite.ts'
import { greet, readDatagram, type DatagramSwarm } from './udp-datagram.ts'
import { UdpChannel } from './udp.ts'

const sender = randomBytes(8).toString('hex')
const cookie = '0011223344556677'
const networkKey = new Uint8Array(randomBytes(32))
const open = new LineCodec({ swarm: 'test', networkKey: null })
const closed = new LineCodec({ swarm: 'test', networkKey })

test.each<[string, DatagramSwarm]>([
  ['an open swarm', open],
  ['a private swarm', closed],
])('greetings of %s are read as they were written', (_, swarm) => {
  for (const type of ['hello', 'cookie'] as const) {
    expect(readDatagram(swarm, greet(swarm, type, sender, cookie))).toEqual({ kind: type, sender, cookie })
  }
  expect(readDatagram(swarm, greet(swarm, 'hello', sender, ''))).toEqual({ kind: 'hello', sender, cookie: '' })
  expect(readDatagram(swarm, greet(swarm, 'cookie', sender, ''))).toMatchObject({ kind: 'rejected' })
})

test('who has seen the tag of a private swarm, and has not its key, makes no greeting', () => {
  const outsider = { tag: closed.tag, greetingKey: null }
  const otherKey = { tag: closed.tag, greetingKey: new Uint8Array(randomBytes(32)) }
  for (const swarm of [outsider, otherKey]) {
    for (const value of ['', cookie]) {
      expect(readDatagram(closed, greet(swarm, 'hello', sender, value))).toEqual({
        kind: 'rejected',
        reason: 'unreadable',
      })
    }
  }
  const signed = greet(closed, 'hello', sender, cookie)
  for (let i = 3 + 8; i < signed.length; i += 1) {
    const changed = Buffer.from(signed)
    changed[i] = (changed[i] ?? 0) ^ 1
    expect(readDatagram(closed, changed)).toMatchObject({ kind: 'rejected' })
  }
})

const started: UdpChannel[] = []
const sockets: Socket[] = []

afterEach(async () => {
  await Promise.all(started.splice(0).map((channel) => channel.stop()))
  for (const socket of sockets.splice(0)) socket.close()
})

async function socketOn(host: string): Promise<Socket> {
  const socket = createSocket('udp4')
  sockets.push(socket)
  await new Promise<void>((resolve) => socket.bind(0, host, resolve))
  return socket
}

test('an outsider with the tag of a private swarm is sent neither a cookie nor messages; a member is', async () => {
  const probe = await socketOn('127.0.0.1')
  const { port } = probe.address()
  await new Promise<void>((resolve) => sockets.splice(0)[0]?.close(resolve))
  const make = async (host: string): Promise<UdpChannel> => {
    const basics = { clock: systemClock, random: Math.random, counters: new Counters(), log: silentLog }
    const address = `/ip4/${host}/udp/${port}/dswarm-line`
    const channel = new UdpChannel({ ...basics, codec: closed }, { address, host, port })
    started.push(channel)
    await channel.start()
    return channel
  }
  const server = await make('0.0.0.0')
  const outsider = await socketOn('127.0.0.1')
  const got: Buffer[] = []
  outsider.on('message', (bytes: Buffer) => got.push(bytes))
  for (const greetingKey of [null, new Uint8Array(randomBytes(32))]) {
    const hello = greet({ tag: closed.tag, greetingKey }, 'hello', sender, '')
    await new Promise((resolve) => outsider.send(hello, port, '127.0.0.1', resolve))
  }
  await vi.waitFor(() => expect(server.facts().dropped['unreadable']).toBe(2), { timeout: 10_000 })
  const member = await make('127.0.0.1')
  const heard: string[] = []
  member.events.on('message:received', ({ message }) => heard.push(message.id))
  const message = messageOf(someone())
  await vi.waitFor(
    async () => {
      await server.send(message)
      expect(heard).toContain(message.id)
    },
    { timeout: 10_000, interval: 50 },
  )
  expect(got).toEqual([])
})
