import { gzipSync } from 'node:zlib'
import type { LogFormat, LogInfo } from '../../shared/log-views.ts'
import { loadDecompress } from '../service/logs/decompress.ts'
import { EnoughRead, LogProblem } from '../service/logs/log-problem.ts'
import { mcapTail } from '../service/logs/mcap-tail.ts'
import { encodePng } from '../service/logs/png.ts'
import { frame, inspect, preview } from '../service/logs/looking.ts'
import { makeBag } from '../service/logs/testing/make-bag.ts'
import { json, madeStartMs, makeMcap } from '../service/logs/testing/make-mcap.ts'
import { makeZip } from '../service/logs/testing/make-zip.ts'
import { sourceOf } from '../service/logs/testing/memory-source.ts'
import { compressedImage, pose, RosBytes, rosHeader } from '../service/logs/testing/ros.ts'
import { textTail } from '../service/logs/text-tail.ts'
import type { Target } from './fuzzer.ts'

/** As much as a small log; a length that lies asks for more than this. */
const maxReadBytes = 8 * 1_024 * 1_024

/** Files of strangers, as the thread that looks into them is given them: inspected, previewed, asked for a picture. */
export async function logTargets(): Promise<Target[]> {
  const picture = encodePng(2, 2, 1, Uint8Array.of(1, 2, 3, 4))
  const bag = (finished: boolean): Uint8Array =>
    makeBag(
      [
        { topic: '/pose', type: 'geometry/Pose', definition: pose },
        { topic: '/camera', type: 'sensor_msgs/CompressedImage', definition: compressedImage },
      ],
      [0, 1].map((chunk) =>
        Array.from({ length: 6 }, (_, n) => ({
          conn: n % 2,
          timeMs: madeStartMs + chunk * 1_000 + n,
          data: n % 2 === 0 ? poseBytes(n) : new RosBytes().raw(rosHeader(n)).string('png').bytes(picture).done(),
        })),
      ),
      finished,
    ).bytes
  const mcap = (more: object): Promise<Uint8Array> =>
    makeMcap(
      [
        { topic: '/imu', type: 'Imu', message: (n) => json({ rate: n }) },
        {
          topic: '/pose',
          type: 'geometry/Pose',
          schemaEncoding: 'ros1msg',
          messageEncoding: 'ros1',
          schema: pose,
          message: poseBytes,
        },
        {
          topic: '/two',
          type: 'a/msg/B',
          schemaEncoding: 'ros2msg',
          messageEncoding: 'cdr',
          schema: 'float64 a\nfloat64[] b\nstring c\n',
          message: (n) =>
            new RosBytes()
              .raw(Uint8Array.of(0, 1, 0, 0))
              .float64(n)
              .uint32(0)
              .string('x')
              .done(),
        },
        {
          topic: '/camera',
          type: 'CompressedImage',
          message: () => json({ data: Buffer.from(picture).toString('base64') }),
        },
      ],
      { steps: 6, ...more },
    )
  const decompress = await loadDecompress()
  const tail = { backMs: 300, maxBytes: 4_096 }
  return [
    {
      name: 'logs: the end of an x.mcap',
      seeds: [await mcap({}), await mcap({ zstd: true }), await mcap({ useSummary: false, chunkSize: 256 })],
      decode: async (input) => {
        const write = async (): Promise<void> => {}
        const init = { ...tail, about: new Map([['fault', 'mark']]), write, beginningBytes: 512 }
        return mcapTail(sourceOf(input, maxReadBytes), decompress, init).catch(ofFile)
      },
      isTaken: (output) => output !== null,
      slowMs: 2_000,
    },
    {
      name: 'logs: the end of an x.log',
      seeds: [Buffer.from('2030-01-01T00:00:00Z hello\n more\n\n1893456000.5 world\n'.repeat(40))],
      decode: (input) =>
        textTail(sourceOf(input, maxReadBytes), { ...tail, isTable: input.length % 2 === 0 }).catch(ofFile),
      isTaken: (output) => output !== null,
    },
    target('rosbag', 'x.bag', '/camera', [bag(true), bag(false)]),
    target('mcap', 'x.mcap', '/camera', [
      await mcap({}),
      await mcap({ zstd: true }),
      await mcap({ useChunks: false }),
      await mcap({ useSummary: false }),
    ]),
    target('archive', 'x.zip', '', [
      makeZip([
        { name: 'a/b', sizeBytes: 7 },
        { name: 'c', sizeBytes: 1 },
      ]),
    ]),
    target('archive', 'x.gz', '', [gzipSync('hello '.repeat(100)), gzipSync(tarBlock())]),
    target('archive', 'x.tar', '', [tarBlock()]),
    target('image', 'x.png', '', [picture, Uint8Array.of(0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 1, 0, 1, 1, 1, 0x11, 0)]),
    target('text', 'x.log', '', [Buffer.from('2030-01-01T00:00:00Z hello\n1623423423.5 world\n')]),
    target('csv', 'x.csv', '', [Buffer.from('time,a,b\n1700000000,2,"x"\n1700000001,3,y\n')]),
  ]
}

/** What is wrong with the file itself; anything else is wrong with us. */
function ofFile(error: unknown): null {
  if (error instanceof LogProblem || error instanceof EnoughRead) return null
  throw error
}

function target(format: LogFormat, file: string, topic: string, seeds: readonly Uint8Array[]): Target {
  const about = { name: file, mediaType: '' }
  return {
    name: `logs: ${file}`,
    seeds,
    decode: async (input) => [
      await inspect(sourceOf(input, maxReadBytes), about),
      await preview(sourceOf(input, maxReadBytes), about),
      topic === '' ? null : await frame(sourceOf(input, maxReadBytes), topic, madeStartMs),
    ],
    isTaken: (output) => {
      const [info] = output as readonly LogInfo[]
      return info?.whole === true && info.format === format
    },
    // It happens in a thread of its own, and is called off after many seconds; still, none should come near that.
    slowMs: 2_000,
  }
}

function poseBytes(n: number): Uint8Array {
  const bytes = new RosBytes().raw(rosHeader(n)).float64(n).float64(-n).float64(1).float64(2).float64(3)
  return bytes.uint32(1).float64(7).float64(8).uint32(1).string('name').uint8(1).done()
}

/** One file of five bytes, and the two blocks of zeros that end a tar. */
function tarBlock(): Uint8Array {
  const block = Buffer.alloc(512)
  block.write('name.txt')
  block.write('00000000005 ', 124)
  block.write('0', 156)
  block.write('ustar\0', 257)
  const sum = block.reduce((total, byte) => total + byte, 8 * 32)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return Buffer.concat([block, Buffer.from('hello'.padEnd(512, '\0')), Buffer.alloc(1_024)])
}
