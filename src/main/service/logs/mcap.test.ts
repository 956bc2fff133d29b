import fc from 'fast-check'
import { expect, it } from 'vitest'
import { inspect, preview } from './looking.ts'
import { json, madeStartMs, makeMcap, type MadeTopic } from './testing/make-mcap.ts'
import { sourceOf } from './testing/memory-source.ts'
import { pose, RosBytes, rosHeader } from './testing/ros.ts'

const about = { name: 'x.mcap', mediaType: '' }

const imu: MadeTopic = {
  topic: '/duckie07/imu',
  type: 'sensor_msgs/Imu',
  message: (n) => json({ header: { seq: n, stamp: { sec: n, nsec: 0 } }, rate: { x: n, still: 1 }, words: 'x' }),
}
const battery: MadeTopic = {
  topic: '/duckie07/battery',
  type: 'sensor_msgs/BatteryState',
  every: 10,
  message: (n) => json({ percentage: 1 - n / 1_000 }),
}
const steps = 2_000
const lastMs = madeStartMs + (steps - 1) * 100

const forms = [
  ['with a summary', {}],
  ['packed by zstd', { zstd: true }],
  ['without chunks', { useChunks: false }],
  ['without message indexes', { useMessageIndex: false }],
  ['without a summary', { useSummary: false }],
] as const

it.each(forms)('a file %s tells its times, topics and counts', async (_, form) => {
  const bytes = await makeMcap([imu, battery], { steps, ...form })
  const info = await inspect(sourceOf(bytes), about)
  expect(info).toMatchObject({ format: 'mcap', startMs: madeStartMs, endMs: lastMs, messages: 2_200, whole: true })
  expect(info.problem).toBeNull()
  expect(info.topics).toEqual([
    { name: '/duckie07/battery', type: 'sensor_msgs/BatteryState', count: 200 },
    { name: '/duckie07/imu', type: 'sensor_msgs/Imu', count: 2_000 },
  ])
})

it.each(forms)('a file %s has first numbers and a timeline that adds up', async (_, form) => {
  const bytes = await makeMcap([imu, battery], { steps, ...form })
  const look = await preview(sourceOf(bytes), about)
  if (look.kind !== 'messages') throw new Error(look.kind)
  expect(look.numbers.map(({ topic, field }) => [topic, field])).toEqual([
    ['/duckie07/battery', 'percentage'],
    ['/duckie07/imu', 'rate.x'],
    ['/duckie07/imu', 'rate.still'],
  ])
  expect(look.numbers[1]?.points[0]).toEqual([madeStartMs, 0])
  expect(look.numbers.every(({ points }) => points.length <= 500)).toBe(true)
  const sums = look.timeline?.topics.map(({ counts }) => counts.reduce((sum, count) => sum + count, 0))
  expect(sums).toEqual([200, 2_000])
})

it('the summary tells the robot, and of a large file little is read', async () => {
  const bytes = await makeMcap([imu, battery], { steps: 60_000 })
  const source = sourceOf(bytes)
  const info = await inspect(source, about)
  expect(info.facts).toContainEqual(['Robot', 'duckie07'])
  expect(info.facts).toContainEqual(['Namespace', '/duckie07'])
  expect(info.messages).toBe(66_000)
  const looked = sourceOf(bytes)
  const look = await preview(looked, about)
  expect(look.kind === 'messages' && look.timeline?.topics[1]?.counts.reduce((sum, count) => sum + count, 0)).toBe(
    60_000,
  )
  expect(source.readBytes).toBeLessThan(bytes.length / 20)
  expect(looked.readBytes).toBeLessThan(bytes.length / 5)
})

it.each(forms)('a file %s may be cut off anywhere, and tells what is still there', async (_, form) => {
  const bytes = await makeMcap([imu, battery], { steps: 400, chunkSize: 8_192, ...form })
  const all = await inspect(sourceOf(bytes), about)
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 8, max: bytes.length - 1 }), async (length) => {
      const info = await inspect(sourceOf(bytes.subarray(0, length)), about)
      expect(info.format).toBe('mcap')
      expect(info.messages ?? 0).toBeLessThanOrEqual(all.messages ?? 0)
      // What comes before the cut is there, but for a packed chunk that the cut goes through.
      const share = length / bytes.length
      if (share > 0.1) expect(info.messages ?? 0).toBeGreaterThan((all.messages ?? 0) * (share - 0.35))
      expect(info.endMs ?? madeStartMs).toBeLessThanOrEqual(madeStartMs + 399 * 100)
      await preview(sourceOf(bytes.subarray(0, length)), about)
    }),
    { numRuns: 30 },
  )
})

it('ROS 1 and ROS 2 messages are decoded by their definitions', async () => {
  const ros1 = (n: number): Uint8Array =>
    new RosBytes()
      .raw(rosHeader(n))
      .float64(n)
      .float64(2 * n)
      .float64(0)
      .float64(0)
      .float64(0)
      .uint32(0)
      .uint32(0)
      .uint8(1)
      .done()
  // CDR, little-endian: four bytes of a head, then numbers at multiples of their size.
  const ros2 = (n: number): Uint8Array =>
    new RosBytes()
      .raw(Uint8Array.of(0, 1, 0, 0))
      .float64(n)
      .float64(3 * n)
      .done()
  const bytes = await makeMcap(
    [
      {
        topic: '/one',
        type: 'geometry/Pose',
        schemaEncoding: 'ros1msg',
        schema: pose,
        messageEncoding: 'ros1',
        message: ros1,
      },
      {
        topic: '/two',
        type: 'geometry_msgs/msg/P',
        schemaEncoding: 'ros2msg',
        schema: 'float64 a\nfloat64 b\n',
        messageEncoding: 'cdr',
        message: ros2,
      },
      {
        topic: '/odd',
        type: 'x',
        schemaEncoding: 'protobuf',
        messageEncoding: 'protobuf',
        message: () => Uint8Array.of(1, 2),
      },
    ],
    { steps: 20 },
  )
  const look = await preview(sourceOf(bytes), about)
  expect(
    look.kind === 'messages' && look.numbers.map(({ topic, field, points }) => [topic, field, points[5]?.[1]]),
  ).toEqual([
    ['/one', 'position.x', 5],
    ['/two', 'a', 5],
    ['/one', 'position.y', 10],
    ['/two', 'b', 15],
  ])
})

it('a count of 64 bits, times that are none and a summary that lies do no harm', async () => {
  const bytes = Buffer.from(await makeMcap([imu], { steps: 100 }))
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 8, max: bytes.length - 9 }),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      async (at, value) => {
        const changed = Buffer.from(bytes)
        changed.writeBigUInt64LE(value, at)
        const look = await preview(sourceOf(changed), about)
        expect(Number.isSafeInteger(look.info.messages ?? 0)).toBe(true)
        expect(Number.isFinite(look.info.startMs ?? 0) && Number.isFinite(look.info.endMs ?? 0)).toBe(true)
      },
    ),
    { numRuns: 300 },
  )
})
