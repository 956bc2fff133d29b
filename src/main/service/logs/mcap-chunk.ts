import type { Decompress } from './decompress.ts'
import { LogProblem } from './log-problem.ts'
import {
  FieldReader,
  mcapHeadAt,
  mcapMessageHeadBytes,
  mcapOp,
  mcapRecordsIn,
  type PlacedMcapRecord,
} from './mcap-records.ts'
import type { RangeSource } from './range-source.ts'
import type { RecordedMessage, Stretch } from './recording.ts'

/** Times, sizes and compression before the records of a chunk; a name of the compression longer than this is none. */
const maxChunkHeadBytes = 128

export interface ChunkHead {
  readonly fromMs: number
  readonly toMs: number
  readonly sizeBytes: number
  readonly compression: string
  readonly recordsAt: number
  readonly recordsLength: number
}

/** @throws LogProblem, EnoughRead */
export async function chunkHead(source: RangeSource, chunk: PlacedMcapRecord): Promise<ChunkHead> {
  const there = Math.min(chunk.dataLength, source.sizeBytes - chunk.dataAt)
  const reader = new FieldReader(await source.read(chunk.dataAt, Math.min(there, maxChunkHeadBytes)))
  const [fromMs, toMs, size] = [reader.timeMs(), reader.timeMs(), reader.uint64()]
  reader.uint32()
  const compression = reader.text()
  const length = Number(reader.uint64())
  if (length > chunk.dataLength - reader.at) throw new LogProblem('a chunk of it is longer than it says')
  return {
    fromMs,
    toMs,
    sizeBytes: Number(size),
    compression,
    recordsAt: chunk.dataAt + reader.at,
    // Of a chunk that is cut off, and not packed, there is something to be read.
    recordsLength: compression === '' ? Math.min(length, there - reader.at) : length,
  }
}

/** The records of a chunk, unpacked. @throws LogProblem, EnoughRead */
export async function chunkRecords(source: RangeSource, head: ChunkHead, decompress: Decompress): Promise<Uint8Array> {
  return decompress(head.compression, await source.read(head.recordsAt, head.recordsLength), head.sizeBytes)
}

/** The messages of a chunk, or of a piece of a file without chunks. @throws LogProblem, EnoughRead */
export async function mcapMessages(
  source: RangeSource,
  stretch: Stretch,
  decompress: Decompress,
): Promise<Iterable<RecordedMessage>> {
  const first = await mcapHeadAt(source, stretch.at)
  if (first?.op === mcapOp.message) return messagesIn(await source.read(stretch.at, stretch.length))
  if (first?.op !== mcapOp.chunk) throw new LogProblem('its index points to where no messages are')
  return messagesIn(await chunkRecords(source, await chunkHead(source, first), decompress))
}

export function* messagesIn(bytes: Uint8Array): Generator<RecordedMessage> {
  for (const { op, data } of mcapRecordsIn(bytes)) {
    if (op !== mcapOp.message || data.length < mcapMessageHeadBytes) continue
    yield { ...messageHead(data), data: data.subarray(mcapMessageHeadBytes) }
  }
}

export function messageHead(data: Uint8Array): { readonly channel: number; readonly timeMs: number } {
  const reader = new FieldReader(data)
  const channel = reader.uint16()
  reader.uint32()
  return { channel, timeMs: reader.timeMs() }
}
