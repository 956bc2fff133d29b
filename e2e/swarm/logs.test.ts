import { randomBytes } from 'node:crypto'
import { copyFile, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { encodePng } from '../../src/main/service/logs/png.ts'
import { json, madeStartMs, makeMcap } from '../../src/main/service/logs/testing/make-mcap.ts'
import type { LogPreview } from '../../src/shared/log-views.ts'
import type { ShareView } from '../../src/shared/views.ts'
import { Daemon, repository, scratch } from './fixtures/daemon.ts'

const bags = join(repository, 'src/main/service/logs/testing')
const folder = scratch()
const origin = new Daemon(folder.path, 'origin')
const reader = new Daemon(folder.path, 'reader')

beforeAll(async () => {
  await origin.start()
  await reader.start({ join: await origin.invite() })
  await reader.admitted()
}, 120_000)

afterAll(async () => {
  await Promise.all([origin.stop(), reader.stop()])
  folder.remove()
})

/** Put into the share folder whole, as the other peer then hears of it. */
async function shared(name: string, bytes: Uint8Array): Promise<ShareView> {
  const outside = join(folder.path, name)
  await writeFile(outside, bytes)
  await rename(outside, join(origin.share, name))
  return heard(name)
}

function heard(name: string): Promise<ShareView> {
  return vi.waitFor(
    async () => {
      const share = (await reader.files()).find((one) => one.name === name)
      if (share === undefined) throw new Error(`${name} is not shared yet: ${origin.log.slice(-1_000)}`)
      return share
    },
    { timeout: 90_000, interval: 200 },
  )
}

const preview = (cid: string): Promise<LogPreview> => reader.json(`/files/${cid}/preview`)

it('what is in a real bag goes with its record, is found by it, and is looked into from afar', async () => {
  await copyFile(join(bags, 'example-lz4.bag'), join(origin.share, 'turtles.bag'))
  const share = await heard('turtles.bag')
  expect(share.log).toMatchObject({ format: 'rosbag', messages: 8_647, whole: true, problem: null })
  expect(share.log?.topics).toContainEqual({ name: '/turtle1/pose', type: 'turtlesim/Pose', count: 1_344 })
  const names = async (query: string) => (await reader.json<ShareView[]>(`/files?${query}`)).map(({ name }) => name)
  expect(await names('topic=/turtle1/pose')).toEqual(['turtles.bag'])
  expect(await names('format=rosbag')).toEqual(['turtles.bag'])
  expect(await names(`fromMs=${Date.UTC(2014, 2, 31)}&toMs=${Date.UTC(2014, 3, 1)}`)).toEqual(['turtles.bag'])
  expect(await names('topic=/no-such-topic')).toEqual([])
  const look = await preview(share.cid)
  if (look.kind !== 'messages') throw new Error(look.kind)
  expect(look.info.topics).toEqual(share.log?.topics)
  expect(look.numbers.map(({ topic, field }) => `${topic} ${field}`)).toContain('/turtle1/pose x')
}, 120_000)

it('of 100 MB on another peer a preview and a picture take some hundred KB, and nothing else is fetched', async () => {
  const picture = encodePng(64, 64, 3, randomBytes(64 * 64 * 3))
  const bytes = await makeMcap(
    [
      { topic: '/duckie07/imu', type: 'sensor_msgs/Imu', message: (n) => json({ rate: Math.sin(n / 100) }) },
      { topic: '/duckie07/blob', type: 'std_msgs/Blob', message: () => randomBytes(50_000), messageEncoding: 'raw' },
      {
        topic: '/duckie07/camera',
        type: 'foxglove.CompressedImage',
        every: 20,
        message: () => json({ data: Buffer.from(picture).toString('base64') }),
      },
    ],
    { steps: 2_000, chunkSize: 256 * 1_024 },
  )
  expect(bytes.length).toBeGreaterThan(100e6)
  const { cid, log } = await shared('drive.mcap', bytes)
  expect(log).toMatchObject({ format: 'mcap', messages: 4_100, startMs: madeStartMs, endMs: madeStartMs + 199_900 })
  const startedMs = performance.now()
  const look = await preview(cid)
  const tookMs = performance.now() - startedMs
  if (look.kind !== 'messages') throw new Error(JSON.stringify(look))
  expect(look.readBytes).toBeLessThan(1_500_000)
  expect(look.frames).toHaveLength(8)
  expect(look.timeline?.topics.map(({ counts }) => counts.reduce((sum, count) => sum + count, 0))).toEqual([
    2_000, 100, 2_000,
  ])
  const at = look.frames[4]
  const frame = await reader.call(`/files/${cid}/frame?topic=${at?.topic ?? ''}&at=${at?.atMs ?? 0}`)
  expect([frame.status, frame.headers.get('content-type')]).toEqual([200, 'image/png'])
  expect(Buffer.from(await frame.arrayBuffer()).equals(Buffer.from(picture))).toBe(true)
  expect((await reader.files()).find((one) => one.cid === cid)).toMatchObject({ local: false })
  expect(await reader.json('/transfers')).toEqual([])
  console.log(`preview of ${bytes.length} bytes: ${look.readBytes} read, ${Math.round(tookMs)} ms`)
}, 180_000)

it('files that are broken, lie or are bombs are shared all the same, and say what is wrong', async () => {
  const bag = await readFile(join(bags, 'example-bz2.bag'))
  const cut = await shared('cut.bag', bag.subarray(0, 100_000))
  expect(cut.log).toMatchObject({ format: 'rosbag', whole: false, problem: 'It is cut off.' })
  const lying = Buffer.from(bag)
  lying.writeUInt32LE(0xffff_ffff, lying.indexOf('conn_count=') + 11)
  lying.writeBigUInt64LE(2n ** 52n, lying.indexOf('index_pos=') + 10)
  const liar = await shared('liar.bag', lying)
  expect(liar.log).toMatchObject({ format: 'rosbag', whole: false, messages: 8_647 })
  const bomb = await shared('bomb.tgz', gzipSync(Buffer.alloc(200 * 1_024 * 1_024)))
  expect(bomb.log).toMatchObject({ format: 'archive' })
  const noise = await shared(
    'noise.mcap',
    Buffer.concat([Buffer.from('\x89MCAP0\r\n', 'latin1'), randomBytes(100_000)]),
  )
  expect(noise.log).toMatchObject({ format: 'mcap', whole: false })
  for (const { cid } of [cut, liar, bomb, noise]) expect((await preview(cid)).info).toBeDefined()
  expect(await reader.counters()).not.toHaveProperty('logs.refused:died')
}, 120_000)
