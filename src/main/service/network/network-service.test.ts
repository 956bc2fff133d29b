import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import type { PeerId } from '../../../shared/ids.ts'
import type { ChannelConfig } from '../../../shared/network-views.ts'
import type { MachineView, Settings } from '../../../shared/views.ts'
import { systemClock } from '../../base/clock.ts'
import { Emitter } from '../../base/emitter.ts'
import { silentLog } from '../../base/log.ts'
import type { ChannelEvents } from '../../net/channels/channel.ts'
import { MemoryMedium } from '../../net/channels/testing/memory-channel.ts'
import { meet, startBrain, stopBrains, type BrainPeer } from '../../net/testing/brain-peers.ts'
import { NetworkService } from './network-service.ts'

const folder = mkdtempSync(join(tmpdir(), 'dt-swarm-network-'))
const running: NetworkService[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((service) => service.stop()))
  await stopBrains()
})

const soon = { timeout: 10_000, interval: 20 }

/** The service over a real book, brain and channels; the machines are those that the test names. */
function serve(peer: BrainPeer, all: readonly BrainPeer[], file = `${peer.peerId}.json`) {
  const events = new Emitter<Pick<ChannelEvents, 'channel:changed'>>()
  const machine = (of: BrainPeer): MachineView => {
    const facts = {
      name: `robot ${all.indexOf(of)}`,
      self: of === peer,
      role: 'robot',
      status: 'alive',
      simulated: false,
    }
    return { ...facts, peer: of.peerId, standing: 'member', lastHeardFrom: null } as unknown as MachineView
  }
  let channels: ChannelConfig[] = []
  const service = new NetworkService(
    {
      clock: systemClock,
      random: Math.random,
      counters: peer.counters,
      log: silentLog,
      self: peer.peerId,
      book: peer.book,
      node: { links: () => [] },
      channels: {
        events,
        states: () =>
          peer.channels().map((channel) => {
            const { id, kind, address, mode } = channel
            return { id, kind, address, mode, enabled: true, facts: channel.facts() }
          }),
      },
      stream: peer.stream,
      routes: peer.dispatcher.routes,
      talk: peer.talk,
      machines: {
        events: new Emitter(),
        list: () => all.map(machine),
        get: (id: PeerId) => all.filter(({ peerId }) => peerId === id).map(machine)[0],
      },
      settings: {
        get: () => ({ channels }) as Settings,
        update: (patch) => (channels = patch.channels ?? channels),
      },
    },
    { routesPath: join(folder, file), everyMs: 200 },
  )
  running.push(service)
  return { service, saved: () => channels }
}

test('peers tell whom they hear, and each draws the whole of it', async () => {
  const peers = await Promise.all([startBrain(), startBrain(), startBrain()])
  const [a, b, c] = peers as [BrainPeer, BrainPeer, BrainPeer]
  await meet(new MemoryMedium({ pointToPoint: true }), a, b)
  await meet(new MemoryMedium(), b, c)
  const services = peers.map((peer) => serve(peer, peers).service)
  for (const service of services) await service.start()
  // Whoever has said nothing is heard by nobody.
  for (const peer of peers) peer.say('files', peer.peerId)
  for (const service of services) {
    await vi.waitFor(() => {
      const { edges, partitions } = service.graph()
      expect(
        edges
          .filter(({ both }) => both)
          .map(({ channel }) => channel)
          .sort(),
      ).toEqual(['tcp-line', 'udp'])
      expect(partitions).toHaveLength(1)
    }, soon)
  }
  expect(services[0]?.channels()).toMatchObject([{ kind: 'tcp-line', peers: [{ peer: b.peerId, name: 'robot 1' }] }])
  await expect(services[0]?.ping(c.peerId, { timeoutMs: 5_000 })).resolves.toMatchObject({
    path: [{ name: 'robot 1' }, { name: 'robot 2' }],
  })
})

test('routes that were set are there after a restart; what cannot be read is moved aside', async () => {
  const peer = await startBrain()
  const prefix = `/dswarm/${peer.peerId}/brain`
  const next = '/ip4/10.0.0.7/udp/4182/dswarm-line/$0'
  const first = serve(peer, [peer], 'routes.json').service
  await first.start()
  first.setRoute(prefix, next)
  await first.stop()
  const other = await startBrain()
  const second = serve(other, [other], 'routes.json').service
  await second.start()
  expect(second.routes()).toMatchObject([{ prefix, next, source: 'set' }])
  second.removeRoute(prefix)
  await second.stop()
  expect(JSON.parse(readFileSync(join(folder, 'routes.json'), 'utf8'))).toEqual({ routes: [] })
  writeFileSync(join(folder, 'routes.json'), '{"routes": [{"prefix": "nonsense", "next": "/$0"}]}')
  const third = serve(await startBrain(), [], 'routes.json').service
  await third.start()
  expect(third.routes()).toEqual([])
  rmSync(folder, { recursive: true, force: true })
})

test('a channel is added, switched and removed by way of the settings', async () => {
  const peer = await startBrain()
  const { service, saved } = serve(peer, [peer])
  const [channel] = await meet(new MemoryMedium(), peer)
  const udp = { address: channel?.address ?? '', mode: 'dial', enabled: true } as const
  service.setChannel(udp)
  expect(saved()).toEqual([udp])
  service.setChannel({ ...udp, enabled: false })
  expect(saved()).toEqual([{ ...udp, enabled: false }])
  expect(() => service.removeChannel('none')).toThrow('There is no channel "none"')
  service.removeChannel(channel?.id ?? '')
  expect(saved()).toEqual([])
})
