import { McapIndexedReader } from '@mcap/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { loadDecompress } from './decompress.ts'
import { LogProblem } from './log-problem.ts'
import { inspect } from './looking.ts'
import { mcapTail, type McapTailInit } from './mcap-tail.ts'
import { json, madeStartMs, makeMcap, type MadeOptions, type MadeTopic } from './testing/make-mcap.ts'
import { sourceOf } from './testing/memory-source.ts'

const imu: MadeTopic = { topic: '/duckie07/imu', type: 'sensor_msgs/Imu', message: (n) => json({ n, words: 'x' }) }
const battery: MadeTopic = { topic: '/duckie07/battery', type: 'sensor_msgs/BatteryState', every: 10, message: json }
const rare: MadeTopic = { topic: '/duckie07/rare', type: 'std_msgs/String', every: 1_000_000, message: json }

/** Ten messages a second for twenty minutes. */
const steps = 12_000
const lastMs = madeStartMs + (steps - 1) * 100
const backMs = 60_000
const about = new Map([['fault', 'temperature']])
const decompress = await loadDecompress()

async function tailOf(
  bytes: Uint8Array,
  change: Partial<Pick<McapTailInit, 'backMs' | 'skipMs' | 'maxBytes' | 'beginningBytes'>> = {},
) {
  const parts: Uint8Array[] = []
  const source = sourceOf(bytes)
  const tail = await mcapTail(source, decompress, {
    backMs,
    maxBytes: 64_000_000,
    about,
    write: async (part) => void parts.push(part.slice()),
    ...change,
  })
  return { ...tail, bytes: Buffer.concat(parts), readBytes: source.readBytes }
}

async function read(bytes: Uint8Array) {
  const readable = {
    size: async () => BigInt(bytes.length),
    read: async (offset: bigint, length: bigint) => bytes.subarray(Number(offset), Number(offset + length)),
  }
  const handler = (packed: Uint8Array, size: bigint): Uint8Array => decompress('zstd', packed, Number(size))
  const reader = await McapIndexedReader.Initialize({ readable, decompressHandlers: { zstd: handler } })
  const messages = []
  for await (const message of reader.readMessages()) messages.push(message)
  return { reader, messages }
}

const forms: readonly (readonly [string, Partial<MadeOptions>])[] = [
  ['with a summary', {}],
  ['packed', { zstd: true }],
  ['without chunks', { useChunks: false }],
  ['without a summary', { useSummary: false }],
]

it.each(forms)('the last minute of a file %s is a whole file of its own', async (_, form) => {
  const tail = await tailOf(await makeMcap([imu, battery, rare], { steps, ...form }))
  expect(tail).toMatchObject({ messages: 661, startMs: lastMs - backMs, endMs: lastMs, problem: null })
  const info = await inspect(sourceOf(tail.bytes), { name: 'x.mcap', mediaType: '' })
  expect(info).toMatchObject({ format: 'mcap', whole: true, messages: 661, startMs: lastMs - backMs, endMs: lastMs })
  expect(info.topics).toEqual([
    { name: '/duckie07/battery', type: 'sensor_msgs/BatteryState', count: 60 },
    { name: '/duckie07/imu', type: 'sensor_msgs/Imu', count: 601 },
  ])
  const { reader, messages } = await read(tail.bytes)
  expect(messages.at(-1)).toMatchObject({ sequence: steps - 1, logTime: BigInt(lastMs) * 1_000_000n })
  expect(JSON.parse(Buffer.from(messages.at(-1)?.data ?? []).toString())).toEqual({ n: steps - 1, words: 'x' })
  for await (const { name, metadata } of reader.readMetadata({ name: 'flight-recorder' })) {
    expect([name, metadata]).toEqual(['flight-recorder', about])
  }
})

it('messages of a later time are left out, and cost those before no room', async () => {
  const skipMs = 900_000
  const bytes = await makeMcap([imu, battery], { steps, chunkSize: 4_096 })
  const tail = await tailOf(bytes, { backMs: skipMs + backMs, skipMs, maxBytes: 100_000 })
  expect(tail).toMatchObject({
    messages: 661,
    startMs: lastMs - skipMs - backMs,
    endMs: lastMs - skipMs,
    problem: null,
  })
  expect(await tailOf(bytes, { backMs: 10 * skipMs, skipMs: 9 * skipMs })).toMatchObject({ messages: 0 })
})

it('of a file that is being written, what is there is taken, and little of it read', async () => {
  const whole = await makeMcap([imu, battery], { steps, useSummary: false, chunkSize: 16_384 })
  const cut = whole.subarray(0, Math.floor(whole.length * 0.9))
  const tail = await tailOf(cut)
  expect(tail.problem).toBeNull()
  expect(tail.messages).toBeGreaterThan(500)
  expect(tail.messages).toBeLessThanOrEqual(662)
  expect((await read(tail.bytes)).messages.length).toBe(tail.messages)
  expect((tail.endMs ?? 0) - (tail.startMs ?? 0)).toBeLessThanOrEqual(backMs)
})

it('of a large file without a summary the beginning and the end are looked at', async () => {
  for (const zstd of [false, true]) {
    const whole = await makeMcap([imu, battery], { steps, useSummary: false, chunkSize: 16_384, zstd })
    const cut = whole.subarray(0, Math.floor(whole.length * 0.95))
    const all = await tailOf(cut, { maxBytes: Math.floor(whole.length / 4) })
    const tail = await tailOf(cut, { maxBytes: Math.floor(whole.length / 4), beginningBytes: 50_000 })
    expect(tail).toMatchObject({ messages: all.messages, startMs: all.startMs, endMs: all.endMs, problem: null })
    expect((await read(tail.bytes)).messages.length).toBe(all.messages)
  }
  const loose = await makeMcap([imu], { steps, useSummary: false, useChunks: false })
  await expect(tailOf(loose, { maxBytes: 100_000, beginningBytes: 50_000 })).rejects.toThrow('too large')
})

it('a minute with more than may be taken loses its beginning, and it says so', async () => {
  const bytes = await makeMcap([imu], { steps, chunkSize: 4_096 })
  const tail = await tailOf(bytes, { maxBytes: 12_000 })
  expect(tail.problem).toContain('grew')
  expect(tail.endMs).toBe(lastMs)
  expect(tail.messages).toBeGreaterThan(0)
  expect(tail.messages).toBeLessThan(300)
})

it('what cannot be written is the error of the disk; what is no MCAP file is a problem of the file', async () => {
  const bytes = await makeMcap([imu], { steps: 100 })
  const full = new Error('no space')
  await expect(
    mcapTail(sourceOf(bytes), decompress, { backMs, maxBytes: 1_000_000, about, write: () => Promise.reject(full) }),
  ).rejects.toBe(full)
  await expect(tailOf(Buffer.from('no mcap at all'))).rejects.toBeInstanceOf(LogProblem)
})

it('damage anywhere gives a readable file, or a problem', async () => {
  const bytes = await makeMcap([imu, battery], { steps: 300, zstd: true, chunkSize: 2_048 })
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 8, max: bytes.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      async (at, by) => {
        const broken = Uint8Array.from(bytes)
        broken[at] = (broken[at] ?? 0) ^ by
        const tail = await tailOf(broken).catch((error: unknown) =>
          error instanceof LogProblem ? null : Promise.reject(error),
        )
        if (tail !== null) expect((await read(tail.bytes)).messages.length).toBe(tail.messages)
      },
    ),
    { numRuns: 100 },
  )
})
