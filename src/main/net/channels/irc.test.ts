import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { skipFor } from '../../../../scripts/required.ts'
import { systemClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { silentLog } from '../../base/log.ts'
import type { Channel } from './channel.ts'
import { IrcChannel, type IrcInit } from './irc.ts'
import { paceFor, publicPace } from './irc-pace.ts'
import { LineCodec } from './line.ts'
import type { LineChannelDeps } from './line-door.ts'
import { channelSuite, listen, messageOf, someone, type ChannelRig } from './testing/channel-suite.ts'

const soon = { timeout: 15_000, interval: 20 }
const isThere = spawnSync('ngircd', ['--version']).status === 0
skipFor('ngircd', isThere ? null : 'it is not installed')

function depsOf(swarm = 'test'): LineChannelDeps {
  const codec = new LineCodec({ swarm, networkKey: null })
  return { codec, clock: systemClock, random: Math.random, counters: new Counters(), log: silentLog }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const bound = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof bound === 'object' && bound !== null ? bound.port : 0
}

/** A real ngircd on loopback, that takes as much as it gets. */
class Ngircd {
  readonly port: number
  readonly #folder = mkdtempSync(join(tmpdir(), 'dt-swarm-irc-'))
  #child: ChildProcess | null = null

  constructor(port: number) {
    this.port = port
    const { username } = userInfo()
    const config = `[Global]\nName = irc.test\nInfo = test\nListen = 127.0.0.1\nPorts = ${port}\nServerUID = ${username}\nServerGID = ${username}
[Limits]\nMaxConnectionsIP = 0\nMaxPenaltyTime = 0\nMaxJoins = 0\n[Options]\nDNS = no\nIdent = no\nPAM = no\n[Operator]\nName = op\nPassword = op\n`
    writeFileSync(join(this.#folder, 'ngircd.conf'), config)
  }

  async start(): Promise<void> {
    this.#child = spawn('ngircd', ['-n', '-f', join(this.#folder, 'ngircd.conf')], { stdio: 'ignore' })
    await vi.waitFor(() => reach(this.port), soon)
  }

  async stop(): Promise<void> {
    const child = this.#child
    this.#child = null
    if (child === null || child.exitCode !== null) return
    await new Promise((resolve) => child.once('exit', resolve).kill('SIGKILL'))
  }

  async free(): Promise<void> {
    await this.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

function reach(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port }, () => {
      socket.destroy()
      resolve()
    })
    socket.on('error', reject)
  })
}

const users: Socket[] = []

/** Somebody with an IRC program. Resolves once on the channel. */
async function user(port: number, nick: string, channel: string): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port })
  users.push(socket)
  socket.on('error', () => {})
  const joined = new Promise<void>((resolve) => {
    socket.on('data', (bytes: Buffer) => {
      for (const line of bytes.toString().split('\r\n')) {
        if (line.startsWith('PING')) socket.write(line.replace('PING', 'PONG') + '\r\n')
        if (/ 001 /.test(line)) socket.write(`JOIN ${channel}\r\n`)
        if (/ 366 /.test(line)) resolve()
      }
    })
  })
  socket.write(`NICK ${nick}\r\nUSER ${nick} 0 * :${nick}\r\n`)
  await joined
  return socket
}

let server: Ngircd
let made = 0
const channels: Channel[] = []

function make(over: Partial<IrcInit> & { readonly swarm?: string | undefined } = {}): IrcChannel {
  const { swarm, ...rest } = over
  const init = {
    address: `/ip4/127.0.0.1/tcp/${server.port}/irc/lab/dswarm-line`,
    host: '127.0.0.1',
    port: server.port,
    channel: `#lab${made}`,
    self: someone(),
    pace: { burst: 5_000, everyMs: 1 },
    limits: { messagesPerS: 2_000, burstMessages: 5_000, bytesPerS: 5_000_000, burstBytes: 5_000_000 },
    backoff: { minMs: 50, maxMs: 300 },
    ...rest,
  }
  return new IrcChannel(depsOf(swarm), init)
}

async function rig(): Promise<ChannelRig> {
  made += 1
  let strangers = 0
  return {
    peer: async ({ swarm } = {}) => {
      const peer = someone()
      return { peer, channel: make({ swarm, self: peer }) }
    },
    garbage: async (_channel, count) => {
      strangers += 1
      const socket = await user(server.port, `stranger${strangers}`, `#lab${made}`)
      for (let i = 0; i < count; i += 1) socket.write(`PRIVMSG #lab${made} :ds1 ${randomBytes(20).toString('hex')}\r\n`)
    },
    stop: async () => {
      for (const socket of users.splice(0)) socket.destroy()
    },
  }
}

describe.skipIf(!isThere)('with a real ngircd', () => {
  beforeAll(async () => {
    server = new Ngircd(await freePort())
    await server.start()
  })
  afterAll(() => server.free())
  afterEach(async () => {
    made += 1
    await Promise.all(channels.splice(0).map((channel) => channel.stop()))
    for (const socket of users.splice(0)) socket.destroy()
  })

  channelSuite('IRC', rig, { flood: 2_000, sizes: [0, 1, 1_000, 20_000, 66 * 1_024] })

  async function started(over: Partial<IrcInit> = {}): Promise<IrcChannel> {
    const channel = make(over)
    channels.push(channel)
    await channel.start()
    await vi.waitFor(() => expect(channel.nick).not.toBe(null), soon)
    return channel
  }

  const together = (...all: Channel[]) =>
    vi.waitFor(() => expect(all.map((channel) => channel.facts().state)).toEqual(all.map(() => 'up')), soon)

  test('a nick that is taken is followed by another', async () => {
    const self = someone()
    const [a, b] = [await started({ self }), await started({ self })]
    await together(a, b)
    expect(a.nick).toBe(`d${self.slice(-8).toLowerCase()}`)
    expect(b.nick).not.toBe(a.nick)
    const heard = listen(b)
    await a.send(messageOf(self))
    await vi.waitFor(() => expect(heard).toHaveLength(1), soon)
  })

  test('a user who floods is ignored and counted, and the others are heard', async () => {
    const limits = { messagesPerS: 10, burstMessages: 50 }
    const [a, b] = [await started(), await started({ limits })]
    await together(a, b)
    const heard = listen(b)
    const flooder = await user(server.port, 'flooder', `#lab${made}`)
    flooder.write(`PRIVMSG #lab${made} :hello hello hello\r\n`.repeat(400))
    await vi.waitFor(() => expect(b.facts().dropped['cut']).toBeGreaterThan(100), soon)
    expect(b.facts().dropped['flood']).toBeGreaterThanOrEqual(90)
    await a.send(messageOf(someone()))
    await vi.waitFor(() => expect(heard).toHaveLength(1), soon)
  })

  test('people may talk on the channel', async () => {
    const a = await started()
    const person = await user(server.port, 'person', `#lab${made}`)
    for (let i = 0; i < 20; i += 1) person.write(`PRIVMSG #lab${made} :is duckie${i} charged?\r\n`)
    person.write(`PRIVMSG #lab${made} :ds1 this is none of ours\r\n`)
    await vi.waitFor(() => expect(a.facts().dropped).toEqual({ malformed: 1 }), soon)
  })

  test('whoever is kicked says by whom, and comes back', async () => {
    made += 1
    // The first on a channel is its operator.
    const operator = await user(server.port, 'boss', `#lab${made}`)
    const a = await started({ backoff: { minMs: 500, maxMs: 1_000 } })
    operator.write(`KICK #lab${made} ${a.nick} :not here\r\n`)
    await vi.waitFor(() => expect(a.facts().stateReason).toContain('boss has kicked us: not here'), soon)
    await vi.waitFor(() => expect(a.facts().state).toBe('up'), soon)
  })

  test('whoever is banned says so, and waits', async () => {
    made += 1
    const operator = await user(server.port, 'boss', `#lab${made}`)
    operator.write(`MODE #lab${made} +b *!*@*\r\n`)
    const a = make()
    channels.push(a)
    await a.start()
    await vi.waitFor(() => expect(a.facts().stateReason).toContain('we are banned from the channel'), soon)
    expect(a.facts().state).toBe('failed')
    operator.write(`MODE #lab${made} -b *!*@*\r\n`)
    await vi.waitFor(() => expect(a.facts().state).toBe('up'), soon)
  })

  test('comes back when the server dies and returns', { timeout: 60_000 }, async () => {
    const [a, b] = [await started(), await started()]
    await together(a, b)
    await server.stop()
    await vi.waitFor(() => expect(a.facts().state).toBe('failed'), soon)
    await vi.waitFor(() => expect(a.facts().stateReason).toContain('nothing listens there'), soon)
    expect(await a.send(messageOf(someone()))).toEqual({ kind: 'dropped', reason: 'nobody' })
    await server.start()
    await together(a, b)
    const heard = listen(b)
    await a.send(messageOf(someone()))
    await vi.waitFor(() => expect(heard).toHaveLength(1), soon)
  })

  test('what is sent keeps to the pace, and what waits for an answer goes first', async () => {
    const [a, b] = [await started({ pace: { burst: 2, everyMs: 200 } }), await started()]
    await together(a, b)
    const heard = listen(b)
    const beganAtMs = performance.now()
    const payload = new Uint8Array(randomBytes(600))
    const records = [1, 2].map(() => a.send(messageOf(someone(), { kind: 'records', payload })))
    const ping = a.send(messageOf(someone(), { kind: 'ping' }))
    await Promise.all([...records, ping])
    await vi.waitFor(() => expect(heard).toHaveLength(3), soon)
    expect(heard.map(({ message }) => message.kind)).toEqual(['ping', 'records', 'records'])
    // Seven lines or more: two at once, then five a second.
    expect(performance.now() - beganAtMs).toBeGreaterThan(900)
  })
})

test('a server that sends no line end is left before it fills memory', async () => {
  const sockets: Socket[] = []
  const endless: Server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    socket.write(Buffer.alloc(200_000, 65))
  })
  await new Promise<void>((resolve) => endless.listen(0, '127.0.0.1', resolve))
  const bound = endless.address()
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0
  const address = `/ip4/127.0.0.1/tcp/${port}/irc/lab/dswarm-line`
  const channel = new IrcChannel(depsOf(), { address, host: '127.0.0.1', port, channel: '#lab', self: someone() })
  await channel.start()
  await vi.waitFor(() => expect(channel.facts().stateReason).toContain('a line without an end'), soon)
  await channel.stop()
  for (const socket of sockets) socket.destroy()
  await new Promise((resolve) => endless.close(resolve))
})

test('only a server of the lab’s own is spoken to fast', () => {
  for (const host of ['irc.example.org', '8.8.8.8', '172.32.0.1', '2001:db8::1']) expect(paceFor(host)).toBe(publicPace)
  for (const host of ['10.0.0.1', '127.0.0.1', '192.168.3.4', '172.16.0.1', 'fd00::1']) {
    expect(paceFor(host)).not.toBe(publicPace)
  }
})
