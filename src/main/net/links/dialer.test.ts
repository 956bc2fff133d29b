import { afterEach, expect, test } from 'vitest'
import type { PeerId } from '../../../shared/ids.ts'
import { FakeClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { silentLog } from '../../base/log.ts'
import { Dialer, type DialerInit } from './dialer.ts'

const peer = (n: number): PeerId => `12D3KooW${String(n).padStart(44, '1')}` as PeerId
const started: Dialer[] = []
afterEach(async () => {
  await Promise.all(started.splice(0).map((dialer) => dialer.stop()))
})

async function make(init: DialerInit = {}) {
  const clock = new FakeClock()
  const world = {
    clock,
    links: new Set<PeerId>(),
    /** Addresses that answer, and as whom. */
    up: new Map<string, PeerId>(),
    tries: [] as { readonly atMs: number; readonly address: string }[],
    network: 'wlan0',
    parallel: 0,
    mostParallel: 0,
  }
  const dialer = new Dialer(
    {
      clock,
      random: () => 0.5,
      counters: new Counters(),
      log: silentLog,
      linked: (id) => world.links.has(id),
      linkCounts: () => ({ outbound: world.links.size, all: world.links.size }),
      networkState: () => world.network,
      dial: async ({ addresses }) => {
        const address = addresses[0] ?? ''
        world.tries.push({ atMs: clock.monotonic(), address })
        world.mostParallel = Math.max(world.mostParallel, (world.parallel += 1))
        await new Promise((resolve) => setImmediate(resolve))
        world.parallel -= 1
        const answering = world.up.get(address)
        if (answering === undefined) throw new Error('nobody answers')
        world.links.add(answering)
        return answering
      },
    },
    init,
  )
  await dialer.start()
  started.push(dialer)
  return { dialer, world, advance: (ms: number) => advance(clock, ms) }
}

/** In small steps, so that every dial's promises run at their own time. */
async function advance(clock: FakeClock, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 50) {
    await clock.advance(Math.min(50, left))
    for (let i = 0; i < 4; i += 1) await new Promise((resolve) => setImmediate(resolve))
  }
}

test('a bootstrap address is dialled at once, then with growing waits, at most 30 s', async () => {
  const { dialer, world, advance } = await make()
  dialer.setBootstrap(['/a'])
  await advance(300_000)
  const waits = world.tries.slice(1).map(({ atMs }, i) => atMs - (world.tries[i]?.atMs ?? 0))
  expect(world.tries[0]?.atMs).toBeLessThanOrEqual(50)
  expect(waits[0]).toBeLessThan(600)
  expect(waits[4]).toBeGreaterThan(waits[1] ?? Infinity)
  expect(Math.max(...waits)).toBeLessThanOrEqual(30_100)
  expect(world.tries.length).toBeGreaterThan(15)
})

test('a lost link is dialled again at once', async () => {
  const { dialer, world, advance } = await make()
  world.up.set('/a', peer(1))
  dialer.setBootstrap(['/a'])
  await advance(5_000)
  expect(world.tries).toHaveLength(1)
  world.links.delete(peer(1))
  const at = world.clock.monotonic()
  dialer.lost(peer(1))
  await advance(100)
  expect(world.tries[1]?.atMs).toBeLessThanOrEqual(at + 50)
  expect(world.links.has(peer(1))).toBe(true)
})

test('a change of the network ends all waits', async () => {
  const { dialer, world, advance } = await make()
  dialer.setBootstrap(['/a'])
  await advance(120_000)
  world.up.set('/a', peer(1))
  world.network = 'wlan0 eth0'
  const at = world.clock.monotonic()
  await advance(2_100)
  expect(world.links.has(peer(1))).toBe(true)
  expect(world.tries.at(-1)?.atMs).toBeLessThanOrEqual(at + 2_050)
})

test('of a thousand peers only as many are dialled as links are wanted, a few at a time', async () => {
  const { dialer, world, advance } = await make({ maxOutbound: 12, maxParallel: 8 })
  for (let n = 0; n < 1_200; n += 1) {
    world.up.set(`/p${n}`, peer(n))
    dialer.learn(peer(n), [`/p${n}`])
  }
  expect(dialer.size).toBeLessThanOrEqual(1_024)
  await advance(10_000)
  expect(world.links.size).toBe(12)
  expect(world.mostParallel).toBeLessThanOrEqual(8)
})

test('a bootstrap peer is dialled even when there are enough links', async () => {
  const { dialer, world, advance } = await make({ maxOutbound: 0 })
  world.up.set('/a', peer(1))
  dialer.setBootstrap(['/a'])
  dialer.learn(peer(2), ['/b'])
  await advance(1_000)
  expect(world.tries.map(({ address }) => address)).toEqual(['/a'])
})

test('a peer that moved is dialled where it says it is now', async () => {
  const { dialer, world, advance } = await make()
  dialer.learn(peer(1), ['/old'])
  await advance(60_000)
  world.up.set('/new', peer(1))
  dialer.learn(peer(1), ['/new'])
  await advance(500)
  expect(world.links.has(peer(1))).toBe(true)
})

test('after stop nothing is dialled, and no sleeper is left', async () => {
  const { dialer, world, advance } = await make()
  dialer.setBootstrap(['/a'])
  await advance(100)
  await dialer.stop()
  const count = world.tries.length
  await advance(60_000)
  expect(world.tries).toHaveLength(count)
})

test('a peer of another swarm is left alone for a while, wherever its address comes from', async () => {
  const { dialer, world, advance: pass } = await make()
  world.up.set('/ip4/10.0.0.1/tcp/1', peer(1))
  dialer.setBootstrap(['/ip4/10.0.0.1/tcp/1'])
  await pass(500)
  expect(world.tries).toHaveLength(1)
  dialer.elsewhere(peer(1))
  world.links.delete(peer(1))
  dialer.lost(peer(1))
  dialer.learn(peer(1), ['/ip4/10.0.0.1/tcp/1'])
  dialer.retryAll()
  await pass(60_000)
  expect(world.tries).toHaveLength(1)
  await pass(11 * 60_000)
  expect(world.tries.length).toBeGreaterThan(1)
  for (let n = 0; n < 3_000; n += 1) dialer.elsewhere(peer(n))
})
