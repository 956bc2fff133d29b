import { afterEach, beforeEach, expect, test } from 'vitest'
import { FakeClock } from '../../base/clock.ts'
import type { HealthView } from '../../../shared/views.ts'
import { MetricStore } from '../../store/metric-store.ts'
import { TestMachine } from '../membership/testing/machine.ts'
import { Diagnostics } from './diagnostics.ts'
import type { Sample, Sampler } from './sampler.ts'

/** A body whose processor is as busy as the test says; null breaks its sensors. */
class Body implements Sampler {
  cpuPercent: number | null = 10
  async start(): Promise<void> {}
  async stop(): Promise<void> {}
  async sample(): Promise<Sample> {
    if (this.cpuPercent === null) throw new Error('no sensor answers')
    const { cpuPercent } = this
    return {
      values: { cpuPercent },
      batteryCharging: null,
      memoryTotalBytes: 4e9,
      diskTotalBytes: null,
      diskFreeBytes: null,
      uptimeS: 1,
      notes: ['simulated'],
    }
  }
}

let clock: FakeClock
let me: TestMachine
let robot: TestMachine
const running: Diagnostics[] = []

function diagnosticsOf(machine: TestMachine, body: Sampler): Diagnostics {
  const metrics = new MetricStore(machine)
  const made = new Diagnostics({
    ...machine,
    peerId: machine.peerId,
    book: machine.book,
    random: machine.random,
    metrics,
    sampler: body,
  })
  running.push(made)
  return made
}

/** Lets the first sample be taken, so that the loop sleeps when the clock is turned. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

beforeEach(() => {
  clock = new FakeClock()
  me = new TestMachine(1, clock)
  robot = new TestMachine(2, clock)
})

afterEach(async () => {
  for (const diagnostics of running.splice(0)) await diagnostics.stop()
  me.close()
  robot.close()
})

test('its own samples are there at full resolution, and told one by one', async () => {
  const body = new Body()
  const diagnostics = diagnosticsOf(me, body)
  const heard: HealthView[] = []
  diagnostics.events.on('health:heard', ({ health }) => heard.push(health))
  const fromMs = clock.now()
  await diagnostics.start()
  await settled()
  await clock.advance(10_000)
  body.cpuPercent = 90
  await clock.advance(10_000)
  const { series } = diagnostics.history({
    peer: me.peerId,
    metrics: ['cpuPercent'],
    fromMs,
    toMs: clock.now() + 1,
    maxPoints: 2_000,
  })
  expect(series[0]?.points.map((point) => point.avg)).toEqual(heard.map((health) => health.values.cpuPercent))
  expect(heard.length).toBeGreaterThanOrEqual(10)
  expect(diagnostics.latest(me.peerId)).toMatchObject({ values: { cpuPercent: 90 }, notes: ['simulated'] })
})

test('publishes a summary soon after the start and then every 10 s', async () => {
  const diagnostics = diagnosticsOf(robot, new Body())
  const published: number[] = []
  robot.book.events.on('bucket:merged', () => published.push(clock.monotonic()))
  await diagnostics.start()
  await settled()
  await clock.advance(62_000)
  expect(published[0]).toBeLessThanOrEqual(4_000)
  expect(published.length).toBeGreaterThanOrEqual(6)
  expect(published.length).toBeLessThanOrEqual(8)
})

test("others' summaries are kept, once each, and stretches without one stay gaps", async () => {
  const diagnostics = diagnosticsOf(me, new Body())
  await diagnostics.start()
  const fromMs = clock.now()
  const say = (cpuPercent: number) =>
    robot.book.author({
      bucket: 'diagnostics',
      key: 'health',
      value: { windowMs: 10_000, avg: { cpuPercent }, max: { cpuPercent }, notes: [] },
      validForMs: 3_600_000,
    })
  const first = say(20)
  me.receive([first], 'direct', robot.peerId)
  me.receive([first], 'direct', robot.peerId)
  await clock.advance(60_000)
  me.receive([say(40)], 'direct', robot.peerId)
  const { series } = diagnostics.history({ peer: robot.peerId, fromMs, toMs: fromMs + 70_000, maxPoints: 7 })
  const cpu = series.find(({ metric }) => metric === 'cpuPercent')
  expect(cpu?.points.map((point) => [point.atMs - fromMs, point.avg])).toEqual([
    [0, 20],
    [60_000, 40],
  ])
  expect(diagnostics.latest(robot.peerId)).toMatchObject({ values: { cpuPercent: 40 } })
  expect(diagnostics.spark(robot.peerId).cpuPercent).toEqual([20, 40])
})

test('the last health of a machine is known after a restart, with its age', async () => {
  const said = robot.book.author({
    bucket: 'diagnostics',
    key: 'health',
    value: { windowMs: 1, avg: { cpuPercent: 33 }, max: {}, notes: [] },
    validForMs: 3_600_000,
  })
  me.receive([said], 'direct', robot.peerId)
  const heardAtMs = clock.now()
  await clock.advance(600_000)
  me.reopen()
  const diagnostics = diagnosticsOf(me, new Body())
  await diagnostics.start()
  expect(diagnostics.latest(robot.peerId)).toMatchObject({ atMs: heardAtMs, values: { cpuPercent: 33 } })
})

test('a sensor that fails is counted and tried again', async () => {
  const body = new Body()
  body.cpuPercent = null
  const diagnostics = diagnosticsOf(me, body)
  await diagnostics.start()
  await settled()
  await clock.advance(4_000)
  expect(me.counters.get('diagnostics.failed:sample')).toBeGreaterThan(0)
  body.cpuPercent = 12
  await clock.advance(4_000)
  expect(diagnostics.latest(me.peerId)?.values.cpuPercent).toBe(12)
})

test('a sensor that hangs does not hang the stop', async () => {
  const body = new Body()
  body.sample = () => new Promise(() => {})
  const diagnostics = diagnosticsOf(me, body)
  await diagnostics.start()
  await settled()
  await diagnostics.stop()
  expect(me.counters.get('diagnostics.failed:sample')).toBe(0)
})
