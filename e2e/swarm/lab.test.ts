import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { MachineView } from '../../src/shared/views.ts'
import { silentLog } from '../../src/main/base/log.ts'
import { labAdmission } from '../../src/main/lab/lab-admission.ts'
import { Lab, type LabInit } from '../../src/main/lab/lab.ts'
import { createPeer, type Peer, type PeerOptions } from '../../src/main/peer.ts'

const undo: (() => Promise<void> | void)[] = []
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dt-swarm-lab-e2e-'))
})

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
  rmSync(folder, { recursive: true, force: true })
})

async function observer(more: Partial<PeerOptions> = {}): Promise<Peer> {
  const peer = await createPeer({
    home: join(folder, 'observer'),
    version: '0.0.0',
    log: silentLog,
    settings: {
      name: 'observer',
      role: 'operator',
      shareDir: join(folder, 'observer-share'),
      downloadDir: join(folder, 'observer-downloads'),
      listen: ['/ip4/127.0.0.1/tcp/0'],
      bootstrap: [],
      mdns: false,
    },
    ...more,
  })
  undo.push(() => peer.stop())
  await peer.start()
  return peer
}

async function labOf(robots: number, more: Partial<LabInit>): Promise<Lab> {
  const lab = new Lab(
    { log: silentLog },
    {
      robots,
      seed: 7,
      home: join(folder, 'lab'),
      version: '0.0.0',
      bootstrap: [],
      pace: 4,
      sampleEveryMs: 500,
      speakEveryMs: 1_000,
      ...more,
    },
  )
  undo.push(() => lab.stop())
  await lab.start()
  return lab
}

function robots(peer: Peer): readonly MachineView[] {
  return peer.membership.list().filter(({ self }) => !self)
}

function alive(peer: Peer): string[] {
  return robots(peer)
    .filter(({ status }) => status === 'alive')
    .map(({ name }) => name)
    .sort()
}

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('an observer sees three simulated robots live, with logs; one killed is doubted, then given up; others go on', async () => {
  const peer = await observer()
  const lab = await labOf(3, { bootstrap: peer.node.addresses(), join: labAdmission(peer, 3).link, restart: 'never' })
  const names = ['duckie01', 'duckie02', 'watchtower01']
  await expect.poll(() => alive(peer), { timeout: 60_000 }).toEqual(names)
  for (const robot of robots(peer)) {
    expect(robot).toMatchObject({ simulated: true, role: 'robot' })
    expect(robot.robot?.hardware).toMatch(/jetson_nano|raspberry_pi/)
    await expect.poll(() => peer.diagnostics.latest(robot.peer)?.notes, { timeout: 20_000 }).toHaveLength(1)
    const before = peer.diagnostics.latest(robot.peer)?.values.cpuPercent
    await expect
      .poll(() => peer.diagnostics.latest(robot.peer)?.values.cpuPercent, { timeout: 20_000 })
      .not.toBe(before)
  }
  const kinds = () =>
    new Set(peer.files.shares.all().map(({ originName, name }) => `${originName} ${name.split('.').at(-1)}`))
  for (const name of names) {
    await expect.poll(kinds, { timeout: 60_000 }).toContain(`${name} mcap`)
    await expect.poll(kinds, { timeout: 60_000 }).toContain(`${name} log`)
    expect(robots(peer).find((robot) => robot.name === name)?.lastLog?.name).toMatch(name)
  }
  expect(peer.files.shares.all().every(({ simulated }) => simulated)).toBe(true)

  const history: string[] = []
  peer.membership.events.on('machine:status', ({ peer: id, status }) =>
    history.push(`${peer.membership.nameOf(id)} ${status}`),
  )
  process.kill(lab.pids().get('duckie02') ?? 0, 'SIGKILL')
  await expect.poll(() => history, { timeout: 30_000 }).toContain('duckie02 suspect')
  await expect.poll(() => history, { timeout: 90_000, interval: 500 }).toContain('duckie02 gone')
  expect(history).toEqual(['duckie02 suspect', 'duckie02 gone'])
  expect(alive(peer)).toEqual(['duckie01', 'watchtower01'])
  expect(lab.status().robots[1]).toMatchObject({ state: 'failed', error: 'its process ended by SIGKILL' })

  // Robots that are stopped on purpose say goodbye: nobody has to wait for their silence.
  await lab.stop()
  await expect.poll(() => alive(peer), { timeout: 10_000 }).toEqual([])
  expect(lab.status()).toMatchObject({
    running: false,
    robots: [{ state: 'stopped' }, { state: 'stopped' }, { state: 'stopped' }],
  })
})

test('robots form a swarm alone, and one that falls comes back as the same robot', async () => {
  const lab = await labOf(2, { restart: { minMs: 100, maxMs: 500 } })
  await expect
    .poll(() => lab.status().robots.map(({ state, error }) => error ?? state), { timeout: 60_000 })
    .toEqual(['running', 'running'])
  const [before] = lab.status().robots
  const pid = lab.pids().get('duckie01') ?? 0
  process.kill(pid, 'SIGKILL')
  await expect.poll(() => lab.pids().get('duckie01') ?? pid, { timeout: 30_000 }).not.toBe(pid)
  await expect.poll(() => lab.status().robots[0], { timeout: 60_000 }).toEqual(before)
  // A newcomer that knows only the last robot finds both, because robots know each other.
  const peer = await observer({ join: lab.invite() ?? '' })
  peer.node.setBootstrap(lab.addressesOf('duckie02'))
  await expect.poll(() => alive(peer), { timeout: 60_000 }).toEqual(['duckie01', 'duckie02'])
})

test('robots end when the process that runs their lab is killed', async () => {
  const parent = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'fixtures/lab-parent.ts'), join(folder, 'lab')],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  undo.push(() => void parent.kill('SIGKILL'))
  const line = await new Promise<string>((resolve, reject) => {
    parent.stdout.once('data', (bytes: Buffer) => resolve(bytes.toString()))
    parent.once('exit', () => reject(new Error('the parent ended before its robots ran')))
  })
  const pids = JSON.parse(line) as number[]
  undo.push(() => {
    for (const pid of pids) if (runs(pid)) process.kill(pid, 'SIGKILL')
  })
  expect(pids.map(runs)).toEqual([true, true])
  parent.kill('SIGKILL')
  await expect.poll(() => pids.map(runs), { timeout: 15_000 }).toEqual([false, false])
})
