import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { PeerId, RecordId } from '../../../shared/ids.ts'
import { defaultRecorderSettings, type RecorderSettings } from '../../../shared/recorder-views.ts'
import { FakeClock, type Clock } from '../../base/clock.ts'
import { SwarmClock } from '../../base/swarm-clock.ts'
import { decodeSigned } from '../../model/record-codec.ts'
import { verifyRecord } from '../../model/record.ts'
import { makeNode, stopNodes, type TestNode } from '../../net/testing/nodes.ts'
import { MetricStore } from '../../store/metric-store.ts'
import { Diagnostics } from '../diagnostics/diagnostics.ts'
import type { Sample, Sampler } from '../diagnostics/sampler.ts'
import { TestMachine } from '../membership/testing/machine.ts'
import { Recorder, type RecorderDeps } from './recorder.ts'

const minuteMs = 60_000

class Body implements Sampler {
  temperatureC = 50
  async start(): Promise<void> {}
  async stop(): Promise<void> {}
  async sample(): Promise<Sample> {
    const none = { memoryTotalBytes: null, diskTotalBytes: null, diskFreeBytes: null, uptimeS: null }
    return { values: { temperatureC: this.temperatureC }, batteryCharging: null, ...none, notes: [] }
  }
}

let system: FakeClock
let clock: SwarmClock
let me: TestMachine
let node: TestNode
let body: Body
let diagnostics: Diagnostics
let recorder: Recorder
let settings: RecorderSettings
const shared: string[] = []
const beside = ['flight.json', 'health.csv', 'records.json']
let place = ''
const share = (): string => join(place, 'shared-logs')

function make(change: Partial<RecorderDeps> = {}): Recorder {
  return new Recorder(
    {
      ...me,
      clock,
      self: me.peerId,
      swarm: () => me.book.swarm,
      book: me.book,
      diagnostics,
      node,
      files: {
        sharing: {
          sharePaths: async (paths) => {
            shared.push(...paths)
            return []
          },
        },
        shares: { own: () => undefined },
      },
      nameOf: () => 'duckie01',
      settings: () => ({ name: 'duckie01', shareDir: share(), recorder: settings }),
      simulated: true,
      ...change,
    },
    { home: me.home, settleMs: 10_000 },
  )
}

/** Lets what was begun come to where it waits for the clock. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

async function pass(ms: number): Promise<void> {
  for (let done = 0; done < ms; done += 2_000) {
    await system.advance(2_000)
    await settled()
  }
}

/** A line a second until now, `count` of them. */
function writeLog(name: string, count: number, untilMs = system.now()): void {
  const path = join(place, 'logs', name)
  mkdirSync(join(place, 'logs'), { recursive: true })
  const lines = Array.from({ length: count }, (_, at) => {
    return `${new Date(untilMs - (count - 1 - at) * 1_000).toISOString()} line ${at}\n`
  })
  writeFileSync(path, lines.join(''))
  utimesSync(path, untilMs / 1_000, untilMs / 1_000)
}

const flights = () => recorder.status().flights
const folder = (id = flights()[0]?.id ?? ''): string => join(share(), 'flight', id)
const read = (name: string, id?: string): string => readFileSync(join(folder(id), name), 'utf8')

/** Half an hour after it the next may be saved. */
async function markLater(text: string): Promise<void> {
  await recorder.mark(text, { peer: me.peerId })
  system.jump(31 * minuteMs)
}

async function crash(): Promise<void> {
  await recorder.stop()
  const path = join(me.home, 'recorder.json')
  writeFileSync(path, readFileSync(path, 'utf8').replace('"running":false', '"running":true'))
}

beforeEach(async () => {
  system = new FakeClock()
  clock = new SwarmClock(system, { offsetMs: 0, source: 'own', peers: 0, reason: '' })
  me = new TestMachine(1, system)
  place = mkdtempSync(join(tmpdir(), 'recorder-'))
  node = await makeNode()
  await node.start()
  body = new Body()
  settings = { ...defaultRecorderSettings, on: true, paths: [join(place, 'other.log')] }
  diagnostics = new Diagnostics({ ...me, peerId: me.peerId, metrics: new MetricStore(me), sampler: body })
  await diagnostics.start()
  recorder = make()
  await recorder.start()
  await settled()
})

afterEach(async () => {
  await recorder.stop()
  await diagnostics.stop()
  await stopNodes()
  me.close()
  rmSync(place, { recursive: true, force: true })
  shared.splice(0)
})

it('a fault saves the last minutes of logs, records and health, once', async () => {
  settings = { ...settings, paths: [join(place, 'logs')] }
  await pass(minuteMs)
  body.temperatureC = 85
  await pass(6_000)
  writeLog('ros.log', 3_600)
  writeLog('old.log', 60, system.now() - 6 * minuteMs)
  await pass(16_000)
  await vi.waitFor(() => expect(shared).toEqual([folder()]))
  const [flight] = flights()
  expect(flight).toMatchObject({ cause: 'temperature', words: '85.0 °C', minutes: 5, leftOut: [] })
  expect(readdirSync(folder()).toSorted()).toEqual([...beside, 'ros.log'])
  expect(readdirSync(share())).toEqual(['flight'])

  const lines = read('ros.log').trimEnd().split('\n')
  expect(lines.at(-1)).toContain('line 3599')
  expect(lines.length).toBeGreaterThan(290)
  expect(lines.length).toBeLessThan(310)

  const [head, ...rows] = read('health.csv').trimEnd().split('\n')
  expect(head).toBe('time,temperatureC')
  expect(rows.length).toBeGreaterThan(30)
  expect(rows.some((row) => row.endsWith(',50'))).toBe(true)
  expect(rows.at(-1)).toMatch(/^2023-11-14T22:14:.*Z,85$/)

  const slice = JSON.parse(read('records.json')) as {
    readonly swarm: RecordId
    readonly records: readonly { readonly bucket: string; readonly author: PeerId; readonly signed: string }[]
  }
  // One summary of health in 10 s: the store keeps only the last of them.
  expect(slice.records.filter(({ bucket }) => bucket === 'diagnostics').length).toBeGreaterThan(4)
  for (const { signed, author } of slice.records) {
    const decoded = decodeSigned(Buffer.from(signed, 'base64'))
    if (decoded.kind !== 'ok') throw new Error(decoded.reason)
    expect(decoded.record.body.author).toBe(author)
    expect(verifyRecord(decoded.record, slice.swarm)).toBe(true)
  }
  expect(JSON.parse(read('flight.json'))).toMatchObject({ cause: 'temperature', robot: 'duckie01', simulated: true })

  body.temperatureC = 50
  await pass(10_000)
  body.temperatureC = 85
  await pass(20_000)
  expect(flights()).toHaveLength(1)
  expect(recorder.status().refused).toContain('within the last 2 minutes')
  expect(me.counters.get('recorder.refused:too-often')).toBe(1)
})

it('a mark by hand saves at once; off, it says how to turn it on', async () => {
  settings = { ...settings, paths: [join(place, 'logs')] }
  writeLog('ros.log', 10)
  const marked = await recorder.mark('it hit the wall', { peer: me.peerId })
  expect(marked).toMatchObject({ id: '2023-11-14_22-13-20Z-mark', files: 4, leftOut: 0 })
  expect(flights()[0]).toMatchObject({ cause: 'mark', words: 'it hit the wall' })
  await expect(recorder.mark('again', { peer: me.peerId })).rejects.toMatchObject({ code: 'LIMIT_REACHED' })
  settings = { ...settings, on: false }
  await expect(recorder.mark('x', { peer: me.peerId })).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  expect(recorder.status().state).toBe('off')
})

it('faults that were not chosen are none, and off it holds nothing', async () => {
  settings = { ...settings, faults: ['disk'] }
  body.temperatureC = 85
  await pass(30_000)
  expect(flights()).toEqual([])
  expect(me.counters.get('recorder.fault:temperature')).toBe(0)
})

it('what cannot be taken is told, and costs the others nothing', async () => {
  writeLog('ros.log', 10)
  writeFileSync(join(place, 'logs', 'core.bin'), Uint8Array.of(0, 1, 2, 3))
  utimesSync(join(place, 'logs', 'core.bin'), system.now() / 1_000, system.now() / 1_000)
  // Its own folder holds its key, and is never looked into.
  settings = { ...settings, paths: [join(place, 'logs'), join(place, 'none'), me.home] }
  await recorder.mark('', { peer: me.peerId })
  const [flight] = flights()
  expect(flight?.files.map(({ name }) => name).toSorted()).toEqual([...beside, 'ros.log'].toSorted())
  expect(flight?.leftOut.map(({ name }) => name).toSorted()).toEqual([join(place, 'none'), 'core.bin'].toSorted())
})

it('a disk that is nearly full keeps its room for those who write the logs', async () => {
  await recorder.stop()
  recorder = make({ roomAt: async () => ({ freeBytes: 200_000_000 }) })
  await recorder.start()
  const logs = join(share(), 'logs')
  mkdirSync(logs, { recursive: true })
  writeFileSync(join(logs, 'a.log'), 'x\n')
  utimesSync(join(logs, 'a.log'), system.now() / 1_000, system.now() / 1_000)
  settings = { ...settings, paths: [logs] }
  await recorder.mark('', { peer: me.peerId })
  expect(flights()[0]?.leftOut).toEqual([{ name: 'a.log', why: 'there is no room for more' }])
})

it('a peer that ended without warning saves what was before, once it is back', async () => {
  await pass(20_000)
  await crash()
  mkdirSync(join(share(), '.flight-2023-11-14_22-13-20Z-mark'), { recursive: true })
  recorder = make()
  await recorder.start()
  await pass(12_000)
  await vi.waitFor(() => expect(flights()).toHaveLength(1))
  expect(flights()[0]).toMatchObject({ cause: 'stopped', words: expect.stringContaining('2023-11-14 22:13:') })
  await vi.waitFor(() => expect(readdirSync(share())).toEqual(['flight']))
  // What was saved is known after a restart, and one that stopped as it should saves nothing.
  await recorder.stop()
  recorder = make()
  await recorder.start()
  await pass(12_000)
  expect(flights()).toHaveLength(1)
})

it('only so many are kept, the oldest go first; what is on the disk counts though it was forgotten', async () => {
  for (let n = 0; n < 24; n++) await markLater(`${n}`)
  await recorder.stop()
  rmSync(join(me.home, 'recorder.json'))
  recorder = make()
  await recorder.start()
  for (let n = 24; n < 26; n++) await markLater(`${n}`)
  expect(flights()).toHaveLength(24)
  expect(readdirSync(join(share(), 'flight'))).toHaveLength(24)
  expect(flights().at(-1)?.words).toBe('2')
})

const hourMs = 60 * minuteMs
it.each([
  ['hours later', 0],
  ['with a clock that is an hour behind by now', hourMs],
])('of a peer that is back %s the minutes before it stopped are saved, and one after', async (_, lagMs) => {
  settings = { ...settings, paths: [join(place, 'logs')] }
  await pass(20_000)
  const stoppedMs = system.now()
  await crash()
  // Others of the machine wrote on, half an hour at least.
  writeLog('ros.log', 3 * 3_600, stoppedMs + hourMs / 2)
  writeLog('ended.log', 3_600, stoppedMs)
  system.jump(10 * hourMs)
  const machine: Clock = {
    now: () => system.now() - lagMs,
    monotonic: () => system.monotonic(),
    sleep: (ms, options) => system.sleep(ms, options),
  }
  recorder = make({ clock: new SwarmClock(machine, { offsetMs: lagMs, source: 'swarm', peers: 2, reason: '' }) })
  await recorder.start()
  await pass(12_000)
  await vi.waitFor(() => expect(flights()).toHaveLength(1))
  const lines = read('ros.log').trimEnd().split('\n')
  const times = lines.map((line) => Date.parse(line.split(' ')[0] ?? ''))
  expect(times[0]).toBeGreaterThanOrEqual(stoppedMs - 6 * minuteMs)
  expect(times[0]).toBeLessThan(stoppedMs - 4 * minuteMs)
  expect(times.at(-1)).toBeGreaterThanOrEqual(stoppedMs)
  expect(times.at(-1)).toBeLessThan(stoppedMs + 2 * minuteMs)
  expect(read('ended.log').split('\n').length).toBeGreaterThan(280)
  const { fromMs, toMs } = JSON.parse(read('flight.json'))
  expect(toMs - fromMs).toBe(6 * minuteMs)
})
