import { resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { MachineView, SystemStatusView } from '../../src/shared/views.ts'
import { Daemon, scratch } from './fixtures/daemon.ts'

/** Three daemons with good clocks, and others whose whole process believes in another time. */
const folder = scratch()
const daemon = (name: string) => new Daemon(folder.path, name)
const [laptop, a, b, robot, liar] = [daemon('laptop'), daemon('a'), daemon('b'), daemon('robot'), daemon('liar')]
const patience = { timeout: 60_000, interval: 200 }
const hourMs = 3_600_000

const withClock = (off: string): readonly string[] => [
  'env',
  off,
  `NODE_OPTIONS=--import=${resolve(import.meta.dirname, 'fixtures/wrong-clock.mjs')}`,
]
const status = (at: Daemon): Promise<SystemStatusView> => at.json('/system/status')
const machine = async (at: Daemon, of: Daemon): Promise<MachineView | undefined> =>
  (await at.json<MachineView[]>('/fleet')).find(({ peer }) => peer === of.ready.peerId)

let join: string

beforeAll(async () => {
  await laptop.start({ role: 'operator' })
  join = await laptop.invite('robot')
  await Promise.all([a, b].map((one) => one.start({ join })))
  await Promise.all([a, b].map((one) => one.admitted()))
})

afterAll(async () => {
  await Promise.all([laptop, a, b, robot, liar].map((one) => one.stop('SIGKILL')))
  folder.remove()
})

test('a robot that boots in 1970 is linked, joins, counts, and shows its skew', async () => {
  await robot.start({ join, within: withClock('CLOCK_AT_MS=60000') })
  await robot.admitted()
  await expect.poll(async () => (await machine(laptop, robot))?.standing, patience).toBe('member')
  await expect
    .poll(async () => (await machine(laptop, robot))?.clockSkewMs ?? 0, patience)
    .toBeLessThan(-50 * 365 * 24 * hourMs)
  await expect.poll(async () => (await status(robot)).time.source, patience).toBe('swarm')
  const { atMs, warnings } = await status(robot)
  expect(Math.abs(atMs - Date.now())).toBeLessThan(5_000)
  expect(warnings.map(({ code }) => code)).toContain('CLOCK_WRONG')
  // Its health is newer than nothing: what it says is taken for what it is, also by those it never met.
  await expect.poll(async () => (await machine(a, robot))?.status, patience).toBe('alive')
})

test('one whose clock is three hours ahead moves nobody, and is moved itself', async () => {
  await liar.start({ join, within: withClock(`CLOCK_OFF_MS=${3 * hourMs}`) })
  await expect.poll(async () => (await status(liar)).time.source, patience).toBe('swarm')
  expect(Math.abs((await status(liar)).atMs - Date.now())).toBeLessThan(5_000)
  await liar.admitted()
  await expect.poll(async () => (await machine(laptop, liar))?.clockSkewMs ?? 0, patience).toBeGreaterThan(2 * hourMs)
  for (const one of [laptop, a, b]) expect((await status(one)).time).toMatchObject({ offsetMs: 0, source: 'own' })
})
