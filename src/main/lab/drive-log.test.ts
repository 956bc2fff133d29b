import { McapIndexedReader } from '@mcap/core'
import { mkdtemp, open, readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inflateSync, zstdDecompressSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { frame, preview } from '../service/logs/looking.ts'
import { PagedSource } from '../service/logs/range-source.ts'
import { newBody, stepBody } from './body.ts'
import { cameraImage } from './camera-image.ts'
import { DriveLog } from './drive-log.ts'
import { kindOf } from './kinds.ts'
import { LogShelf } from './log-shelf.ts'
import { seeded } from './random.ts'

let folder: string
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'dt-swarm-lab-'))))
afterEach(() => rm(folder, { recursive: true, force: true }))

const startedAtMs = Date.UTC(2030, 0, 2, 3, 4, 5)

async function drive(index: number, steps: number): Promise<void> {
  const kind = kindOf(index)
  const random = seeded(5)
  const log = await DriveLog.begin({ folder, robot: 'duckie01', kind, drive: 1, startedAtMs }, random)
  let state = { ...newBody({ kind }, random), activity: 'driving' as const, remainingMs: Infinity }
  for (let step = 0; step < steps; step++) {
    state = { ...stepBody(state, 100, { kind }, random), activity: 'driving', remainingMs: Infinity }
    await log.record(state, startedAtMs + step * 100)
  }
  const bytes = await log.end(startedAtMs + steps * 100)
  expect(bytes).toBeGreaterThan(0)
}

async function readMcap(path: string) {
  const file = await open(path)
  const reader = await McapIndexedReader.Initialize({
    readable: {
      size: async () => BigInt((await file.stat()).size),
      read: async (offset, size) => {
        const bytes = new Uint8Array(Number(size))
        await file.read(bytes, 0, bytes.length, Number(offset))
        return bytes
      },
    },
    decompressHandlers: { zstd: (bytes, size) => zstdDecompressSync(bytes, { maxOutputLength: Number(size) }) },
  })
  const messages: { topic: string; timeMs: number; value: Record<string, unknown> }[] = []
  for await (const message of reader.readMessages({ validateCrcs: true })) {
    const channel = reader.channelsById.get(message.channelId)
    messages.push({
      topic: channel?.topic ?? '',
      timeMs: Number(message.logTime / 1_000_000n),
      value: JSON.parse(Buffer.from(message.data).toString()) as Record<string, unknown>,
    })
  }
  const metadata: ReadonlyMap<string, string>[] = []
  for await (const found of reader.readMetadata({ name: 'robot' })) metadata.push(found.metadata)
  await file.close()
  return { reader, messages, metadata }
}

test('a drive is an indexed MCAP file that its own library reads, whole, beside a text log', async () => {
  await drive(0, 1_200)
  expect((await readdir(folder)).sort()).toEqual([
    'duckie01_drive001_2030-01-02_03-04-05.log',
    'duckie01_drive001_2030-01-02_03-04-05.mcap',
  ])
  const { reader, messages, metadata } = await readMcap(join(folder, 'duckie01_drive001_2030-01-02_03-04-05.mcap'))
  const count = (topic: string) => messages.filter((message) => message.topic === topic).length
  expect(count('/duckie01/wheels_driver_node/wheels_cmd')).toBe(1_200)
  expect(count('/duckie01/imu_node/imu')).toBe(1_200)
  expect(count('/duckie01/camera_node/image/compressed')).toBe(240)
  expect(count('/duckie01/battery_node/state')).toBe(120)
  expect(reader.statistics?.messageCount).toBe(BigInt(messages.length))
  expect(reader.chunkIndexes.length).toBeGreaterThan(1)
  expect(
    [...reader.schemasById.values()].every(({ data }) => JSON.parse(Buffer.from(data).toString()).type === 'object'),
  ).toBe(true)
  expect(messages[0]?.timeMs).toBe(startedAtMs)
  expect(metadata[0]?.get('simulated')).toBe('true')
  const text = await readFile(join(folder, 'duckie01_drive001_2030-01-02_03-04-05.log'), 'utf8')
  expect(text.split('\n').length).toBeGreaterThan(120)
  expect(text).toMatch(/simulated duckiebot DB21J: recording 1 begins/)
})

test('the Logs page has something to show of a drive: pictures, numbers, how often each topic speaks', async () => {
  await drive(0, 1_200)
  const bytes = await readFile(join(folder, 'duckie01_drive001_2030-01-02_03-04-05.mcap'))
  const source = new PagedSource(async (offset, length) => bytes.subarray(offset, offset + length), {
    sizeBytes: bytes.length,
    maxReadBytes: bytes.length * 2,
  })
  const look = await preview(source, { name: 'drive.mcap', mediaType: '' })
  if (look.kind !== 'messages') throw new Error(look.kind)
  expect(look.info).toMatchObject({ format: 'mcap', whole: true, startMs: startedAtMs, problem: null })
  expect(look.info.facts).toContainEqual(['Robot', 'duckie01'])
  expect(look.info.facts).toContainEqual(['Library', 'dt-swarm lab (simulated)'])
  expect(look.info.topics).toHaveLength(7)
  expect(new Set(look.numbers.map(({ topic }) => topic)).size).toBeGreaterThan(4)
  const ticks = look.numbers.find(({ topic }) => topic.endsWith('left_wheel_encoder_node/tick'))?.points ?? []
  expect(ticks.at(-1)?.[1]).toBeGreaterThan(ticks[0]?.[1] ?? 0)
  expect(look.timeline?.topics).toHaveLength(7)
  expect(look.frames).toHaveLength(8)
  const at = look.frames[3]
  expect(await frame(source, at?.topic ?? '', at?.atMs ?? 0)).toMatchObject({ mediaType: 'image/png' })
})

test('a watchtower records what it sees, and no wheels', async () => {
  await drive(2, 20)
  const name = (await readdir(folder)).find((file) => file.endsWith('.mcap')) ?? ''
  const { messages } = await readMcap(join(folder, name))
  expect(new Set(messages.map(({ topic }) => topic))).toEqual(new Set(['/duckie01/camera_node/image/compressed']))
})

test('nothing shows as a recording before it is whole', async () => {
  const kind = kindOf(0)
  const log = await DriveLog.begin({ folder, robot: 'duckie01', kind, drive: 1, startedAtMs }, seeded(1))
  await log.record(newBody({ kind }, seeded(1)), startedAtMs)
  expect((await readdir(folder)).filter((name) => !name.startsWith('.')).every((name) => name.endsWith('.log'))).toBe(
    true,
  )
  await log.abandon()
  expect((await readdir(folder)).some((name) => name.endsWith('.mcap'))).toBe(false)
})

test('the camera makes pictures of the size that they say', () => {
  const png = Buffer.from(cameraImage(newBody({ kind: kindOf(0) }, seeded(3))))
  expect(png.subarray(1, 4).toString()).toBe('PNG')
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)]
  const length = png.readUInt32BE(33)
  expect(png.subarray(37, 41).toString()).toBe('IDAT')
  expect(inflateSync(png.subarray(41, 41 + length)).length).toBe((width * 3 + 1) * height)
})

test("the shelf lets a robot's oldest logs go, and leaves the files of others alone", async () => {
  const now = Date.now() / 1_000
  for (let n = 0; n < 6; n++) {
    const path = join(folder, `duckie01_drive00${n}_x.mcap`)
    await writeFile(path, Buffer.alloc(1_000))
    await utimes(path, now, now - 100 + n)
  }
  await writeFile(join(folder, 'notes.txt'), 'mine')
  await writeFile(join(folder, '.recording-duckie01_drive9.mcap'), 'half')
  const shelf = new LogShelf({ folder, robot: 'duckie01', maxFiles: 4, maxBytes: 2_500 })
  await shelf.prepare()
  expect(await shelf.tidy()).toBe(2_000)
  expect((await readdir(folder)).sort()).toEqual(['duckie01_drive004_x.mcap', 'duckie01_drive005_x.mcap', 'notes.txt'])
  expect((await stat(join(folder, 'notes.txt'))).size).toBe(4)
})
