import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { systemClock, type Clock } from './base/clock.ts'
import { silentLog } from './base/log.ts'
import { createPeer, type Peer, type PeerOptions } from './peer.ts'

const soon = { timeout: 20_000, interval: 20 }
const hourMs = 3_600_000
const peers: Peer[] = []
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dt-swarm-time-'))
})

afterEach(async () => {
  for (const peer of peers.splice(0).toReversed()) await peer.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function started(name: string, more: Partial<PeerOptions> = {}): Promise<Peer> {
  const peer = await createPeer({
    home: join(folder, name),
    version: '0.0.0',
    log: silentLog,
    ...more,
    settings: {
      name,
      shareDir: join(folder, name, 'share'),
      downloadDir: join(folder, name, 'downloads'),
      listen: ['/ip4/127.0.0.1/tcp/0'],
      mdns: false,
      ...more.settings,
    },
  })
  peers.push(peer)
  await peer.start()
  return peer
}

async function stopped(peer: Peer): Promise<void> {
  peers.splice(peers.indexOf(peer), 1)
  await peer.stop()
}

/** Boots in 1970, as a Raspberry Pi without a clock battery does. */
const bootsIn1970 = (): Clock => {
  const startedMs = performance.now()
  return { ...systemClock, now: () => 60_000 + Math.trunc(performance.now() - startedMs) }
}

test('a robot that boots in 1970 joins by an invite, its records count, and its skew is shown', async () => {
  const laptop = await started('laptop')
  const { link } = laptop.trust.invite({ role: 'robot', uses: 1, validForMs: hourMs })
  const asRobot = { clock: bootsIn1970(), settings: { role: 'robot' as const } }
  const robot = await started('duckie01', { ...asRobot, join: link })
  await vi.waitFor(() => {
    const seen = laptop.membership.get(robot.peerId)
    expect(seen).toMatchObject({ name: 'duckie01', standing: 'member', roles: ['robot'], status: 'alive' })
    // Half a century and more behind.
    expect(seen?.clockSkewMs).toBeLessThan(-50 * 365 * 24 * hourMs)
    expect(robot.status().time).toMatchObject({ source: 'swarm', peers: 1 })
  }, soon)
  expect(Math.abs(robot.clock.now() - Date.now())).toBeLessThan(2_000)
  expect(robot.status().warnings).toMatchObject([
    { code: 'CLOCK_WRONG', message: expect.stringMatching(/1970.*uses swarm time/) as string },
  ])
  const said = robot.book.author({ bucket: 'usage', key: 'runs', value: { count: 3 }, validForMs: hourMs })
  await vi.waitFor(() => {
    const heard = laptop.book.get(said.record.id)
    expect(heard === undefined ? undefined : laptop.book.state(heard).state).toBe('accepted')
  }, soon)
  expect(laptop.status().time).toMatchObject({ offsetMs: 0, source: 'own' })

  // Again after a power cut: in 1970, but not before the last time it knew of.
  await stopped(robot)
  await stopped(laptop)
  const alone = await started('duckie01', { ...asRobot, clock: bootsIn1970() })
  expect(alone.status().time.source).toBe('floor')
  expect(Math.abs(alone.clock.now() - Date.now())).toBeLessThan(60_000)
  expect(alone.book.get(said.record.id)).toBeDefined()
}, 60_000)

test('one that lies about the time moves nobody, and is told to be off', async () => {
  const laptop = await started('laptop')
  const { link } = laptop.trust.invite({ role: 'robot', uses: 5, validForMs: 24 * hourMs })
  const honest = [await started('a', { join: link }), await started('b', { join: link })]
  const ahead = 3 * hourMs
  const liar = await started('liar', { join: link, clock: { ...systemClock, now: () => systemClock.now() + ahead } })
  await vi.waitFor(() => {
    for (const peer of [laptop, ...honest]) {
      expect(peer.node.neighbours()).toContain(liar.peerId)
      expect(peer.status().time).toMatchObject({ offsetMs: 0, source: 'own', peers: 3 })
    }
    expect(liar.status().time).toMatchObject({ source: 'swarm', peers: 3 })
    expect(laptop.membership.get(liar.peerId)?.clockSkewMs).toBeGreaterThan(ahead - 5_000)
  }, soon)
  expect(Math.abs(liar.clock.now() - Date.now())).toBeLessThan(2_000)
}, 60_000)
