import {
  bagFields,
  bagHeaderAt,
  bagOp,
  bagRecordsIn,
  bagTimeMs,
  fieldUint32,
  type BagRecord,
  type PlacedRecord,
} from './bag-records.ts'
import { bagChannel, chunkData, compressionOf, cutChunk } from './bag-chunk.ts'
import type { Decompress } from './decompress.ts'
import { LogProblem, stopped } from './log-problem.ts'
import type { RangeSource } from './range-source.ts'
import type { RecordedChannel, Stretch } from './recording.ts'

export interface Walked {
  readonly channels: Map<number, RecordedChannel>
  readonly stretches: readonly Stretch[]
  /** Why it ended before the file did; null: it did not. */
  readonly problem: string | null
}

/** A recorder makes a connection for each topic and writer: some hundred, never so many. */
const maxChannels = 100_000
/** Of the index of one chunk and connection only its ends are read. */
const indexEntryBytes = 12

/** Growing facts of a chunk, while the index records behind it are read. */
interface Open {
  readonly record: PlacedRecord
  readonly at: number
  readonly counts: Map<number, number>
  fromMs: number
  toMs: number
}

/**
 * Goes over a bag that has no index of its own, because its recorder was ended before it wrote one, from record to
 * record. What the chunks hold is told by the small indexes behind them, so only few chunks are unpacked: those with a
 * connection that was not seen before, and the last, which may lie there without its index.
 */
export async function walkBag(source: RangeSource, from: number, decompress: Decompress): Promise<Walked> {
  const channels = new Map<number, RecordedChannel>()
  const stretches: Stretch[] = []
  let problem: string | null = null
  let open: Open | null = null
  const close = async (): Promise<void> => {
    if (open === null) return
    const chunk = open
    open = null
    // The last indexes may be missing where the file is cut off.
    if (problem !== null) chunk.counts.clear()
    const unknown = [...chunk.counts.keys()].some((channel) => !channels.has(channel))
    if (chunk.counts.size === 0 || unknown) await look(source, chunk, channels, decompress)
    if (chunk.counts.size === 0) return
    stretches.push({
      at: chunk.at,
      length: chunk.record.end - chunk.at,
      fromMs: chunk.fromMs,
      toMs: chunk.toMs,
      counts: chunk.counts,
    })
  }
  try {
    for (let at = from; at < source.sizeBytes;) {
      const record = await bagHeaderAt(source, at)
      const cut = record?.op === bagOp.chunk ? cutChunk(source, record) : null
      if (record === null || cut !== null || record.end > source.sizeBytes) {
        if (cut !== null) {
          await close()
          if (compressionOf(cut) === 'none') open = openOf(cut, at)
        }
        problem = 'it is cut off'
        break
      }
      if (record.op === bagOp.chunk) {
        await close()
        open = openOf(record, at)
      } else if (record.op === bagOp.index && open !== null) await addIndex(source, record, open)
      else if (record.op === bagOp.connection) {
        addChannel(channels, record, await source.read(record.dataAt, record.dataLength))
      }
      at = record.end
    }
  } catch (error) {
    problem = stopped(error)
  }
  try {
    await close()
  } catch (error) {
    problem ??= stopped(error)
  }
  return { channels, stretches, problem }
}

function openOf(record: PlacedRecord, at: number): Open {
  return { record, at, counts: new Map(), fromMs: Infinity, toMs: -Infinity }
}

async function addIndex(source: RangeSource, record: PlacedRecord, open: Open): Promise<void> {
  const count = Math.min(fieldUint32(record, 'count'), Math.floor(record.dataLength / indexEntryBytes))
  if (count === 0) return
  const channel = fieldUint32(record, 'conn')
  open.counts.set(channel, (open.counts.get(channel) ?? 0) + count)
  const last = record.dataAt + (count - 1) * indexEntryBytes
  for (const at of [record.dataAt, last]) {
    const timeMs = bagTimeMs(await source.read(at, 8))
    open.fromMs = Math.min(open.fromMs, timeMs)
    open.toMs = Math.max(open.toMs, timeMs)
  }
}

/** Unpacks a chunk for its connections and, if no index told of them, its messages. */
async function look(
  source: RangeSource,
  open: Open,
  channels: Map<number, RecordedChannel>,
  decompress: Decompress,
): Promise<void> {
  const count = open.counts.size === 0
  for (const record of bagRecordsIn(await chunkData(source, open.record, decompress))) {
    if (record.op === bagOp.connection) addChannel(channels, record, record.data)
    if (!count || record.op !== bagOp.message) continue
    const channel = fieldUint32(record, 'conn')
    const timeMs = bagTimeMs(record.fields.get('time') ?? new Uint8Array(0))
    open.counts.set(channel, (open.counts.get(channel) ?? 0) + 1)
    open.fromMs = Math.min(open.fromMs, timeMs)
    open.toMs = Math.max(open.toMs, timeMs)
  }
}

function addChannel(channels: Map<number, RecordedChannel>, record: BagRecord, data: Uint8Array): void {
  if (channels.size >= maxChannels) throw new LogProblem('it has more than 100,000 connections')
  const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? new Uint8Array(0)).toString()
  const about = bagFields(data)
  const id = fieldUint32(record, 'conn')
  const topic = text(record.fields.get('topic')) || text(about.get('topic'))
  channels.set(id, bagChannel(id, topic, text(about.get('type')), text(about.get('message_definition'))))
}
