import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Settings } from '../shared/views.ts'
import { systemClock } from './base/clock.ts'
import { silentLog } from './base/log.ts'
import { createPeer, type Peer, type PeerOptions } from './peer.ts'

const soon = { timeout: 15_000, interval: 20 }
const peers: Peer[] = []
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dt-swarm-peer-'))
})

afterEach(async () => {
  for (const peer of peers.splice(0)) await peer.stop()
  rmSync(folder, { recursive: true, force: true })
})

const settingsOf = (name: string) => ({
  name,
  shareDir: join(folder, name, 'share'),
  downloadDir: join(folder, name, 'downloads'),
  listen: ['/ip4/127.0.0.1/tcp/0'],
  mdns: false,
})

/** A real peer on loopback with a home of its own. */
async function make(name: string, settings: Partial<Settings> = {}, more: Partial<PeerOptions> = {}): Promise<Peer> {
  const peer = await createPeer({
    home: join(folder, name),
    version: '0.0.0',
    log: silentLog,
    settings: { ...settingsOf(name), ...settings },
    ...more,
  })
  peers.push(peer)
  return peer
}

async function started(...args: Parameters<typeof make>): Promise<Peer> {
  const peer = await make(...args)
  await peer.start()
  return peer
}

/** Into the swarm of a peer, as an operator. */
const linkOf = (peer: Peer): string => peer.trust.invite({ role: 'operator', uses: 1, validForMs: 3_600_000 }).link

const nameAt = (peer: Peer, other: Peer): string | undefined => peer.membership.get(other.peerId)?.name

test('start and stop may be called twice, also at the same time; what has stopped does not start again', async () => {
  const peer = await make('a')
  await Promise.all([peer.start(), peer.start()])
  expect(peer.node.addresses()).toHaveLength(1)
  await Promise.all([peer.stop(), peer.stop()])
  expect(peer.node.addresses()).toEqual([])
  await expect(peer.start()).rejects.toMatchObject({ code: 'INTERNAL' })
})

test('a stop while it starts leaves nothing running', async () => {
  const peer = await make('a')
  const starting = peer.start()
  await peer.stop()
  await starting
  expect(peer.node.addresses()).toEqual([])
  await started('a')
})

test('a start that fails leaves nothing running and gives its home free', async () => {
  const first = await started('a')
  const taken = (first.node.addresses()[0] ?? '').replace(/\/p2p\/.*/, '')
  const second = await make('b', { listen: [taken] })
  await expect(second.start()).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' })
  await started('b')
  await second.stop()
})

test('a second peer in the same home is refused, and harms the first in nothing', async () => {
  const first = await started('a')
  await expect(make('a')).rejects.toMatchObject({ code: 'HOME_IN_USE' })
  expect(first.status().records).toBeGreaterThan(0)
})

test('stop leaves no handle', async () => {
  const kinds = () => process.getActiveResourcesInfo().filter((kind) => !/Immediate|CloseReq/.test(kind))
  const before = kinds().length
  const a = await started('a')
  const b = await started('b', {}, { join: linkOf(a) })
  await vi.waitFor(() => expect(nameAt(b, a)).toBe('a'), soon)
  await b.stop()
  await a.stop()
  await vi.waitFor(() => expect(kinds().length).toBeLessThanOrEqual(before), soon)
})

test('a new name in the settings is seen by the others', async () => {
  const a = await started('a')
  const { name: _, ...unnamed } = settingsOf('b')
  const b = await started('b', {}, { settings: unnamed, join: linkOf(a) })
  b.settings.update({ name: 'before' })
  await vi.waitFor(() => expect(nameAt(a, b)).toBe('before'), soon)
  b.settings.update({ name: 'after' })
  await vi.waitFor(() => expect(nameAt(a, b)).toBe('after'), soon)
})

test('a corrupt database is moved aside, and its records come back from the others', async () => {
  const a = await started('a')
  const b = await started('b', {}, { join: linkOf(a) })
  await vi.waitFor(() => expect([nameAt(a, b), nameAt(b, a)]).toEqual(['b', 'a']), soon)
  await b.stop()
  const files = readdirSync(join(folder, 'b')).filter((name) => /\.(db|sqlite)/.test(name))
  expect(files.length).toBeGreaterThan(0)
  for (const name of files) writeFileSync(join(folder, 'b', name), 'this is no database, whatever its name says')
  const again = await started('b')
  expect(again.peerId).toBe(b.peerId)
  expect(readdirSync(join(folder, 'b')).some((name) => name.includes('corrupt'))).toBe(true)
  await vi.waitFor(() => expect(nameAt(again, a)).toBe('a'), soon)
  // Its own past too, so that what it says next is newer than what others hold.
  again.membership.setProfile({ name: 'b again', role: 'operator', version: '0', robot: null, simulated: false })
  await vi.waitFor(() => expect(nameAt(a, again)).toBe('b again'), soon)
})

test('the port of last time is taken again where nobody said which, else another one that is then kept', async () => {
  const server = createServer().listen(0)
  await once(server, 'listening')
  const port = String((server.address() as AddressInfo).port)
  server.close()
  await once(server, 'close')
  for (const name of ['a', 'b']) {
    mkdirSync(join(folder, name))
    writeFileSync(join(folder, name, 'port'), port)
  }
  const portsOf = (peer: Peer) =>
    new Set(peer.node.addresses().map((address) => /\/(?:tcp|udp)\/(\d+)/.exec(address)?.[1]))
  const a = await started('a', { listen: [] })
  expect([...portsOf(a)]).toEqual([port])
  const b = await started('b', { listen: [] })
  const [ownPort, ...more] = portsOf(b)
  expect([more, ownPort === port]).toEqual([[], false])
  expect(readFileSync(join(folder, 'b', 'port'), 'utf8').trim()).toBe(ownPort)
  await a.stop()
  await b.stop()
  expect([...portsOf(await started('b', { listen: [] }))]).toEqual([ownPort])
})

test('a clock from before the first release is told, and costs no record', async () => {
  const before = await started('a')
  const { record } = before.book.author({ bucket: 'usage', key: 'runs', value: { count: 3 }, validForMs: 3_600_000 })
  await before.stop()
  const clock = { ...systemClock, now: () => 60_000 + performance.now() }
  const peer = await started('a', {}, { clock })
  expect(peer.status().warnings).toMatchObject([{ code: 'CLOCK_WRONG' }])
  expect(peer.book.get(record.id)).toBeDefined()
  expect((await started('b')).status().warnings).toEqual([])
})
