import { McapWriter } from '@mcap/core'
import * as zlib from 'node:zlib'
import type { Decompress } from './decompress.ts'
import { EnoughRead, problemOf } from './log-problem.ts'
import { openMcap } from './mcap.ts'
import { chunkHead, chunkRecords } from './mcap-chunk.ts'
import { mcapEnds, type McapEndsInit } from './mcap-ends.ts'
import { FieldReader, mcapHeadAt, mcapMessageHeadBytes, mcapOp, mcapRecordsIn } from './mcap-records.ts'
import type { RangeSource } from './range-source.ts'
import type { Recording, Stretch } from './recording.ts'

export interface McapTailInit extends Pick<McapEndsInit, 'beginningBytes'> {
  /** How far back from its last message. */
  readonly backMs: number
  /** Messages of the time just before the last one that are left out. Default: none. */
  readonly skipMs?: number
  readonly maxBytes: number
  /** Written beside the messages, by the name "flight-recorder". */
  readonly about: ReadonlyMap<string, string>
  readonly write: (bytes: Uint8Array) => Promise<void>
}

export interface McapTail {
  readonly messages: number
  readonly startMs: number | null
  readonly endMs: number | null
  /** What is missing of the stretch, as the end of a sentence; null: nothing is. */
  readonly problem: string | null
}

/** Node has it since 22.15; an older one writes without. */
const zstd: typeof zlib.zstdCompressSync | undefined = zlib.zstdCompressSync
const chunkBytes = 1_024 * 1_024

/**
 * Writes the last minutes of an MCAP file as an MCAP file of their own, by the times of its own messages. It may be being
 * written, or cut off; a chunk that cannot be unpacked is left out. Times, numbers and definitions of the messages stay
 * as they are. @throws LogProblem when it cannot be read, EnoughRead, what `write` throws
 */
export async function mcapTail(source: RangeSource, decompress: Decompress, init: McapTailInit): Promise<McapTail> {
  try {
    return await tailOf(source, decompress, init)
  } catch (error) {
    throw error instanceof WriteFailed ? error.cause : error
  }
}

async function tailOf(source: RangeSource, decompress: Decompress, init: McapTailInit): Promise<McapTail> {
  const { maxBytes, beginningBytes } = init
  const ends = { endBytes: maxBytes, ...(beginningBytes === undefined ? {} : { beginningBytes }) }
  const recording = await openMcap(source, decompress, () => mcapEnds(source, decompress, ends))
  const endMs = recording.endMs ?? 0
  const [fromMs, toMs] = [endMs - init.backMs, endMs - (init.skipMs ?? 0)]
  const { stretches, tooMany } = chosen(recording, [fromMs, toMs], init.maxBytes)
  const copy = await Copy.begin(recording, init)
  let broken: string | null = tooMany ? `it grew by more than ${Math.round(init.maxBytes / 1e6)} MB in that time` : null
  for (const stretch of stretches) {
    try {
      await copy.add(await recordsOf(source, stretch, decompress), [fromMs, toMs])
    } catch (error) {
      if (error instanceof WriteFailed) throw error
      broken ??= problemOf(error)
      if (error instanceof EnoughRead) break
    }
  }
  const { undefinedChannels, ...told } = await copy.end()
  if (undefinedChannels > 0) broken ??= `${undefinedChannels} of its channels are defined where it was not looked at`
  return { ...told, problem: broken }
}

/** Those that reach into the time, from the last one back as far as there is room for them. */
function chosen(
  { stretches }: Recording,
  [startMs, endMs]: readonly [number, number],
  maxBytes: number,
): { readonly stretches: readonly Stretch[]; readonly tooMany: boolean } {
  const within = stretches.filter(({ fromMs, toMs }) => toMs >= startMs && fromMs <= endMs)
  let bytes = 0
  const first = within.findLastIndex(({ length }) => (bytes += length) > maxBytes) + 1
  return { stretches: within.slice(first), tooMany: first > 0 }
}

/** The records of a chunk, or of a piece of a file without chunks. */
async function recordsOf(source: RangeSource, stretch: Stretch, decompress: Decompress): Promise<Uint8Array> {
  const first = await mcapHeadAt(source, stretch.at)
  if (first?.op !== mcapOp.chunk) return source.read(stretch.at, stretch.length)
  return chunkRecords(source, await chunkHead(source, first), decompress)
}

class WriteFailed extends Error {
  override readonly name = 'WriteFailed'
}

/** The new file. A channel is written with its first message. */
class Copy {
  readonly #writer: McapWriter
  readonly #channels: Recording['channels']
  readonly #ids = new Map<number, number>()
  readonly #undefined = new Set<number>()
  #messages = 0
  #startMs = Infinity
  #endMs = -Infinity

  private constructor(writer: McapWriter, channels: Recording['channels']) {
    this.#writer = writer
    this.#channels = channels
  }

  static async begin({ channels, facts }: Recording, { about, write }: McapTailInit): Promise<Copy> {
    let position = 0n
    const writer = new McapWriter({
      writable: {
        write: async (bytes) => {
          await write(bytes).catch((cause: unknown) => {
            throw new WriteFailed('the tail of a log cannot be written', { cause })
          })
          position += BigInt(bytes.length)
        },
        position: () => position,
      },
      chunkSize: chunkBytes,
      ...(zstd === undefined
        ? {}
        : { compressChunk: (chunk: Uint8Array) => ({ compression: 'zstd', compressedData: zstd(chunk) }) }),
    })
    const fact = (name: string): string => facts.find(([one]) => one === name)?.[1] ?? ''
    await writer.start({ profile: fact('Profile'), library: 'dt-swarm flight recorder' })
    const robot = about.get('robot') ?? fact('Robot')
    if (robot !== '') await writer.addMetadata({ name: 'robot', metadata: new Map([['name', robot]]) })
    await writer.addMetadata({ name: 'flight-recorder', metadata: new Map(about) })
    return new Copy(writer, channels)
  }

  async add(records: Uint8Array, [fromMs, toMs]: readonly [number, number]): Promise<void> {
    for (const { op, data } of mcapRecordsIn(records)) {
      if (op !== mcapOp.message || data.length < mcapMessageHeadBytes) continue
      const reader = new FieldReader(data)
      const [channel, sequence, logTime, publishTime] = [
        reader.uint16(),
        reader.uint32(),
        reader.uint64(),
        reader.uint64(),
      ]
      const atMs = Number(logTime / 1_000n) / 1_000
      const channelId = atMs < fromMs || atMs > toMs ? undefined : await this.#channel(channel)
      if (channelId === undefined) continue
      await this.#writer.addMessage({
        channelId,
        sequence,
        logTime,
        publishTime,
        data: data.subarray(mcapMessageHeadBytes),
      })
      this.#messages += 1
      this.#startMs = Math.min(this.#startMs, atMs)
      this.#endMs = Math.max(this.#endMs, atMs)
    }
  }

  async end(): Promise<Omit<McapTail, 'problem'> & { readonly undefinedChannels: number }> {
    await this.#writer.end()
    const any = this.#messages > 0
    return {
      messages: this.#messages,
      undefinedChannels: this.#undefined.size,
      startMs: any ? this.#startMs : null,
      endMs: any ? this.#endMs : null,
    }
  }

  /** Undefined for one that the file does not define. */
  async #channel(id: number): Promise<number | undefined> {
    const known = this.#ids.get(id)
    const channel = this.#channels.get(id)
    if (known !== undefined) return known
    if (channel?.written === undefined) {
      this.#undefined.add(id)
      return undefined
    }
    const { messageEncoding, metadata, schema } = channel.written
    const schemaId = schema === undefined ? 0 : await this.#writer.registerSchema({ ...schema })
    const written = await this.#writer.registerChannel({
      schemaId,
      topic: channel.topic,
      messageEncoding,
      metadata: new Map(metadata),
    })
    this.#ids.set(id, written)
    return written
  }
}
