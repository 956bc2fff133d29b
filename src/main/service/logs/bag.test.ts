import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { inspect, preview } from './looking.ts'
import { makeBag, type MadeMessage } from './testing/make-bag.ts'
import { sourceOf } from './testing/memory-source.ts'
import { pose, RosBytes, rosHeader } from './testing/ros.ts'

const about = { name: 'x.bag', mediaType: '' }
const startMs = Date.UTC(2031, 4, 6)
const connections = [
  { topic: '/duckie01/pose', type: 'geometry/Pose', definition: pose },
  { topic: '/duckie01/say', type: 'std_msgs/String', definition: 'string data' },
]

function poseBytes(n: number): Uint8Array {
  const bytes = new RosBytes().raw(rosHeader(n)).float64(n).float64(-n)
  bytes.float64(1).float64(2).float64(3)
  bytes.uint32(1).float64(7).float64(8)
  return bytes.uint32(1).string('name').uint8(1).done()
}

/** Three chunks of 10 s, ten poses a second and one word. */
const chunks = [0, 1, 2].map((chunk): MadeMessage[] =>
  Array.from({ length: 100 }, (_, index) => {
    const n = chunk * 100 + index
    const timeMs = startMs + n * 100
    return index % 10 === 9
      ? { conn: 1, timeMs, data: new RosBytes().string(`word ${n}`).done() }
      : { conn: 0, timeMs, data: poseBytes(n) }
  }),
)
const made = makeBag(connections, chunks)

it('a bag tells by its index what is in it, and little of it is read', async () => {
  const source = sourceOf(made.bytes)
  expect(await inspect(source, about)).toEqual({
    format: 'rosbag',
    startMs,
    endMs: startMs + 29_900,
    messages: 300,
    topics: [
      { name: '/duckie01/pose', type: 'geometry/Pose', count: 270 },
      { name: '/duckie01/say', type: 'std_msgs/String', count: 30 },
    ],
    moreTopics: 0,
    whole: true,
    problem: null,
    facts: [
      ['Chunks', '3'],
      ['Compression', 'none'],
      ['Namespace', '/duckie01'],
    ],
  })
})

it('a bag whose recorder was killed is gone over, and tells all of its messages', async () => {
  const unfinished = makeBag(connections, chunks, false)
  const info = await inspect(sourceOf(unfinished.bytes), about)
  expect(info).toMatchObject({ messages: 300, startMs, endMs: startMs + 29_900, whole: false })
  expect(info.problem).toBe('Its recorder did not finish it, so it has no index.')
  expect(info.topics.map(({ count }) => count)).toEqual([270, 30])
  const look = await preview(sourceOf(unfinished.bytes), about)
  expect(look.kind === 'messages' && look.numbers.map(({ field }) => field)).toContain('position.x')
})

it('wherever a bag is cut off, it tells the messages that are still there', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 4_117, max: made.bytes.length - 1 }), async (length) => {
      const cut = made.bytes.subarray(0, length)
      const info = await inspect(sourceOf(cut), about)
      expect(info).toMatchObject({ format: 'rosbag', whole: false })
      const wholeChunks = made.chunksAt.filter(
        (_, index) => (made.chunksAt[index + 1] ?? made.indexAt) <= length,
      ).length
      expect(info.messages).toBeGreaterThanOrEqual(wholeChunks * 100)
      // One message more cannot be there than what its bytes are for.
      expect(info.messages).toBeLessThanOrEqual(Math.min(300, (wholeChunks + 1) * 100))
      expect(info.problem).not.toBeNull()
      await preview(sourceOf(cut), about)
    }),
    { numRuns: 60 },
  )
})

it('a chunk that was being written when the power went is read as far as it goes', async () => {
  const [first = 0, second = 0] = made.chunksAt
  const cut = Buffer.from(made.bytes.subarray(0, second))
  // The recorder had not yet written how long the chunk is: its data length is behind a header of 48 bytes.
  const headerLength = cut.readUInt32LE(first)
  cut.writeUInt32LE(0, first + 4 + headerLength)
  const info = await inspect(sourceOf(cut), about)
  expect(info).toMatchObject({ messages: 100, whole: false, problem: 'It is cut off.' })
  const look = await preview(sourceOf(cut), about)
  expect(look.kind === 'messages' && look.numbers.length).toBeGreaterThan(0)
})

it('numbers are decoded by the definition in the bag, with fields of fields, and headers left out', async () => {
  const look = await preview(sourceOf(made.bytes), about)
  if (look.kind !== 'messages') throw new Error(look.kind)
  expect(look.numbers.map(({ topic, field }) => [topic, field])).toEqual([
    ['/duckie01/pose', 'position.x'],
    ['/duckie01/pose', 'position.y'],
  ])
  expect(look.numbers[0]?.points[3]).toEqual([startMs + 300, 3])
  expect(look.numbers[1]?.points[3]).toEqual([startMs + 300, -3])
})

it('the timeline has each message once, in its time', async () => {
  const look = await preview(sourceOf(made.bytes), about)
  if (look.kind !== 'messages' || look.timeline === null) throw new Error(look.kind)
  const { fromMs, stepMs, topics } = look.timeline
  expect(fromMs).toBe(startMs)
  expect(stepMs * 120).toBeCloseTo(29_900)
  expect(topics.map(({ name, counts }) => [name, counts.reduce((sum, count) => sum + count, 0)])).toEqual([
    ['/duckie01/pose', 270],
    ['/duckie01/say', 30],
  ])
})

it.each([
  [
    'the index lies past the end',
    (bytes: Buffer) => bytes.writeBigUInt64LE(0xffff_ffff_ffffn, valueAt(bytes, 'index_pos=', 13)),
  ],
  ['the index lies at the beginning', (bytes: Buffer) => bytes.writeBigUInt64LE(13n, valueAt(bytes, 'index_pos=', 13))],
  [
    'there are four thousand million connections',
    (bytes: Buffer) => bytes.writeUInt32LE(0xffff_ffff, valueAt(bytes, 'conn_count=', 13)),
  ],
  [
    'there are two thousand million chunks',
    (bytes: Buffer) => bytes.writeUInt32LE(0x7fff_ffff, valueAt(bytes, 'chunk_count=', 13)),
  ],
])('a bag that says that %s is gone over instead', async (_, lie) => {
  const bytes = Buffer.from(made.bytes)
  lie(bytes)
  expect(await inspect(sourceOf(bytes), about)).toMatchObject({ messages: 300, whole: false })
})

it('a packed chunk that lies about its size is a problem of that chunk alone', async () => {
  const bytes = await readFile(join(import.meta.dirname, 'testing', 'example-lz4.bag'))
  const lying = Buffer.from(bytes)
  lying.writeUInt32LE(0xffff_ffff, valueAt(lying, 'size=', 4_117))
  const look = await preview(sourceOf(lying), about)
  expect(look).toMatchObject({ kind: 'messages', numbers: [], info: { messages: 8_647 } })
})

it.each([
  [true, 4_000],
  [false, 4_000],
])('four thousand topics (finished: %s) are counted, and the first of them named', async (finished, count) => {
  const many = Array.from({ length: count }, (_, n) => ({
    topic: `/topic/${n}/${'x'.repeat(150)}`,
    type: 'a/B',
    definition: '',
  }))
  const messages = many.map((_, conn): MadeMessage => ({ conn, timeMs: startMs, data: Uint8Array.of(1) }))
  const info = await inspect(sourceOf(makeBag(many, [messages], finished).bytes), about)
  expect(info.messages).toBe(count)
  expect(info.topics.length + info.moreTopics).toBe(count)
  // What goes into a record is small, whatever the names are.
  expect(info.topics.length).toBeGreaterThan(100)
  expect(JSON.stringify(info).length).toBeLessThan(32_000)
})

it('another version is told', async () => {
  expect(await inspect(sourceOf(Buffer.from('#ROSBAG V1.2\n and so on')), about)).toMatchObject({
    format: 'rosbag',
    whole: false,
    problem: 'It cannot be read: it is no ROS bag of version 2.0.',
  })
})

/** Where the value of a header's field begins. */
function valueAt(bytes: Buffer, name: string, from: number): number {
  const at = bytes.indexOf(name, from)
  expect(at).toBeGreaterThan(0)
  return at + name.length
}
