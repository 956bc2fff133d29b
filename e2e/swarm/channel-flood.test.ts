import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test, vi } from 'vitest'
import type { ChannelView } from '../../src/shared/network-views.ts'
import { chunkFrame, ircTag } from '../../src/main/net/channels/irc-chunk.ts'
import { LineCodec, lineOf } from '../../src/main/net/channels/line.ts'
import { messageOf, someone } from '../../src/main/net/channels/testing/channel-suite.ts'
import { Daemon, scratch } from './fixtures/daemon.ts'

const folder = scratch()
const daemons: Daemon[] = []
const sockets: Socket[] = []
afterAll(async () => {
  for (const socket of sockets) socket.destroy()
  await Promise.all(daemons.map((daemon) => daemon.stop()))
  folder.remove()
})

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const bound = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof bound === 'object' && bound !== null ? bound.port : 0
}

/** Seconds of CPU that a process has used; Linux counts them in hundredths. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** Writes as fast as the other side reads, until stopped; connects anew when it is cut off. */
function pour(port: number, text: string, signal: AbortSignal): void {
  const socket = connect({ host: '127.0.0.1', port })
  sockets.push(socket)
  const bytes = Buffer.from(text)
  const write = (): void => {
    while (!signal.aborted && socket.write(bytes)) continue
  }
  socket.on('connect', write)
  socket.on('drain', write)
  socket.on('error', () => {})
  socket.on('close', () => !signal.aborted && setTimeout(() => pour(port, text, signal), 50))
  signal.addEventListener('abort', () => socket.destroy(), { once: true })
}

async function sprinkle(port: number, datagram: Uint8Array, signal: AbortSignal): Promise<void> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  socket.setBroadcast(true)
  while (!signal.aborted) {
    for (let i = 0; i < 50; i += 1) socket.send(datagram, port, '127.255.255.255')
    await sleep(1)
  }
  await new Promise<void>((resolve) => socket.close(resolve))
}

/** Lines a second of one user whom its IRC server does not hold back; most servers let through one. */
const ircLinesPerS = 2_000

/** As much of an IRC server as a client waits for (RFC 2812), with one user on the channel who says a line without end. */
async function floodedIrc(text: string): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    let nick = ''
    let timer: NodeJS.Timeout | undefined
    createInterface({ input: socket }).on('line', (line) => {
      const [command = '', ...words] = line.split(' ')
      const [first = ''] = words
      if (command === 'NICK') nick = first
      if (command === 'USER') socket.write(`:irc.test 001 ${nick} :Welcome\r\n:irc.test 376 ${nick} :End\r\n`)
      if (command === 'PING') socket.write(`:irc.test PONG irc.test ${first}\r\n`)
      if (command !== 'JOIN' || timer !== undefined) return
      socket.write(`:${nick}!~dtswarm@10.0.0.1 JOIN ${first}\r\n:irc.test 353 ${nick} = ${first} :${nick} flooder\r\n`)
      socket.write(`:irc.test 366 ${nick} ${first} :End\r\n`)
      const said = `:flooder!~x@10.0.0.9 PRIVMSG ${first} :${text}\r\n`.repeat(ircLinesPerS / 50)
      timer = setInterval(() => socket.write(said), 20)
    })
    socket.on('close', () => clearInterval(timer))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const bound = server.address()
  const stop = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of sockets) socket.destroy()
    await closed
  }
  return { port: typeof bound === 'object' && bound !== null ? bound.port : 0, stop }
}

test(
  'a peer whose line, UDP port and IRC channel are flooded serves its swarm, and keeps its CPU',
  { timeout: 180_000 },
  async () => {
    const port = await freePort()
    const line = `/ip4/127.0.0.1/tcp/${port}/dswarm-line`
    const udp = `/ip4/127.255.255.255/udp/${port}/dswarm-line`
    const server = new Daemon(folder.path, 'server')
    daemons.push(server)
    await server.start({ role: 'operator', more: ['--no-gossip', '--channel', `listen:${line}`, '--channel', udp] })
    const robot = new Daemon(folder.path, 'robot')
    daemons.push(robot)
    await robot.start({ join: await server.invite(), more: ['--no-gossip', '--channel', line] })
    await robot.admitted()

    const codec = new LineCodec({ swarm: (await server.info()).swarm.id, networkKey: null })
    const encoded = codec.encode(messageOf(someone(), { kind: 'text', payload: randomBytes(200) }))
    if (encoded.kind !== 'ok') throw new Error(encoded.reason)
    const flood = new AbortController()
    const replayed = `${lineOf(encoded.frame)}\n`.repeat(200)
    for (let i = 0; i < 3; i += 1) pour(port, replayed, flood.signal)
    pour(port, 'this is no line of ours\n'.repeat(200), flood.signal)
    const sprinkling = sprinkle(port, Buffer.concat([Buffer.from('dS\0'), codec.tag, randomBytes(900)]), flood.signal)

    const chunks = chunkFrame(ircTag(codec.tag), 'sAmEiD', encoded.frame, { nick: 'flooder', target: '#lab' })
    const irc = await floodedIrc(chunks[0] ?? '')
    const address = `/ip4/127.0.0.1/tcp/${irc.port}/irc/lab/dswarm-line`
    await server.post('/network/channels', { address })

    await sleep(2_000)
    const [beganAt, cpuBefore] = [performance.now(), cpuSeconds(server.pid)]
    const value = { text: 'still here' }
    const said = await robot.post<{ id: string }>('/records', {
      bucket: 'usage',
      key: 'said',
      value,
      validForMs: 3_600_000,
    })
    await vi.waitFor(async () => expect((await server.call(`/records/${said.id}`)).ok).toBe(true), {
      timeout: 60_000,
      interval: 200,
    })
    const heardMs = performance.now() - beganAt
    await sleep(Math.max(0, 6_000 - heardMs))
    const share = (cpuSeconds(server.pid) - cpuBefore) / ((performance.now() - beganAt) / 1_000)
    flood.abort()
    await sprinkling

    const [, tcp, lan, chat] = await server.json<ChannelView[]>('/network/channels')
    process.stdout.write(
      `flood: ${(share * 100).toFixed(0)} % of a core; an honest record came after ${heardMs.toFixed(0)} ms;
  line: ${tcp?.received.messages} heard, dropped ${JSON.stringify(tcp?.dropped)}
  udp: ${lan?.received.messages} heard, dropped ${JSON.stringify(lan?.dropped)}
  irc: ${chat?.received.messages} heard, dropped ${JSON.stringify(chat?.dropped)}\n`,
    )
    expect(share).toBeLessThan(0.8)
    expect(tcp?.dropped['malformed']).toBeGreaterThanOrEqual(10)
    expect((lan?.dropped['flood'] ?? 0) + (lan?.dropped['cut'] ?? 0)).toBeGreaterThan(1_000)
    expect(Object.values(chat?.dropped ?? {}).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0)
    await irc.stop()
    expect(robot.log + server.log).not.toMatch(/"level":(50|60|"error"|"fatal")/)
  },
)
