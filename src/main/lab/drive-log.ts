import { McapWriter } from '@mcap/core'
import { open, rename, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import * as zlib from 'node:zlib'
import { dipNote, type BodyState } from './body.ts'
import { topicsOf, type DriveTopic } from './drive-topics.ts'
import type { RobotKind } from './kinds.ts'
import type { Random } from './random.ts'

export interface DriveLogInit {
  /** The share folder; it is there. */
  readonly folder: string
  readonly robot: string
  readonly kind: RobotKind
  readonly drive: number
  readonly startedAtMs: number
}

/** Recordings under way begin so: a dotfile is not shared. What a killed robot leaves behind is known by it. */
export const recordingPrefix = '.recording-'

/** Node has it since 22.15; an older one records without. */
const zstd: typeof zlib.zstdCompressSync | undefined = zlib.zstdCompressSync

/**
 * The two files of one drive: an MCAP recording, written aside and renamed when it is whole, and a text log that grows
 * where it lies, as a robot's own logs do. Calls must not overlap.
 */
export class DriveLog {
  readonly #init: DriveLogInit
  readonly #random: Random
  readonly #name: string
  readonly #mcapFile: FileHandle
  readonly #textFile: FileHandle
  readonly #writer: McapWriter
  readonly #channels: readonly { readonly id: number; readonly topic: DriveTopic }[]
  #steps = 0
  #textAtMs = -Infinity

  private constructor(
    init: DriveLogInit,
    random: Random,
    name: string,
    files: { readonly mcap: FileHandle; readonly text: FileHandle },
    writer: McapWriter,
    channels: readonly { readonly id: number; readonly topic: DriveTopic }[],
  ) {
    this.#init = init
    this.#random = random
    this.#name = name
    this.#mcapFile = files.mcap
    this.#textFile = files.text
    this.#writer = writer
    this.#channels = channels
  }

  /** Begins both files. @throws what the file system throws */
  static async begin(init: DriveLogInit, random: Random): Promise<DriveLog> {
    const { folder, robot, kind, drive, startedAtMs } = init
    const time = new Date(startedAtMs).toISOString().slice(0, 19).replaceAll(':', '-').replace('T', '_')
    const name = `${robot}_${kind.drives ? 'drive' : 'watch'}${String(drive).padStart(3, '0')}_${time}`
    const mcap = await open(join(folder, `${recordingPrefix}${name}.mcap`), 'w')
    const text = await open(join(folder, `${name}.log`), 'a')
    const writer = new McapWriter({
      writable: writableOf(mcap),
      // A few seconds: what a power cut may cost, and still large enough to pack well.
      chunkSize: 128 * 1_024,
      ...(zstd === undefined
        ? {}
        : { compressChunk: (chunk: Uint8Array) => ({ compression: 'zstd', compressedData: zstd(chunk) }) }),
    })
    await writer.start({ profile: '', library: 'dt-swarm lab (simulated)' })
    const channels = []
    for (const topic of topicsOf(kind)) {
      const schemaId = await writer.registerSchema({
        name: topic.schemaName,
        encoding: 'jsonschema',
        data: Buffer.from(JSON.stringify({ title: topic.schemaName, ...topic.schema })),
      })
      const id = await writer.registerChannel({
        schemaId,
        topic: `/${robot}/${topic.topic}`,
        messageEncoding: 'json',
        metadata: new Map([['simulated', 'true']]),
      })
      channels.push({ id, topic })
    }
    await writer.addMetadata({
      name: 'robot',
      metadata: new Map([['name', robot], ['simulated', 'true'], ...Object.entries(kind.facts)]),
    })
    const log = new DriveLog(init, random, name, { mcap, text }, writer, channels)
    await log.#say(startedAtMs, `simulated ${kind.facts.type} ${kind.facts.configuration}: recording ${drive} begins`)
    return log
  }

  /** Writes what the robot senses now. */
  async record(state: BodyState, atMs: number): Promise<void> {
    const time = BigInt(Math.trunc(atMs)) * 1_000_000n
    for (const { id, topic } of this.#channels) {
      if (this.#steps % topic.everySteps !== 0) continue
      await this.#writer.addMessage({
        channelId: id,
        sequence: Math.floor(this.#steps / topic.everySteps),
        logTime: time,
        publishTime: time,
        data: Buffer.from(JSON.stringify(topic.message(state, atMs, this.#random))),
      })
    }
    this.#steps++
    if (atMs - this.#textAtMs < 1_000) return
    this.#textAtMs = atMs
    if (state.dipMs > 0) await this.#say(atMs, `simulated fault: a wheel is blocked, ${dipNote}`)
    const { x, y, speed, batteryPercent, temperatureC } = state
    await this.#say(
      atMs,
      `x=${x.toFixed(2)} y=${y.toFixed(2)} v=${speed.toFixed(2)} battery=${batteryPercent.toFixed(1)} temperature=${temperatureC.toFixed(1)}`,
    )
  }

  /** Finishes both files. @returns the bytes that they hold */
  async end(atMs: number): Promise<number> {
    const { folder } = this.#init
    try {
      await this.#say(atMs, 'recording ends')
      await this.#writer.end()
      const bytes = (await this.#mcapFile.stat()).size + (await this.#textFile.stat()).size
      await this.#mcapFile.close()
      await rename(join(folder, `${recordingPrefix}${this.#name}.mcap`), join(folder, `${this.#name}.mcap`))
      return bytes
    } finally {
      await this.#close()
    }
  }

  /** Gives the recording up; the text log stays as far as it came. */
  async abandon(): Promise<void> {
    await this.#close()
    await rm(join(this.#init.folder, `${recordingPrefix}${this.#name}.mcap`), { force: true })
  }

  async #say(atMs: number, words: string): Promise<void> {
    await this.#textFile.write(`${new Date(atMs).toISOString()} [${this.#init.robot}] ${words}\n`)
  }

  async #close(): Promise<void> {
    // Closing a handle twice is an error; which of them are closed depends on where things failed.
    await this.#mcapFile.close().catch(() => {})
    await this.#textFile.close().catch(() => {})
  }
}

function writableOf(file: FileHandle): { write(bytes: Uint8Array): Promise<void>; position(): bigint } {
  let position = 0n
  return {
    write: async (bytes) => {
      // The writer reuses its buffer only after this resolves; a short write would leave a hole.
      for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at)).bytesWritten
      position += BigInt(bytes.length)
    },
    position: () => position,
  }
}
