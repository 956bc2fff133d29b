import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { skipFor } from '../../scripts/required.ts'
import type { BucketSummaryView } from '../../src/shared/record-views.ts'
import type { ChannelView, PingView } from '../../src/shared/network-views.ts'
import type { MachineView } from '../../src/shared/views.ts'
import { Daemon, scratch } from './fixtures/daemon.ts'
import { Lans, type HostNo, type LanNo } from './fixtures/lans.ts'

const folder = scratch()
const lans = new Lans(folder.path)
const daemons = new Map<string, Daemon>()
let unable: string | null = null

beforeAll(() => {
  const isThere = spawnSync('ngircd', ['--version']).status === 0
  unable = skipFor('ngircd', isThere ? null : 'it is not installed') ?? skipFor('namespaces', lans.make())
})
afterAll(async () => {
  await Promise.all([...daemons.values()].map((daemon) => daemon.stop('SIGKILL')))
  lans.remove()
  folder.remove()
})

const udp4 = '/ip4/255.255.255.255/udp/4181/dswarm-line'
const udp6 = '/ip6/ff02::4181/udp/4181/dswarm-line'
const line = `/ip4/${lans.routerAddress(2)}/tcp/4181/dswarm-line`
const served = `listen:/ip4/0.0.0.0/tcp/4181/dswarm-line`
const irc = `/ip4/${lans.ircAddress}/tcp/6667/irc/swarm/dswarm-line`

/** Which way each host can speak: the first of LAN 1 and of LAN 2 are bridges. Nobody on LAN 1 or LAN 3 has gossip. */
const channels: Readonly<Record<LanNo, Readonly<Record<HostNo, readonly string[]>>>> = {
  1: { 1: [udp4, udp6, line], 2: [udp4], 3: [udp6] },
  2: { 1: ['gossip', served, irc], 2: ['gossip'], 3: ['gossip'] },
  3: { 1: [irc], 2: [irc], 3: [irc] },
}

async function start(lan: LanNo, host: HostNo, join?: string): Promise<Daemon> {
  const name = `lan${lan}-host${host}`
  const daemon = new Daemon(folder.path, name)
  daemons.set(name, daemon)
  const used = channels[lan][host]
  const more = used.filter((address) => address !== 'gossip').flatMap((address) => ['--channel', address])
  const gossip = used.includes('gossip')
  return daemon.start({
    web: `${lans.address(lan, host)}:4180`,
    listen: gossip ? '/ip4/0.0.0.0/tcp/4040' : '/ip4/127.0.0.1/tcp/0',
    role: lan === 2 && host === 1 ? 'operator' : 'robot',
    ...(join === undefined ? {} : { join }),
    more: gossip ? more : [...more, '--no-gossip'],
    within: lans.within(lan, host),
  })
}

const all = () => [...daemons.values()]
const of = (lan: LanNo, host: HostNo): Daemon => {
  const daemon = daemons.get(`lan${lan}-host${host}`)
  if (daemon === undefined) throw new Error('not started')
  return daemon
}

/** What must be the same everywhere: what is kept until it ends. What each machine says anew all the time is not. */
async function setsOf(daemon: Daemon): Promise<Record<string, string>> {
  const summary = await daemon.json<BucketSummaryView[]>('/records/summary')
  return Object.fromEntries(
    summary.filter(({ kind }) => kind === 'set').map(({ bucket, fingerprint }) => [bucket, fingerprint]),
  )
}

async function aliveOf(daemon: Daemon): Promise<string[]> {
  const machines = await daemon.json<MachineView[]>('/fleet')
  return machines
    .filter(({ status, standing }) => status === 'alive' && standing !== 'stranger')
    .map(({ name }) => name)
    .sort()
}

const within = (timeout: number) => ({ timeout, interval: 500 })

const names = () => [...daemons.keys()].sort()

/** Resolves to after how many seconds the condition held for all, told one by one. */
async function seconds(what: string, limitMs: number, holds: () => Promise<void>): Promise<void> {
  const beganAt = performance.now()
  await vi.waitFor(holds, within(limitMs))
  process.stdout.write(`lans: ${what} after ${((performance.now() - beganAt) / 1_000).toFixed(1)} s\n`)
}

async function agree(): Promise<void> {
  const [first, ...others] = await Promise.all(all().map(setsOf))
  for (const other of others) expect(other).toEqual(first)
}

async function allSeen(): Promise<void> {
  for (const daemon of all()) expect(await aliveOf(daemon)).toEqual(names())
}

/** Drops a log into the folder that the daemon shares. */
function say(daemon: Daemon, name: string): string {
  writeFileSync(join(daemon.share, name), `who is here? said ${name}`)
  return name
}

async function knows(daemon: Daemon, name: string): Promise<boolean> {
  return (await daemon.files()).some((file) => file.name === name)
}

test(
  'nine peers on three LANs behind NAT agree, over UDP, a TCP line and IRC, and again after a cut',
  { timeout: 600_000 },
  async (context) => {
    if (unable !== null) return context.skip(unable)
    lans.startIrc()
    const root = await start(2, 1)
    const link = await root.invite('robot')
    for (const host of [2, 3] as const) await start(2, host, link)
    for (const host of [1, 2, 3] as const) await start(1, host, link)
    for (const host of [1, 2, 3] as const) await start(3, host, link)
    await seconds('all nine are admitted', 180_000, async () => {
      for (const daemon of all()) expect((await daemon.info()).standing).not.toBe('stranger')
    })
    await seconds('all nine see all nine', 120_000, allSeen)
    await seconds('all nine hold the same', 120_000, agree)
    // Nobody went another way: on LAN 1 and LAN 3 there is no libp2p link at all.
    for (const lan of [1, 3] as const) {
      for (const host of [1, 2, 3] as const) expect(await of(lan, host).json('/network/links')).toEqual([])
    }

    // From a host that has only UDP to one that has only IRC: over two bridges and four channels, there and back.
    const ping = await of(1, 3).post<PingView>('/network/ping', { to: of(3, 2).ready.peerId, timeoutMs: 60_000 })
    const way = (steps: PingView['path']) => steps.map(({ name }) => name)
    process.stdout.write(`lans: a ping from UDP to IRC took ${(ping.tookMs / 1_000).toFixed(1)} s\n`)
    expect(way(ping.path)).toEqual(['lan1-host1', 'lan2-host1', 'lan3-host2'])
    expect(way(ping.back)).toEqual(['lan2-host1', 'lan1-host1', 'lan1-host3'])

    for (const lan of [1, 3] as const) {
      lans.plug(lan, 'down')
      const [inside, outside] = [say(of(lan, 2), `inside${lan}.log`), say(of(2, 3), `outside${lan}.log`)]
      // What was said on a side is known on that side, and not on the other.
      const heardBy = [of(2, 1), lan === 1 ? of(1, 3) : of(3, 2)] as const
      await vi.waitFor(async () => {
        expect([await knows(heardBy[0], outside), await knows(heardBy[1], inside)]).toEqual([true, true])
      }, within(60_000))
      expect([await knows(of(lan, 1), outside), await knows(of(2, 2), inside)]).toEqual([false, false])
      lans.plug(lan, 'up')
      await seconds(`LAN ${lan} was cut, and all nine know both sides' words`, 180_000, async () => {
        for (const daemon of all()) {
          expect([await knows(daemon, inside), await knows(daemon, outside)]).toEqual([true, true])
        }
      })
      await seconds('all nine see all nine', 120_000, allSeen)
      await seconds('all nine hold the same', 120_000, agree)
    }
    const used = await root.json<ChannelView[]>('/network/channels')
    for (const { kind, state, received, dropped } of used) {
      process.stdout.write(
        `lans: the bridge heard ${received.messages} messages over ${kind} (${state}) ${JSON.stringify(dropped)}\n`,
      )
    }
    expect(used.map(({ kind, received }) => [kind, received.messages > 0])).toEqual([
      ['gossip', true],
      ['tcp-line', true],
      ['irc', true],
    ])
  },
)
