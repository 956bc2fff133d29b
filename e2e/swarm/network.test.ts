import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ChannelView, GraphView, PingView, RouteView, SwarmMessageView } from '../../src/shared/network-views.ts'
import { Daemon, run, scratch } from './fixtures/daemon.ts'

/** A desk with a TCP line, a bridge on that line and on UDP, and a robot that has only UDP. None of them gossips. */
const folder = scratch()
const [desk, bridge, robot] = ['desk', 'bridge', 'robot'].map((name) => new Daemon(folder.path, name)) as [
  Daemon,
  Daemon,
  Daemon,
]
const all = [desk, bridge, robot]
const patience = { timeout: 60_000, interval: 250 }

const [line, udp] = await Promise.all([freePort(), freePort()])
const lineAddress = `/ip4/127.0.0.1/tcp/${line}/dswarm-line`
const udpAddress = `/ip4/127.255.255.255/udp/${udp}/dswarm-line`

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

const cli = (at: Daemon, ...args: readonly string[]) => run([...args, '--home', at.home])
const graph = (at: Daemon): Promise<GraphView> => at.json('/network/graph')
const way = (path: PingView['path']): string => path.map(({ name }) => name).join(' ')

beforeAll(async () => {
  await desk.start({ role: 'operator', more: ['--no-gossip', '--channel', `listen:${lineAddress}`] })
  const join = await desk.invite('robot', 5)
  const channels = (...addresses: readonly string[]) => [
    '--no-gossip',
    ...addresses.flatMap((one) => ['--channel', one]),
  ]
  await bridge.start({ join, more: channels(lineAddress, udpAddress) })
  await robot.start({ join, more: channels(udpAddress) })
  for (const one of [bridge, robot]) await one.admitted()
}, 120_000)

afterAll(async () => {
  await Promise.all(all.map((one) => one.stop('SIGKILL')))
  folder.remove()
})

test('a ping goes over a TCP line and UDP, and says so', async () => {
  await expect.poll(async () => (await cli(desk, 'peers')).stdout, patience).toContain('robot')
  const { stdout } = await cli(desk, 'ping', 'robot', '--json')
  const { answers } = JSON.parse(stdout) as { answers: PingView[] }
  const [answer] = answers
  expect(way(answer?.path ?? [])).toBe('bridge robot')
  expect(way(answer?.back ?? [])).toBe('bridge desk')
  expect(answer?.path.map(({ channel }) => channel)).toEqual([lineAddress, udpAddress])
  const spoken = await cli(desk, 'ping', 'robot', '-c', '2')
  expect(spoken).toMatchObject({ code: 0, stdout: expect.stringContaining('2 of 2 answered') as unknown })
})

test('the way is learned, and shown; one that is set goes before it', async () => {
  const learned = await cli(desk, 'routes')
  expect(learned.stdout).toContain(`${lineAddress}/dswarm/${bridge.ready.peerId}/brain/$0`)
  const prefix = `/dswarm/${robot.ready.peerId}/brain`
  const set = `${lineAddress}/dswarm/${bridge.ready.peerId}/brain${udpAddress}/$0`
  expect(await cli(desk, 'routes', 'add', prefix, set)).toMatchObject({ code: 0 })
  const routes = await desk.json<RouteView[]>('/network/routes')
  expect(routes[0]).toMatchObject({ prefix, next: set, source: 'set' })
  expect(await cli(desk, 'ping', 'robot')).toMatchObject({ code: 0 })
  expect(await cli(desk, 'routes', 'add', 'nonsense', set)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('"nonsense" does not begin with "/"') as unknown,
  })
  expect(await cli(desk, 'routes', 'remove', prefix)).toMatchObject({ code: 0 })
  expect((await desk.json<RouteView[]>('/network/routes')).some(({ source }) => source === 'set')).toBe(false)
})

test('a text arrives among the messages, and its sender hears so', async () => {
  const sent = await cli(robot, 'send', 'desk', 'my wheel is stuck')
  expect(sent).toMatchObject({ code: 0, stdout: expect.stringContaining('desk has it') as unknown })
  const shown = await cli(desk, 'messages', '--search', 'wheel', '--json')
  expect(JSON.parse(shown.stdout) as SwarmMessageView[]).toMatchObject([
    { kind: 'text', direction: 'in', channelKind: 'tcp-line', summary: 'text: my wheel is stuck', hops: 1 },
  ])
  const nobody = await cli(desk, 'send', 'nobody', 'hello')
  expect(nobody).toMatchObject({ code: 1, stderr: expect.stringContaining('no machine is called') as unknown })
})

test('who hears whom is known everywhere', async () => {
  await expect
    .poll(async () => {
      const { edges } = await graph(desk)
      return edges.filter(({ channel, both }) => channel !== 'gossip' && both).map(({ channel }) => channel)
    }, patience)
    .toEqual(expect.arrayContaining(['tcp-line', 'udp']))
  const { nodes, partitions } = await graph(desk)
  expect(nodes).toHaveLength(3)
  expect(partitions).toHaveLength(1)
}, 120_000)

test('a channel is switched off and on while the peer runs', async () => {
  expect(await cli(bridge, 'channels', 'off', udpAddress)).toMatchObject({ code: 0 })
  const off = await bridge.json<ChannelView[]>('/network/channels')
  expect(off.find(({ address }) => address === udpAddress)).toMatchObject({ enabled: false, state: 'off' })
  expect(await cli(desk, 'ping', 'robot', '--timeout', '1')).toMatchObject({ code: 1 })
  expect(await cli(bridge, 'channels', 'on', udpAddress)).toMatchObject({ code: 0 })
  await expect.poll(async () => (await cli(desk, 'ping', 'robot', '--timeout', '2')).code, patience).toBe(0)
  expect(await cli(bridge, 'channels', 'add', '/ip4/1.2.3/udp/4/dswarm-line')).toMatchObject({ code: 2 })
})
