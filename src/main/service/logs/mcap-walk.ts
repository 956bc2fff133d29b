import type { Decompress } from './decompress.ts'
import { stopped } from './log-problem.ts'
import { chunkHead, chunkRecords, messageHead, type ChunkHead } from './mcap-chunk.ts'
import {
  FieldReader,
  mcapContent,
  mcapHeadAt,
  mcapMessageHeadBytes,
  mcapOp,
  mcapRecordsIn,
  parseChannel,
  parseSchema,
  type McapSchema,
  type PlacedMcapRecord,
} from './mcap-records.ts'
import type { RangeSource } from './range-source.ts'
import type { RecordedChannel, Stretch } from './recording.ts'

export interface WalkedMcap {
  readonly channels: ReadonlyMap<number, RecordedChannel>
  readonly stretches: readonly Stretch[]
  readonly compression: string | null
  /** Why it ended before the end of the messages; null: it did not. */
  readonly problem: string | null
}

/** Messages without chunks are taken together up to here. */
const looseBytes = 1_024 * 1_024

interface Open {
  readonly at: number
  end: number
  readonly head: ChunkHead | null
  readonly counts: Map<number, number>
  fromMs: number
  toMs: number
}

/**
 * Goes over an MCAP file without a summary, because its recorder was ended before it wrote one, from record to record.
 * What the chunks hold is told by the small indexes behind them, so only few chunks are unpacked: those with a channel
 * that was not seen before, and those that no index follows.
 */
export class McapWalk {
  readonly #source: RangeSource
  readonly #decompress: Decompress
  readonly #schemas = new Map<number, McapSchema>()
  readonly #channels = new Map<number, RecordedChannel>()
  readonly #stretches: Stretch[] = []
  #open: Open | null = null
  #compression: string | null = null

  constructor(source: RangeSource, decompress: Decompress) {
    this.#source = source
    this.#decompress = decompress
  }

  async run(from: number): Promise<WalkedMcap> {
    let problem: string | null = 'it is cut off'
    try {
      for (let at = from; ;) {
        const record = await mcapHeadAt(this.#source, at)
        if (record === null) break
        if (record.end > this.#source.sizeBytes) {
          if (record.op === mcapOp.chunk) await this.#take(record)
          break
        }
        if (record.op === mcapOp.dataEnd || record.op === mcapOp.footer) {
          problem = null
          break
        }
        await this.#take(record)
        at = record.end
      }
    } catch (error) {
      problem = stopped(error)
    }
    try {
      // The last indexes may be missing where the file is cut off.
      if (problem !== null && this.#open?.head !== null) this.#open?.counts.clear()
      await this.#close()
    } catch (error) {
      problem ??= stopped(error)
    }
    return { channels: this.#channels, stretches: this.#stretches, compression: this.#compression, problem }
  }

  async #take(record: PlacedMcapRecord): Promise<void> {
    switch (record.op) {
      case mcapOp.schema:
      case mcapOp.channel:
        return this.#define(record.op, await mcapContent(this.#source, record))
      case mcapOp.chunk: {
        await this.#close()
        const head = await chunkHead(this.#source, record)
        this.#compression ??= head.compression
        const { fromMs, toMs } = head
        this.#open = { at: record.at, end: record.end, head, counts: new Map(), fromMs, toMs }
        return
      }
      case mcapOp.messageIndex:
        return this.#count(record)
      case mcapOp.message:
        return this.#loose(record)
      default:
    }
  }

  #define(op: number, bytes: Uint8Array): void {
    if (op === mcapOp.schema) this.#schemas.set(...parseSchema(bytes))
    if (op !== mcapOp.channel) return
    const channel = parseChannel(bytes, this.#schemas)
    this.#channels.set(channel.id, channel)
  }

  /** A message index: its channel, and a time and a place (16 bytes) for each message. */
  async #count(record: PlacedMcapRecord): Promise<void> {
    if (this.#open === null || this.#open.head === null) return
    const reader = new FieldReader(await this.#source.read(record.dataAt, Math.min(record.dataLength, 6)))
    const channel = reader.uint16()
    const count = Math.floor(Math.min(reader.uint32(), record.dataLength - 6) / 16)
    if (count > 0) this.#open.counts.set(channel, (this.#open.counts.get(channel) ?? 0) + count)
  }

  async #loose(record: PlacedMcapRecord): Promise<void> {
    if (record.dataLength < mcapMessageHeadBytes) return
    const { channel, timeMs } = messageHead(await this.#source.read(record.dataAt, mcapMessageHeadBytes))
    if (this.#open !== null && (this.#open.head !== null || record.end - this.#open.at > looseBytes))
      await this.#close()
    const open = (this.#open ??= {
      at: record.at,
      end: record.end,
      head: null,
      counts: new Map(),
      fromMs: timeMs,
      toMs: timeMs,
    })
    open.end = record.end
    open.fromMs = Math.min(open.fromMs, timeMs)
    open.toMs = Math.max(open.toMs, timeMs)
    open.counts.set(channel, (open.counts.get(channel) ?? 0) + 1)
  }

  async #close(): Promise<void> {
    const open = this.#open
    this.#open = null
    if (open === null) return
    const unknown = [...open.counts.keys()].some((channel) => !this.#channels.has(channel))
    if (open.head !== null && (unknown || open.counts.size === 0)) await this.#unpack(open, open.head)
    if (open.counts.size === 0) return
    const { at, end, fromMs, toMs, counts } = open
    this.#stretches.push({ at, length: end - at, fromMs, toMs, counts })
  }

  async #unpack(open: Open, head: ChunkHead): Promise<void> {
    const count = open.counts.size === 0
    // A chunk that is cut off says when it would have ended.
    if (count) [open.fromMs, open.toMs] = [Infinity, -Infinity]
    for (const { op, data } of mcapRecordsIn(await chunkRecords(this.#source, head, this.#decompress))) {
      this.#define(op, data)
      if (!count || op !== mcapOp.message || data.length < mcapMessageHeadBytes) continue
      const { channel, timeMs } = messageHead(data)
      open.counts.set(channel, (open.counts.get(channel) ?? 0) + 1)
      open.fromMs = Math.min(open.fromMs, timeMs)
      open.toMs = Math.max(open.toMs, timeMs)
    }
  }
}
