import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BucketSummaryView, RecordView } from '../../src/shared/record-views.ts'
import { Daemon, run, scratch } from './fixtures/daemon.ts'

/** An operator's daemon and a robot's, which is there, and shares, before anybody has admitted it. */
const folder = scratch()
const desk = new Daemon(folder.path, 'desk')
const robot = new Daemon(folder.path, 'robot')
const patience = { timeout: 60_000, interval: 200 }

const records = (at: Daemon, ...args: readonly string[]) => run(['records', ...args, '--home', at.home])

async function list(at: Daemon, ...args: readonly string[]): Promise<RecordView[]> {
  const { code, stdout, stderr } = await records(at, ...args, '--json')
  expect([code, stderr]).toEqual([0, ''])
  return JSON.parse(stdout) as RecordView[]
}

const fingerprints = async (at: Daemon): Promise<Record<string, string>> => {
  const buckets = await at.json<BucketSummaryView[]>('/records/summary')
  return Object.fromEntries(
    buckets.filter(({ kind }) => kind === 'set').map(({ bucket, fingerprint }) => [bucket, fingerprint]),
  )
}

beforeAll(async () => {
  await desk.start({ role: 'operator' })
  await robot.start({ join: await desk.invite(null) })
  await robot.call('/files/upload?name=drive.txt', { method: 'PUT', body: 'a drive' })
})

afterAll(async () => {
  await Promise.all([desk, robot].map((one) => one.stop('SIGKILL')))
  folder.remove()
})

test('what a stranger says is kept, counts for nothing and says why; its files stay its own', async () => {
  await expect.poll(async () => (await list(desk, '--bucket', 'machines')).length, patience).toBe(2)
  const proposed = await list(desk, '--state', 'proposed', '--search', 'robot')
  expect(new Set(proposed.map(({ bucket }) => bucket))).toContain('machines')
  expect(proposed.find(({ bucket }) => bucket === 'machines')).toMatchObject({
    stateReason: 'its author has no role in this swarm',
    how: expect.stringMatching(/direct|caught-up/) as unknown,
    signers: [{ verdict: 'propose', standing: 'stranger', counts: false }],
  })
  await expect.poll(async () => (await desk.counters())['ingest.refused:stranger'] ?? 0, patience).toBeGreaterThan(0)
  expect(await desk.files()).toEqual([])
  expect((await robot.files()).map(({ name }) => name)).toEqual(['drive.txt'])
})

test('once it is admitted all of that counts, though nothing is said again', async () => {
  expect(await run(['trust', 'admit', 'robot', '--role', 'robot', '--home', desk.home])).toMatchObject({ code: 0 })
  await expect.poll(async () => (await desk.files()).map(({ name }) => name), patience).toEqual(['drive.txt'])
  await expect.poll(() => list(desk, '--state', 'proposed'), patience).toEqual([])
  await expect.poll(async () => await fingerprints(desk), patience).toEqual(await fingerprints(robot))
})

test('one record is shown with who signed it, and is dismissed by who may, everywhere', async () => {
  const [share] = await list(desk, '--bucket', 'files')
  const id = share?.id ?? ''
  const shown = await records(desk, 'show', id)
  expect(shown.stdout).toContain('state: accepted, its author is a member of this swarm')
  expect(shown.stdout).toMatch(/propose {2}robot {2}robot {2}counts/)
  expect(await records(robot, 'endorse', id)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('records in files need no endorsement') as unknown,
  })
  const dismissed = await records(desk, 'dismiss', id)
  expect([dismissed.code, dismissed.stdout]).toEqual([
    0,
    expect.stringMatching(/^files ".*" is dismissed: dismissed by desk \(operator\)/) as unknown,
  ])
  await expect.poll(() => robot.files(), patience).toEqual([])
  const [there] = await list(robot, '--bucket', 'files', '--state', 'dismissed')
  expect(there).toMatchObject({
    id,
    signers: [{ verdict: 'propose' }, { name: 'desk', verdict: 'dismiss', counts: true }],
  })
})

test('the summary lists every bucket with its rule', async () => {
  const { stdout } = await records(desk)
  expect(stdout.trimEnd().split('\n')).toHaveLength(12)
  expect(stdout).toContain('an operator may author; an operator may dismiss; a record lives up to 366 days')
})
