import { McapWriter } from '@mcap/core'
import { zstdCompressSync } from 'node:zlib'

export interface MadeTopic {
  readonly topic: string
  readonly type: string
  readonly schemaEncoding?: string
  readonly schema?: string
  readonly messageEncoding?: string
  /** Bytes of the n-th message. */
  readonly message: (n: number) => Uint8Array
  /** One message every so many steps. */
  readonly every?: number
}

export interface MadeOptions {
  readonly steps: number
  readonly startMs?: number
  readonly stepMs?: number
  readonly chunkSize?: number
  readonly zstd?: boolean
  readonly useChunks?: boolean
  readonly useMessageIndex?: boolean
  readonly useSummary?: boolean
}

export const madeStartMs = Date.UTC(2030, 0, 2, 3, 4, 5)

/** An MCAP file as `@mcap/core` writes it. */
export async function makeMcap(topics: readonly MadeTopic[], options: MadeOptions): Promise<Uint8Array> {
  const { steps, startMs = madeStartMs, stepMs = 100, useSummary = true } = options
  const parts: Uint8Array[] = []
  let size = 0
  const writer = new McapWriter({
    writable: {
      write: async (bytes) => {
        parts.push(bytes.slice())
        size += bytes.length
      },
      position: () => BigInt(size),
    },
    chunkSize: options.chunkSize ?? 64 * 1_024,
    useChunks: options.useChunks ?? true,
    useMessageIndex: options.useMessageIndex ?? true,
    ...(useSummary
      ? {}
      : {
          useChunkIndex: false,
          useStatistics: false,
          useSummaryOffsets: false,
          repeatChannels: false,
          repeatSchemas: false,
        }),
    ...(options.zstd === true
      ? { compressChunk: (chunk: Uint8Array) => ({ compression: 'zstd', compressedData: zstdCompressSync(chunk) }) }
      : {}),
  })
  await writer.start({ profile: '', library: 'test' })
  const channels = []
  for (const topic of topics) {
    const schemaId = await writer.registerSchema({
      name: topic.type,
      encoding: topic.schemaEncoding ?? 'jsonschema',
      data: Buffer.from(topic.schema ?? '{}'),
    })
    const id = await writer.registerChannel({
      schemaId,
      topic: topic.topic,
      messageEncoding: topic.messageEncoding ?? 'json',
      metadata: new Map(),
    })
    channels.push({ id, topic })
  }
  await writer.addMetadata({ name: 'robot', metadata: new Map([['name', 'duckie07']]) })
  for (let step = 0; step < steps; step++) {
    const time = BigInt(Math.round((startMs + step * stepMs) * 1_000)) * 1_000n
    for (const { id, topic } of channels) {
      if (step % (topic.every ?? 1) !== 0) continue
      const data = topic.message(step / (topic.every ?? 1))
      await writer.addMessage({ channelId: id, sequence: step, logTime: time, publishTime: time, data })
    }
  }
  await writer.end()
  return Buffer.concat(parts)
}

/** A message in JSON. */
export function json(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value))
}
