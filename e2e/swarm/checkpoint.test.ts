import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { CheckpointCheckView, CheckpointImportView, CheckpointView } from '../../src/shared/checkpoint-views.ts'
import type { BucketSummaryView } from '../../src/shared/record-views.ts'
import type { SystemStatusView } from '../../src/shared/views.ts'
import { Daemon, run, scratch } from './fixtures/daemon.ts'

const folder = scratch()
const daemons: Daemon[] = []
const make = (name: string): Daemon => {
  const daemon = new Daemon(folder.path, name)
  daemons.push(daemon)
  return daemon
}
const patience = { timeout: 90_000, interval: 200 }

afterAll(async () => {
  await Promise.all(daemons.map((daemon) => daemon.stop('SIGKILL')))
  folder.remove()
})

/** Records of the bucket `files` as another program might announce them, by the API. */
async function say(daemon: Daemon, prefix: string, count: number): Promise<void> {
  const numbers = Array.from({ length: count }, (_, n) => n)
  const lane = async (): Promise<void> => {
    for (let n = numbers.pop(); n !== undefined; n = numbers.pop()) {
      const value = { note: `${prefix} ${n}`, words: 'about as long as what is said of a log that a robot has shared' }
      await daemon.post('/records', { bucket: 'files', key: `${prefix}-${n}`, value, validForMs: 86_400_000 })
    }
  }
  await Promise.all(Array.from({ length: 8 }, lane))
}

async function summary(daemon: Daemon, bucket: string): Promise<BucketSummaryView | undefined> {
  return (await daemon.json<BucketSummaryView[]>('/records/summary')).find((one) => one.bucket === bucket)
}

const records = async (daemon: Daemon, bucket = 'files'): Promise<number> =>
  (await summary(daemon, bucket))?.records ?? 0

const status = (daemon: Daemon): Promise<SystemStatusView> => daemon.json('/system/status')

async function cli<T>(daemon: Daemon, ...words: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await run([...words, '--home', daemon.home, '--json'])
  expect([words.join(' '), code, stderr]).toEqual([words.join(' '), 0, stderr])
  return JSON.parse(stdout) as T
}

test('a newcomer takes over the state from a checkpoint, and reconciles the rest', async () => {
  const a = await make('a').start({ role: 'operator' })
  const b = await make('b').start({ join: await a.invite('server') })
  await b.admitted()
  await say(a, 'log', 2_600)
  const made = await cli<CheckpointView>(a, 'checkpoint', 'create')
  expect(made).toMatchObject({ own: true, local: true, believable: true })
  await say(a, 'later', 5)
  await expect.poll(() => records(b), patience).toBe(2_605)

  const late = await make('late').start({ join: await a.invite('robot') })
  await expect.poll(async () => (await late.counters())['checkpoints.taken'], patience).toBe(1)
  await expect.poll(() => records(late), patience).toBe(2_605)
  const { catchUp } = await status(late)
  // This one, or one that was announced since.
  const root = catchUp.root ?? ''
  expect(catchUp.totalRecords).toBeGreaterThanOrEqual(made.records)
  expect(catchUp.doneRecords).toBe(catchUp.totalRecords)
  expect(catchUp.sources.length).toBeGreaterThan(0)
  await expect
    .poll(async () => {
      const prints = await Promise.all([a, b, late].map(async (one) => (await summary(one, 'files'))?.fingerprint))
      return new Set(prints).size
    }, patience)
    .toBe(1)
  // What it took over it can show, check and hand on.
  const check = await cli<CheckpointCheckView>(late, 'checkpoint', 'verify', root)
  expect(check).toMatchObject({ good: true, records: catchUp.totalRecords, problems: [] })
  const known = await cli<CheckpointView[]>(late, 'checkpoint', 'list')
  const taken = known.find((one) => one.root === root)
  // On a busy machine whoever announced it has announced a newer one by now: then nobody stands for it any more.
  expect(taken).toMatchObject({ local: true, own: false, believable: (taken?.signers.length ?? 0) > 0 })
  const shown = await run(['checkpoint', 'show', root, '--home', late.home])
  expect(shown.stdout).toMatch(/^signers: +([ab] \(announced\)|none$)/m)
  expect((await run(['summary', '--home', late.home])).stdout).toMatch(/^swarm: +.*\nthis peer: +late, /)
  await Promise.all([a, b, late].map((one) => one.stop()))
})

test('a stick carries the state between networks that never meet, both ways', async () => {
  const stick = join(folder.path, 'swarm.car')
  const lab = await make('lab').start({ role: 'operator' })
  const field = await make('field').start({ role: 'operator', join: await lab.invite('operator') })
  await field.admitted()
  await field.stop()
  await say(lab, 'lab', 30)
  const written = await cli<{ path: string; sizeBytes: number }>(lab, 'checkpoint', 'export', stick)
  expect(written.path).toBe(stick)
  expect(written.sizeBytes).toBeGreaterThan(9_000)
  await lab.stop()

  // From now on the one runs only while the other does not.
  await field.start({ role: 'operator' })
  const robot = await make('robot').start({ join: await field.invite('robot'), bootstrap: [field.address] })
  await robot.admitted()
  expect(await records(field)).toBe(0)
  const imported = await cli<CheckpointImportView>(field, 'checkpoint', 'import', stick)
  expect(imported).toMatchObject({ added: expect.any(Number) as unknown, refused: {} })
  expect(imported.added).toBeGreaterThanOrEqual(30)
  await expect.poll(() => records(robot), patience).toBe(30)
  await say(robot, 'field', 7)
  await expect.poll(() => records(field), patience).toBe(37)
  await cli(field, 'checkpoint', 'export', '--force', stick)
  await Promise.all([field.stop(), robot.stop()])

  await lab.start({ role: 'operator' })
  expect(await records(lab)).toBe(30)
  await cli(lab, 'checkpoint', 'import', stick)
  // The robot was admitted in the field: what it says counts here too, though nobody here has met it.
  expect(await records(lab)).toBe(37)
  expect(await cli<CheckpointImportView>(lab, 'checkpoint', 'import', stick)).toMatchObject({ added: 0, refused: {} })

  const other = await make('other').start({ role: 'operator' })
  const foreign = await run(['checkpoint', 'import', stick, '--home', other.home])
  expect(foreign.code).toBe(2)
  expect(foreign.stderr).toContain('of another swarm')
  const nonsense = join(folder.path, 'nonsense.car')
  writeFileSync(nonsense, 'this is no checkpoint')
  const refused = await run(['checkpoint', 'import', nonsense, '--home', other.home])
  expect(refused.code).toBe(2)
  expect(refused.stderr).toContain('not the file of a checkpoint')
  expect((await run(['checkpoint', 'show', 'nonsense', '--home', other.home])).code).toBe(2)
})
