import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { SwarmError } from '../shared/errors.ts'
import type { TrustRole } from '../shared/trust-views.ts'
import { FakeClock, systemClock } from './base/clock.ts'
import { silentLog } from './base/log.ts'
import { PeerHost } from './peer-host.ts'
import { createPeer, type Peer, type PeerOptions } from './peer.ts'
import { openIdentity } from './store/identity-store.ts'
import { changeSwarm } from './store/swarm-change.ts'
import { writeSwarm } from './store/swarm-file.ts'
import { foundSwarm } from './store/swarm-store.ts'

const soon = { timeout: 20_000, interval: 20 }
const stops: (() => Promise<void>)[] = []
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dt-swarm-host-'))
})

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
  rmSync(folder, { recursive: true, force: true })
})

const optionsOf = (name: string): PeerOptions => ({
  home: join(folder, name),
  version: '0.0.0',
  log: silentLog,
  settings: {
    name,
    role: 'robot',
    shareDir: join(folder, name, 'share'),
    downloadDir: join(folder, name, 'downloads'),
    listen: ['/ip4/127.0.0.1/tcp/0'],
    mdns: false,
  },
})

/** A hosted peer, and what its shell was told. */
async function host(name: string, more: Partial<PeerOptions> = {}, create = createPeer) {
  const told: string[] = []
  const options = { ...optionsOf(name), ...more }
  const hosted = new PeerHost<Peer>(
    {
      log: silentLog,
      create: (notes) => create({ ...optionsOf(name), notes }),
      leaving: async () => void told.push('leaving'),
      changed: async (peer) => void told.push(`in ${peer.trust.swarmView().name}`),
      lost: () => void told.push('lost'),
    },
    await createPeer(options),
  )
  stops.push(() => hosted.stop())
  await hosted.start()
  return { hosted, told }
}

const linkOf = (peer: Peer, role: TrustRole | null = 'robot'): string =>
  peer.trust.invite({ role, uses: 5, validForMs: 3_600_000 }).link
const say = (peer: Peer, key: string) =>
  peer.book.author({ bucket: 'usage', key, value: { runs: 1 }, validForMs: 3_600_000 }).record.id
const keysOf = (peer: Peer): string[] => peer.book.live('usage').map(({ record }) => record.body.key)

test('a peer joins another swarm while it runs: admitted, with a database of its own, and the old one kept', async () => {
  const desk = await host('desk')
  const robot = await host('duckie01')
  say(desk.hosted.peer, 'of the lab')
  say(robot.hosted.peer, 'of the old swarm')
  const before = robot.hosted.peer
  const old = before.trust.swarmView()
  const link = linkOf(desk.hosted.peer)
  expect(await robot.hosted.join(link)).toMatchObject({
    current: false,
    role: 'robot',
    swarm: { name: "desk's swarm" },
  })
  await expect(robot.hosted.join(link)).rejects.toMatchObject({ code: 'LIMIT_REACHED' })
  await vi.waitFor(() => expect(robot.told).toEqual(['leaving', "in desk's swarm"]), soon)
  const after = robot.hosted.peer
  expect(after.peerId).toBe(before.peerId)
  expect(after.trust.swarmView()).toEqual(desk.hosted.peer.trust.swarmView())
  await vi.waitFor(() => expect(after.info()).toMatchObject({ standing: 'member', roles: ['robot'] }), soon)
  await vi.waitFor(() => expect(keysOf(after)).toEqual(['of the lab']), soon)
  // What it says counts at the desk, too.
  say(after, 'from the newcomer')
  await vi.waitFor(() => expect(keysOf(desk.hosted.peer).toSorted()).toEqual(['from the newcomer', 'of the lab']), soon)
  const left = readdirSync(join(folder, 'duckie01', 'left'))
  expect(left.filter((name) => name.startsWith(old.id.slice(-8))).map((name) => name.split('.').at(-1))).toEqual(
    expect.arrayContaining(['db', 'json']),
  )
  // A member that is given another invite of its own swarm stays as it is.
  expect((await robot.hosted.join(linkOf(desk.hosted.peer))).current).toBe(true)
  expect(robot.hosted.peer).toBe(after)
})

test('a private swarm is joined with the key of its invite', async () => {
  const home = join(folder, 'desk')
  const networkKey = new Uint8Array(32).fill(9)
  writeSwarm(home, foundSwarm({ identity: openIdentity({ home }), clock: systemClock }, { name: 'secret', networkKey }))
  const desk = await host('desk')
  expect(desk.hosted.peer.info().swarm).toMatchObject({ name: 'secret', private: true })
  const outsider = await host('outsider')
  outsider.hosted.peer.node.setBootstrap(desk.hosted.peer.node.addresses())
  const robot = await host('duckie01')
  await robot.hosted.join(linkOf(desk.hosted.peer))
  await vi.waitFor(() => expect(robot.hosted.peer.info().standing).toBe('member'), soon)
  expect(robot.hosted.peer.info().swarm.private).toBe(true)
  expect(desk.hosted.peer.node.linked(outsider.hosted.peer.peerId)).toBe(false)
})

test('what lies in the share folder is shared in the new swarm', async () => {
  const desk = await host('desk')
  const robot = await host('duckie01')
  const { shareDir } = robot.hosted.peer.settings.get()
  mkdirSync(shareDir, { recursive: true })
  writeFileSync(join(shareDir, 'drive.txt'), 'a drive')
  const namesAt = (peer: Peer) => peer.files.shares.all().map(({ name }) => name)
  await vi.waitFor(() => expect(namesAt(robot.hosted.peer)).toEqual(['drive.txt']), soon)
  await robot.hosted.join(linkOf(desk.hosted.peer))
  await vi.waitFor(() => expect(namesAt(desk.hosted.peer)).toEqual(['drive.txt']), soon)
  const [share] = desk.hosted.peer.files.shares.all()
  expect(share?.originName).toBe('duckie01')
})

test('a power cut while the home is moved leaves the old swarm, which comes up again', async () => {
  const desk = await host('desk')
  const before = desk.hosted.peer.trust.swarmView()
  say(desk.hosted.peer, 'once')
  await desk.hosted.stop()
  // The database is moved first; then the power went.
  const home = join(folder, 'desk')
  mkdirSync(join(home, 'left'))
  renameSync(join(home, 'swarm.db'), join(home, 'left', 'moved.db'))
  const again = await host('desk')
  expect(again.hosted.peer.trust.swarmView()).toEqual(before)
  expect(again.hosted.peer.info().standing).toBe('root')
})

test('a stranger that is given a better invite of the same swarm is admitted by it, with all it had', async () => {
  const desk = await host('desk')
  const robot = await host('duckie01', { join: linkOf(desk.hosted.peer, null) })
  const { peer } = robot.hosted
  await vi.waitFor(() => expect(desk.hosted.peer.trust.view().asks).toHaveLength(1), soon)
  say(peer, 'while waiting')
  expect(await robot.hosted.join(linkOf(desk.hosted.peer))).toMatchObject({ current: true })
  await vi.waitFor(() => expect(robot.told).toEqual(['leaving', "in desk's swarm"]), soon)
  await vi.waitFor(() => expect(robot.hosted.peer.info().standing).toBe('member'), soon)
  await vi.waitFor(() => expect(keysOf(desk.hosted.peer)).toEqual(['while waiting']), soon)
  expect(readdirSync(join(folder, 'duckie01'))).not.toContain('left')
})

test('an invite that is none changes nothing', async () => {
  const { hosted, told } = await host('desk')
  const { peer } = hosted
  for (const link of ['', 'dt-swarm://join/', 'dt-swarm://join/AAAA', linkOf(peer).slice(0, -3)]) {
    await expect(hosted.join(link)).rejects.toMatchObject({ code: 'BAD_INVITE' })
  }
  expect([hosted.peer === peer, told]).toEqual([true, []])
})

test('where the new swarm cannot be joined, the peer is back in the old one, and says why', async () => {
  const desk = await host('desk')
  let failures = 1
  const robot = await host('duckie01', {}, async (options) => {
    if (failures-- > 0) throw new SwarmError('DISK_FULL', 'The disk is full.')
    return createPeer(options)
  })
  const old = robot.hosted.peer.trust.swarmView()
  say(robot.hosted.peer, 'of the old swarm')
  await robot.hosted.join(linkOf(desk.hosted.peer))
  await vi.waitFor(() => expect(robot.told).toEqual(['leaving', "in duckie01's swarm"]), soon)
  const { peer } = robot.hosted
  expect(peer.trust.swarmView()).toEqual(old)
  expect(keysOf(peer)).toEqual(['of the old swarm'])
  const { warnings } = peer.status()
  expect(warnings).toMatchObject([
    { code: 'JOIN_FAILED', message: expect.stringMatching(/desk's swarm.*The disk is full/) as unknown },
  ])
})

test('a home that begins with an invite is in that swarm, also the next time; another swarm is refused there', async () => {
  const desk = await host('desk')
  const link = linkOf(desk.hosted.peer)
  const first = await host('duckie01', { join: link })
  await vi.waitFor(() => expect(first.hosted.peer.info().standing).toBe('member'), soon)
  await first.hosted.stop()
  // A service is started with the same words each time, long after the invite has ended.
  const again = await host('duckie01', { join: link })
  expect(again.hosted.peer.info().standing).toBe('member')
  await again.hosted.stop()
  const elsewhere = await host('elsewhere')
  await expect(createPeer({ ...optionsOf('duckie01'), join: linkOf(elsewhere.hosted.peer) })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    message: expect.stringContaining('dt-swarm join') as unknown,
  })
  await expect(createPeer({ ...optionsOf('new'), join: 'nonsense' })).rejects.toMatchObject({ code: 'BAD_INVITE' })
})

test('two swarms of one name do not mix, and leave each other alone', async () => {
  const a = await host('same')
  const b = await createPeer({
    ...optionsOf('same'),
    home: join(folder, 'other'),
    settings: { ...optionsOf('same').settings, bootstrap: [...a.hosted.peer.node.addresses()] },
  })
  stops.push(() => b.stop())
  // The two may have met and parted before all of the peer has started.
  const linked: string[] = []
  b.node.events.on('link:up', ({ peer }) => linked.push(peer))
  await b.start()
  expect(b.trust.swarmView().name).toBe(a.hosted.peer.trust.swarmView().name)
  await vi.waitFor(() => expect(linked).toContain(a.hosted.peer.peerId), soon)
  say(a.hosted.peer, 'of a')
  say(b, 'of b')
  const counted = () => Object.keys(b.counters.snapshot()).filter((name) => name.includes('other-swarm'))
  await vi.waitFor(() => expect(counted()).not.toEqual([]), soon)
  await vi.waitFor(() => expect([a.hosted.peer.node.neighbours(), b.node.neighbours()]).toEqual([[], []]), soon)
  expect([keysOf(a.hosted.peer), keysOf(b)]).toEqual([['of a'], ['of b']])
})

test('what is kept of swarms that were left is bounded', async () => {
  const home = join(folder, 'traveller')
  const identity = openIdentity({ home })
  const clock = new FakeClock(Date.UTC(2026, 5, 1))
  for (let n = 0; n < 7; n += 1) {
    writeFileSync(join(home, 'swarm.db'), `of ${n}`)
    await clock.advance(1_000)
    changeSwarm(home, foundSwarm({ identity, clock }, { name: `swarm ${n}` }), { clock, log: silentLog })
  }
  const left = readdirSync(join(home, 'left'))
  const databases = left.filter((name) => name.endsWith('.db'))
  expect(databases.map((name) => readFileSync(join(home, 'left', name), 'utf8')).toSorted()).toEqual([
    'of 3',
    'of 4',
    'of 5',
    'of 6',
  ])
  // The small files with which a swarm can be taken up again are all there, and only their owner's.
  const files = left.filter((name) => name.endsWith('.json'))
  expect(files).toHaveLength(6)
  for (const name of files) expect(statSync(join(home, 'left', name)).mode & 0o777).toBe(0o600)
})

test('an invite that ends while it is answered leaves the peer running', async () => {
  const { hosted, told } = await host('desk')
  const { peer } = hosted
  const link = linkOf(peer)
  const preview = peer.trust.readInvite(link)
  // As it was told a moment ago; by now it is none any more.
  vi.spyOn(peer.trust, 'readInvite').mockReturnValue({ ...preview, current: false })
  await hosted.join('dt-swarm://join/ended')
  await vi.waitFor(
    async () => expect(await hosted.join('dt-swarm://join/ended')).toMatchObject({ current: false }),
    soon,
  )
  expect(told).toEqual([])
  expect(hosted.peer).toBe(peer)
  expect(say(peer, 'still here')).toBeTypeOf('string')
})
