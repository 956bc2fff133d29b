import { afterEach, expect, it, vi } from 'vitest'
import { SwarmError } from '../../../shared/errors.ts'
import { logPreviewSchema } from '../../../shared/log-views.ts'
import type { Cid } from '../../../shared/ids.ts'
import { FakeClock, systemClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { silentLog } from '../../base/log.ts'
import { LogReader, type LogReaderDeps, type LogReaderInit } from './log-reader.ts'
import { encodePng } from './png.ts'
import { json, madeStartMs, makeMcap } from './testing/make-mcap.ts'

const cid = 'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi' as Cid
let reader: LogReader
afterEach(() => reader.stop())

interface Reads {
  count: number
  bytes: number
  /** Signals of reads, to see that none stays. */
  readonly signals: AbortSignal[]
}

async function start(bytes: Uint8Array, more: Partial<LogReaderDeps> = {}, init: LogReaderInit = {}): Promise<Reads> {
  const reads: Reads = { count: 0, bytes: 0, signals: [] }
  reader = new LogReader(
    {
      clock: systemClock,
      counters: new Counters(),
      log: silentLog,
      stat: async () => ({ sizeBytes: bytes.length }),
      share: () => ({ name: 'drive.mcap', mediaType: 'application/octet-stream' }),
      async *content(_, { offset, length, signal }) {
        reads.count += 1
        reads.bytes += length
        reads.signals.push(signal)
        // In pieces, as blocks come.
        for (let at = offset; at < offset + length; at += 10_000) {
          yield bytes.slice(at, Math.min(at + 10_000, offset + length))
        }
      },
      ...more,
    },
    init,
  )
  await reader.start()
  return reads
}

const made = await makeMcap(
  [
    { topic: '/duckie07/imu', type: 'sensor_msgs/Imu', message: (n) => json({ rate: n, pad: 'x'.repeat(200) }) },
    {
      topic: '/duckie07/camera',
      type: 'foxglove.CompressedImage',
      every: 50,
      message: (n) => json({ data: Buffer.from(encodePng(1, 1, 1, Uint8Array.of(n))).toString('base64') }),
    },
  ],
  { steps: 10_000 },
)

it('a preview over pieces tells how little was read, fits the contract, and is made once', async () => {
  const reads = await start(made)
  const preview = await reader.preview(cid)
  expect(logPreviewSchema.parse(preview)).toEqual(preview)
  expect(preview).toMatchObject({ kind: 'messages', sizeBytes: made.length, info: { messages: 10_200, whole: true } })
  expect(preview.readBytes).toBe(reads.bytes)
  expect(reads.bytes).toBeLessThan(made.length / 2)
  const before = reads.count
  expect(await reader.preview(cid)).toEqual(preview)
  expect(reads.count).toBe(before)
  expect(reads.signals.every(({ aborted }) => aborted)).toBe(true)
})

it('the pictures that a preview names can be had', async () => {
  await start(made)
  const preview = await reader.preview(cid)
  if (preview.kind !== 'messages') throw new Error(preview.kind)
  expect(preview.frames.length).toBeGreaterThan(3)
  for (const { topic, atMs } of preview.frames.slice(0, 3)) {
    const frame = await reader.frame(cid, topic, atMs)
    expect(frame.mediaType).toBe('image/png')
    expect(Math.abs(frame.atMs - atMs)).toBeLessThan(10_000)
  }
  expect(await reader.frame(cid, '/duckie07/camera', madeStartMs + 500_000)).toMatchObject({
    atMs: madeStartMs + 500_000,
  })
  await expect(reader.frame(cid, '/duckie07/imu', madeStartMs)).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

/** Bytes of which not even the first come. */
function failing(next: () => Promise<never>): AsyncIterable<Uint8Array> {
  return { [Symbol.asyncIterator]: () => ({ next }) }
}

it('what the swarm cannot give is said as the service of files says it', async () => {
  const gone = new SwarmError('FETCH_FAILED', 'nobody who has it is there')
  await start(made, {
    content: () => failing(() => Promise.reject(gone)),
  })
  await expect(reader.preview(cid)).rejects.toBe(gone)
  await expect(reader.frame(cid, '/duckie07/camera', 0)).rejects.toBe(gone)
  await reader.stop()
  await start(made, { stat: () => Promise.reject(gone) })
  await expect(reader.preview(cid)).rejects.toBe(gone)
})

it('a provider that says nothing is given up on, a caller that goes is let go, and neither is kept', async () => {
  const hung: AbortSignal[] = []
  const silent: Partial<LogReaderDeps> = {
    content: (_, { signal }) =>
      failing(() => {
        hung.push(signal)
        return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
      }),
  }
  const clock = new FakeClock()
  await start(made, { ...silent, clock })
  const asked = (reads: number) => vi.waitFor(() => expect(hung).toHaveLength(reads), { timeout: 20_000 })
  const late = reader.preview(cid)
  const timed = asked(1).then(() => clock.advance(45_001))
  await expect(late).rejects.toMatchObject({ code: 'TIMEOUT' })
  await timed
  const stop = new AbortController()
  const left = reader.preview(cid, { signal: stop.signal })
  const gone = asked(2).then(() => stop.abort(new Error('gone')))
  await expect(left).rejects.toThrow('gone')
  await gone
  // Its thread is free at once for the next one: no second has passed on this clock.
  for (let next = 3; next < 6; next += 1) {
    const again = new AbortController()
    const other = reader.preview(cid, { signal: again.signal })
    const off = asked(next).then(() => again.abort(new Error('off')))
    await expect(other).rejects.toThrow('off')
    await off
  }
  expect(hung.every(({ aborted }) => aborted)).toBe(true)
})

it('a broken file is a preview that says so', async () => {
  await start(made.subarray(0, 300))
  expect(await reader.preview(cid)).toMatchObject({ info: { format: 'mcap', whole: false, problem: 'It is cut off.' } })
  await reader.stop()
  await start(Buffer.from('\x00\x01\x02', 'latin1'))
  expect(await reader.preview(cid)).toMatchObject({ kind: 'none', info: { format: 'other' } })
  await reader.stop()
  await start(Buffer.alloc(0))
  expect(await reader.preview(cid)).toMatchObject({ kind: 'none', sizeBytes: 0 })
})
