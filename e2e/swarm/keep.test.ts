import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { silentLog } from '../../src/main/base/log.ts'
import { createPeer, type Peer } from '../../src/main/peer.ts'
import type { Sample } from '../../src/main/service/diagnostics/sampler.ts'
import type { ArchiveView } from '../../src/shared/file-views.ts'
import type { RecordView } from '../../src/shared/record-views.ts'
import type { ShareView, SystemStatusView } from '../../src/shared/views.ts'
import { Daemon, run, scratch } from './fixtures/daemon.ts'

/** Three servers, and a robot with a body of which the test says how it is. */
const folder = scratch()
const [lab, west, east] = ['lab', 'west', 'east'].map((name) => new Daemon(folder.path, name)) as [
  Daemon,
  Daemon,
  Daemon,
]
const servers = [lab, west, east]
const share = join(folder.path, 'robot', 'share')
const patience = { timeout: 60_000, interval: 300 }
let robot: Peer | null = null
let batteryPercent = 80

function sample(): Sample {
  const nothing = { memoryTotalBytes: null, diskTotalBytes: null, diskFreeBytes: null, uptimeS: null }
  return { values: { batteryPercent, diskPercent: 40 }, batteryCharging: false, ...nothing, notes: [] }
}

async function cli(daemon: Daemon, ...args: readonly string[]) {
  return run([...args, '--home', daemon.home])
}

async function fileOf(daemon: Daemon, name: string): Promise<ShareView> {
  const found = (await daemon.files()).find((file) => file.name === name)
  if (found === undefined) throw new Error(`${name} is not known there yet`)
  return found
}

const warningsOf = async (daemon: Daemon): Promise<readonly string[]> =>
  (await daemon.json<SystemStatusView>('/system/status')).warnings.map(({ code }) => code)

/** How many servers each server knows to want two copies. */
async function knownVolunteers(daemon: Daemon): Promise<number> {
  const { records } = await daemon.json<{ records: RecordView[] }>('/records?bucket=machines&limit=500')
  return records.filter(({ value }) => (value as { copies?: number }).copies === 2).length
}

beforeAll(async () => {
  await lab.start({ role: 'server' })
  const link = await lab.invite('server')
  await Promise.all([west.start({ role: 'server', join: link }), east.start({ role: 'server', join: link })])
  await Promise.all([west.admitted(), east.admitted()])
  mkdirSync(share, { recursive: true })
  robot = await createPeer({
    home: join(folder.path, 'robot', 'home'),
    version: '0.1.0',
    log: silentLog,
    join: await lab.invite('robot'),
    settings: {
      name: 'duckie07',
      role: 'robot',
      shareDir: share,
      downloadDir: join(folder.path, 'robot', 'downloads'),
      listen: ['/ip4/127.0.0.1/tcp/0'],
      mdns: false,
    },
    sampler: { start: async () => {}, stop: async () => {}, sample: async () => sample() },
    diagnostics: { sampleEveryMs: 200, publishEveryMs: 1_000 },
  })
  await robot.start()
  await vi.waitFor(() => {
    if (robot?.info().standing !== 'member') throw new Error('the robot is not admitted yet')
  }, patience)
}, 300_000)

afterAll(async () => {
  await Promise.all([robot?.stop(), ...servers.map((daemon) => daemon.stop())])
  folder.remove()
})

test('the only copy on a robot whose battery runs low is warned of, and rescued with one command', async () => {
  writeFileSync(join(share, 'run-17.bag'), randomBytes(2_000_000))
  await vi.waitFor(async () => {
    expect((await fileOf(lab, 'run-17.bag')).safety).toEqual({
      copies: 1,
      aliveCopies: 1,
      risk: 'low',
      why: 'only copy, on duckie07',
    })
  }, patience)
  expect(await warningsOf(lab)).not.toContain('COPIES_AT_RISK')
  batteryPercent = 12
  await vi.waitFor(async () => {
    expect((await fileOf(lab, 'run-17.bag')).safety).toMatchObject({
      risk: 'high',
      why: 'only copy, on duckie07, battery 12 %',
    })
  }, patience)
  expect(await warningsOf(lab)).toContain('COPIES_AT_RISK')
  const listed = await cli(lab, 'files', '--at-risk')
  expect(listed.stdout).toContain('only copy, on duckie07, battery 12 %')

  const rescued = await cli(lab, 'rescue', '--all')
  expect(rescued).toMatchObject({ code: 0 })
  expect(rescued.stdout).toContain('run-17.bag')
  await vi.waitFor(async () => {
    expect(await fileOf(lab, 'run-17.bag')).toMatchObject({ local: true, kept: true, safety: { risk: 'none' } })
    expect(await fileOf(west, 'run-17.bag')).toMatchObject({ local: false, safety: { risk: 'none' } })
  }, patience)
  expect(await warningsOf(lab)).not.toContain('COPIES_AT_RISK')
  expect((await cli(lab, 'files', '--at-risk', 'low')).stderr).toContain('nothing is at risk')
  batteryPercent = 80
}, 180_000)

test('two copies of each file: exactly one of three servers fetches it, without a word between them', async () => {
  for (const daemon of servers) expect(await cli(daemon, 'archive', 'copies', '2')).toMatchObject({ code: 0 })
  await vi.waitFor(async () => {
    for (const daemon of servers) expect(await knownVolunteers(daemon)).toBe(3)
  }, patience)
  const names = Array.from({ length: 8 }, (_, n) => `part-${n}.bag`)
  for (const name of names) writeFileSync(join(share, name), randomBytes(300_000))
  await vi.waitFor(async () => {
    for (const daemon of servers) {
      for (const name of names) expect((await fileOf(daemon, name)).safety).toMatchObject({ copies: 2, risk: 'none' })
    }
  }, patience)
  const kept = await Promise.all(servers.map((daemon) => daemon.counters()))
  expect(kept.reduce((sum, counters) => sum + (counters['archive.copy:kept'] ?? 0), 0)).toBe(8)
  // The one that was rescued had two already.
  expect((await fileOf(lab, 'run-17.bag')).safety.copies).toBe(2)
}, 180_000)

test('an archive gets all there is and what comes, and then a robot that leaves takes nothing with it', async () => {
  for (const daemon of servers) await cli(daemon, 'archive', 'copies', '1')
  expect(await cli(east, 'archive', 'on')).toMatchObject({ code: 0 })
  writeFileSync(join(share, 'last.bag'), randomBytes(300_000))
  await vi.waitFor(async () => {
    expect(await east.json<ArchiveView>('/archive')).toMatchObject({ keptFiles: 10, waitingFiles: 0, problem: null })
  }, patience)
  expect((await cli(east, 'archive', 'status')).stdout).toContain('keeps: all that is shared')
  await robot?.stop()
  robot = null
  await vi.waitFor(async () => {
    expect((await fileOf(lab, 'last.bag')).safety).toEqual({
      copies: 2,
      aliveCopies: 1,
      risk: 'none',
      why: '2 copies: east (an archive), duckie07 (silent for a few minutes)',
    })
  }, patience)
}, 180_000)
