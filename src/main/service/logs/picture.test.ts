import { parse } from '@foxglove/rosmsg'
import { MessageWriter } from '@foxglove/rosmsg2-serialization'
import { expect, it } from 'vitest'
import { inflateSync } from 'node:zlib'
import { frame, preview } from './looking.ts'
import { pictureOf, pictureType } from './picture.ts'
import { encodePng } from './png.ts'
import { makeBag } from './testing/make-bag.ts'
import { json, madeStartMs, makeMcap } from './testing/make-mcap.ts'
import { sourceOf } from './testing/memory-source.ts'
import { compressedImage, rawImage, RosBytes, rosHeader } from './testing/ros.ts'

const about = { name: '', mediaType: '' }

/** One pixel, whose grey tells which picture it is. */
const grey = (n: number): Uint8Array => encodePng(1, 1, 1, Uint8Array.of(n))

/** The pixels of a PNG that `encodePng` made. */
function pixelsOf(png: Uint8Array): number[] {
  const bytes = Buffer.from(png)
  const length = bytes.readUInt32BE(33)
  expect(bytes.toString('latin1', 37, 41)).toBe('IDAT')
  return [...inflateSync(bytes.subarray(41, 41 + length))]
}

const camera = (n: number): Uint8Array => new RosBytes().raw(rosHeader(n)).string('png').bytes(grey(n)).done()

it("a bag's camera has pictures at times that are spread over it", async () => {
  const { bytes } = makeBag(
    [{ topic: '/duckie01/camera', type: 'sensor_msgs/CompressedImage', definition: compressedImage }],
    [0, 1, 2, 3].map((chunk) =>
      Array.from({ length: 20 }, (_, index) => {
        const n = chunk * 20 + index
        return { conn: 0, timeMs: madeStartMs + n * 100, data: camera(n) }
      }),
    ),
  )
  const look = await preview(sourceOf(bytes), about)
  if (look.kind !== 'messages') throw new Error(look.kind)
  expect(look.frames).toHaveLength(8)
  expect(look.frames[0]).toEqual({ topic: '/duckie01/camera', atMs: madeStartMs })
  expect(look.frames.at(-1)?.atMs).toBe(madeStartMs + 7_900)
  for (const { topic, atMs } of look.frames) {
    const found = await frame(sourceOf(bytes), topic, atMs)
    expect(found).toMatchObject({ mediaType: 'image/png', atMs })
    expect(pixelsOf(found?.bytes ?? grey(0))).toEqual([0, Math.round((atMs - madeStartMs) / 100)])
  }
  expect(await frame(sourceOf(bytes), '/duckie01/camera', madeStartMs + 1_040)).toMatchObject({
    atMs: madeStartMs + 1_000,
  })
  expect(await frame(sourceOf(bytes), '/duckie01/camera', 0)).toMatchObject({ atMs: madeStartMs })
  expect(await frame(sourceOf(bytes), '/nothing', madeStartMs)).toBeNull()
})

it("pictures in JSON are base64, and a topic's picture is not another's", async () => {
  const picture = (grey_: number) => json({ format: 'png', data: Buffer.from(grey(grey_)).toString('base64') })
  const bytes = await makeMcap(
    [
      { topic: '/left', type: 'foxglove.CompressedImage', message: (n) => picture(n) },
      { topic: '/right', type: 'foxglove.CompressedImage', message: (n) => picture(100 + n) },
    ],
    { steps: 50, chunkSize: 512 },
  )
  const found = await frame(sourceOf(bytes), '/right', madeStartMs + 2_000)
  expect(pixelsOf(found?.bytes ?? grey(0))).toEqual([0, 120])
  const look = await preview(sourceOf(bytes), about)
  expect(look.kind === 'messages' && look.frames.map(({ topic }) => topic)).toEqual([
    ...Array.from({ length: 4 }, () => '/left'),
    ...Array.from({ length: 4 }, () => '/right'),
  ])
})

it('pictures of ROS 2 are found by its types', async () => {
  const schema = `std_msgs/Header header
string format
uint8[] data
${'='.repeat(80)}
MSG: std_msgs/Header
builtin_interfaces/Time stamp
string frame_id
${'='.repeat(80)}
MSG: builtin_interfaces/Time
int32 sec
uint32 nanosec
`
  const writer = new MessageWriter(parse(schema, { ros2: true }))
  const message = (n: number): Uint8Array =>
    writer.writeMessage({ header: { stamp: { sec: 1, nanosec: n }, frame_id: 'cam' }, format: 'png', data: grey(n) })
  const type = 'sensor_msgs/msg/CompressedImage'
  const bytes = await makeMcap(
    [{ topic: '/image', type, schemaEncoding: 'ros2msg', messageEncoding: 'cdr', schema, message }],
    { steps: 30 },
  )
  const found = await frame(sourceOf(bytes), '/image', madeStartMs + 2_500)
  expect(found).toMatchObject({ mediaType: 'image/png', atMs: madeStartMs + 2_500 })
  expect(pixelsOf(found?.bytes ?? grey(0))).toEqual([0, 25])
})

it('raw pictures become PNG, whatever the order of their colours and the gaps in their rows', async () => {
  const raw = (encoding: string, channels: number): Uint8Array =>
    new RosBytes()
      .raw(rosHeader(1))
      .uint32(2)
      .uint32(1)
      .string(encoding)
      .uint8(0)
      .uint32(channels + 2)
      .bytes(Uint8Array.from([...[1, 2, 3, 4].slice(0, channels), 9, 9, ...[5, 6, 7, 8].slice(0, channels), 9, 9]))
      .done()
  for (const [encoding, channels, rows] of [
    ['mono8', 1, [0, 1, 0, 5]],
    ['rgb8', 3, [0, 1, 2, 3, 0, 5, 6, 7]],
    ['bgr8', 3, [0, 3, 2, 1, 0, 7, 6, 5]],
    ['bgra8', 4, [0, 3, 2, 1, 4, 0, 7, 6, 5, 8]],
  ] as const) {
    const { bytes } = makeBag(
      [{ topic: '/raw', type: 'sensor_msgs/Image', definition: rawImage }],
      [[{ conn: 0, timeMs: madeStartMs, data: raw(encoding, channels) }]],
    )
    const found = await frame(sourceOf(bytes), '/raw', madeStartMs)
    expect(pixelsOf(found?.bytes ?? grey(0))).toEqual(rows)
  }
})

it('what is not a picture is not given out as one', () => {
  expect(pictureOf({ format: 'jpeg', data: Buffer.from('<script>alert(1)</script>') })).toBeNull()
  expect(pictureOf({ format: 'png', data: Buffer.from('<svg/>').toString('base64') })).toBeNull()
  expect(pictureOf({ data: Uint8Array.of(0xff, 0xd8, 0xff, 0xe0) })).toMatchObject({ mediaType: 'image/jpeg' })
  expect(pictureType(Uint8Array.of(0xff))).toBeNull()
  const raw = { width: 1, height: 1, step: 1, encoding: 'mono8', data: Uint8Array.of(1) }
  expect(pictureOf(raw)).toMatchObject({ mediaType: 'image/png' })
  for (const lie of [
    { height: 2 },
    { width: 100_000, height: 100_000, step: 100_000 },
    { width: Number.NaN },
    { step: 0 },
    { step: 2 ** 53 },
    { height: -1 },
    { encoding: '__proto__' },
    { encoding: 'yuv422' },
    { data: 7 },
  ]) {
    expect(pictureOf({ ...raw, ...lie })).toBeNull()
  }
})
