import type { Decompress } from './decompress.ts'
import { EnoughRead, LogProblem } from './log-problem.ts'
import { mcapMagic, mcapOp } from './mcap-records.ts'
import { McapWalk, type WalkedMcap } from './mcap-walk.ts'
import type { RangeSource } from './range-source.ts'

export interface McapEndsInit {
  /** How much of its end counts. */
  readonly endBytes: number
  /** Read of its beginning at most. Default 64 MiB: going over a file takes about a tenth of its size. */
  readonly beginningBytes?: number
}

const defaultBeginningBytes = 64 * 1_024 * 1_024
const pieceBytes = 1_024 * 1_024

/**
 * Goes over an MCAP file without a summary. Of one that is too large for that it goes over the beginning, where recorders
 * define their channels, and then from a chunk near the end on; what lies between is passed over.
 */
export async function mcapEnds(source: RangeSource, decompress: Decompress, init: McapEndsInit): Promise<WalkedMcap> {
  const limited = new LimitedSource(source, init.beginningBytes ?? defaultBeginningBytes)
  const walk = new McapWalk(limited, decompress)
  const beginning = await walk.run(mcapMagic.length)
  if (!limited.isSpent) return beginning
  limited.lift()
  const at = await nextChunk(source, Math.max(mcapMagic.length, source.sizeBytes - init.endBytes))
  if (at === null) throw new LogProblem('it is too large to be gone over, and at its end there is no chunk')
  return walk.run(at)
}

/** Throws `EnoughRead` once more than so much was read, until that is lifted. */
class LimitedSource implements RangeSource {
  readonly #source: RangeSource
  #maxBytes: number
  isSpent = false

  constructor(source: RangeSource, maxBytes: number) {
    this.#source = source
    this.#maxBytes = source.readBytes + maxBytes
  }

  get sizeBytes(): number {
    return this.#source.sizeBytes
  }

  get readBytes(): number {
    return this.#source.readBytes
  }

  lift(): void {
    this.#maxBytes = Infinity
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    if (this.readBytes > this.#maxBytes) {
      this.isSpent = true
      throw new EnoughRead('its beginning was looked at')
    }
    return this.#source.read(offset, length)
  }
}

/** Where the first chunk at or after a place begins; null: there is none. */
async function nextChunk(source: RangeSource, from: number): Promise<number | null> {
  for (let at = from; at < source.sizeBytes; at += pieceBytes) {
    // The head of a chunk may lie over the edge of a piece.
    const length = Math.min(pieceBytes + maxHeadBytes, source.sizeBytes - at)
    const bytes = await source.read(at, length)
    const found = chunkIn(bytes)
    if (found !== null) return at + found
  }
  return null
}

/** Opcode, length, two times, size, checksum, name of the compression, length of the records. */
const maxHeadBytes = 1 + 8 + 8 + 8 + 8 + 4 + 4 + 4 + 8
const compressions = new Set(['', 'lz4', 'zstd'])

/** A chunk says its length twice, which must agree to the byte: nothing else that looks like one does. */
function chunkIn(bytes: Uint8Array): number | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const last = bytes.length - maxHeadBytes
  for (let at = bytes.indexOf(mcapOp.chunk); at >= 0 && at <= last; at = bytes.indexOf(mcapOp.chunk, at + 1)) {
    const nameLength = view.getUint32(at + 37, true)
    if (nameLength > 4) continue
    const name = Buffer.from(bytes.subarray(at + 41, at + 41 + nameLength)).toString('latin1')
    if (!compressions.has(name)) continue
    const length = view.getBigUint64(at + 1, true)
    const recordsLength = view.getBigUint64(at + 41 + nameLength, true)
    if (recordsLength > 0n && length === BigInt(40 + nameLength) + recordsLength) return at
  }
  return null
}
