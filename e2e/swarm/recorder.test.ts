import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { decodeSigned } from '../../src/main/model/record-codec.ts'
import { verifyRecord } from '../../src/main/model/record.ts'
import type { RecordId } from '../../src/shared/ids.ts'
import type { MarkedView, RecorderView } from '../../src/shared/recorder-views.ts'
import { Daemon, run, scratch } from './fixtures/daemon.ts'

/** A robot that writes a log, and an operator who wants to know what happened. */
const folder = scratch()
const robot = new Daemon(folder.path, 'duckie01')
const laptop = new Daemon(folder.path, 'laptop')
const logs = join(folder.path, 'logs')
const patience = { timeout: 60_000, interval: 300 }

async function recorder<View>(daemon: Daemon, ...args: string[]): Promise<View> {
  const { code, stdout, stderr } = await run(['recorder', ...args, '--home', daemon.home, '--json'])
  if (code !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as View
}

const line = (agoS: number, words: string): string => `${new Date(Date.now() - agoS * 1_000).toISOString()} ${words}\n`

beforeAll(async () => {
  mkdirSync(logs)
  const lines = Array.from({ length: 1_800 }, (_, at) => line(1_800 - at, `line ${at}`))
  writeFileSync(join(logs, 'ros.log'), lines.join(''))
  await laptop.start({ role: 'operator' })
  await robot.start({ join: await laptop.invite('robot') })
  await robot.admitted()
}, 300_000)

afterAll(async () => {
  await Promise.all([robot.stop(), laptop.stop()])
  folder.remove()
})

test('an operator marks a moment; the robot shares its last minutes, and everybody can check them', async () => {
  await expect(recorder(laptop, 'mark', '--on', 'duckie01')).rejects.toThrow('is off')
  const on = await recorder<RecorderView>(robot, 'on', '--path', logs, '--minutes', '2')
  expect(on).toMatchObject({ state: 'ready', settings: { minutes: 2, paths: [logs] }, flights: [] })
  // The robot is no operator: it marks its own moments only.
  await expect(recorder(robot, 'mark', '--on', 'laptop')).rejects.toThrow('Only operators')

  appendFileSync(join(logs, 'ros.log'), line(0, 'it hit the wall'))
  const { id, files, leftOut } = await recorder<MarkedView>(laptop, 'mark', '--on', 'duckie01', 'look at this')
  expect({ files, leftOut }).toEqual({ files: 4, leftOut: 0 })
  await vi.waitFor(async () => {
    const { flights } = await recorder<RecorderView>(robot, 'status')
    expect(flights.map((flight) => [flight.id, flight.words])).toEqual([[id, 'look at this, by laptop']])
    expect(flights[0]?.files.every(({ cid }) => cid !== null)).toBe(true)
  }, patience)

  await vi.waitFor(async () => {
    const shares = (await laptop.files()).filter(({ name }) => name.startsWith(`flight/${id}/`))
    expect(shares).toHaveLength(4)
    for (const share of shares) expect(share.log?.facts[0]?.[0]).toBe('Flight recorder')
  }, patience)
  const fetched = await run(['fetch', '--folder', `flight/${id}`, '--home', laptop.home])
  expect(fetched).toMatchObject({ code: 0 })
  const place = dirname(
    readdirSync(laptop.downloads, { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith('ros.log')) ?? '',
  )
  const read = (name: string): string => readFileSync(join(laptop.downloads, place, name), 'utf8')

  const lines = read('ros.log').trimEnd().split('\n')
  expect(lines.at(-1)).toContain('it hit the wall')
  const ages = lines.map((one) => Date.now() - Date.parse(one.split(' ')[0] ?? ''))
  expect(Math.max(...ages)).toBeLessThan(2 * 60_000 + 60_000)
  expect(lines.length).toBeGreaterThan(30)

  const { swarm, records } = JSON.parse(read('records.json')) as {
    readonly swarm: RecordId
    readonly records: readonly { readonly id: string; readonly authorName: string; readonly signed: string }[]
  }
  expect(new Set(records.map(({ authorName }) => authorName))).toEqual(new Set(['duckie01', 'laptop']))
  for (const { id: recordId, signed } of records) {
    const decoded = decodeSigned(Buffer.from(signed, 'base64'))
    if (decoded.kind !== 'ok') throw new Error(decoded.reason)
    expect(decoded.record.id).toBe(recordId)
    expect(verifyRecord(decoded.record, swarm)).toBe(true)
  }

  const [head = '', ...rows] = read('health.csv').trimEnd().split('\n')
  expect(head).toMatch(/^time,cpuPercent,memoryPercent/)
  expect(rows.length).toBeGreaterThan(0)
  for (const row of rows) {
    expect(Number.isFinite(Date.parse(row.split(',')[0] ?? ''))).toBe(true)
    expect(row.split(',')).toHaveLength(head.split(',').length)
  }
  expect(JSON.parse(read('flight.json'))).toMatchObject({ cause: 'mark', robot: 'duckie01', simulated: false })
}, 300_000)
