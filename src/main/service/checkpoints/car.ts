import { CID } from 'multiformats/cid'
import { SwarmError } from '../../../shared/errors.ts'
import { decodeCbor, encodeCbor, isMapValue, type CborValue } from '../../model/cbor.ts'
import { maxCheckpointBytes, maxRootBytes, type Block } from '../../model/checkpoint.ts'
import type { Load } from './tree.ts'

/**
 * CAR, version 1: https://ipld.io/specs/transport/car/carv1/ - a header and blocks, each with its length as a varint
 * before it. Read and written here, because the library's reader (@ipld/car) takes into memory whatever length a file
 * claims; tests hold the two against each other.
 */

/** A root with links to nothing else; those of other tools list more. */
const maxHeaderBytes = 4_096
/** The version, two codes, the length and 32 bytes, with room for what other tools write. */
const maxCidBytes = 128
/** Root and index blocks are the largest. */
const maxSectionBytes = maxRootBytes + maxCidBytes
/** Chunks, and for each its CID and length; root and index. */
const maxCarBytes = maxCheckpointBytes + 64 * 1_024 * 1_024

/** The blocks of a checkpoint as a CAR file, its root first: whoever reads it knows at once what is to come. */
export async function* writeCar(root: CID, cids: readonly CID[], load: Load): AsyncGenerator<Uint8Array, undefined> {
  const header = encodeCbor({ version: 1, roots: [root] })
  yield Buffer.concat([varint(header.length), header])
  for (const cid of cids) {
    const bytes = await load(cid)
    yield Buffer.concat([varint(cid.bytes.length + bytes.length), cid.bytes, bytes])
  }
}

export function carBytes(root: CID, blocks: readonly { readonly cid: CID; readonly bytes: number }[]): number {
  const header = encodeCbor({ version: 1, roots: [root] }).length
  return blocks.reduce(
    (sum, { cid, bytes }) => sum + varint(cid.bytes.length + bytes).length + cid.bytes.length + bytes,
    varint(header).length + header,
  )
}

/**
 * Reads a CAR file block by block, never holding more than one. That a block is what its CID says is for the caller.
 * The root that the header names is what the generator's first block must be, as in every file that is written in order.
 * @throws SwarmError INVALID_INPUT for what is no CAR file, TOO_LARGE for one that is larger than a checkpoint may be
 */
export async function* readCar(source: AsyncIterable<Uint8Array>): AsyncGenerator<Block, undefined> {
  const reader = new Reader(source)
  const header = await reader.section(maxHeaderBytes)
  const root = header === null ? null : rootOf(header)
  if (root === null) throw notCar('it does not begin with the header of a CAR file of version 1 with one root')
  let isFirst = true
  for (let section = await reader.section(maxSectionBytes); section !== null;) {
    const block = blockOf(section)
    if (isFirst && !block.cid.equals(root)) throw notCar('its first block is not its root')
    isFirst = false
    yield block
    section = await reader.section(maxSectionBytes)
  }
  if (isFirst) throw notCar('it holds no blocks')
}

function rootOf(header: Uint8Array): CID | null {
  const decoded = decodeCbor(header)
  if (decoded.kind !== 'ok' || !isMapValue(decoded.value) || decoded.value['version'] !== 1) return null
  const { roots } = decoded.value
  const [root] = Array.isArray(roots) && roots.length === 1 ? (roots as readonly CborValue[]) : []
  return root instanceof Object ? CID.asCID(root) : null
}

function blockOf(section: Uint8Array): Block {
  try {
    const [cid, bytes] = CID.decodeFirst(section)
    return { cid, bytes }
  } catch (error) {
    throw notCar('a block in it has no CID', error)
  }
}

/** Hands out sections of a stream; memory is one section and one chunk of the stream. */
class Reader {
  readonly #source: AsyncIterator<Uint8Array>
  #rest: Buffer = Buffer.alloc(0)
  #total = 0

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  /** A length and so many bytes; null at the end. */
  async section(maxBytes: number): Promise<Uint8Array | null> {
    const length = await this.#varint()
    if (length === null) return null
    if (length < 1 || length > maxBytes) throw notCar(`it claims a section of ${length} bytes`)
    return this.#take(length)
  }

  async #varint(): Promise<number | null> {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      if (this.#rest.length === 0 && !(await this.#more())) {
        if (shift === 0) return null
        throw notCar('it is cut short')
      }
      const byte = this.#rest[0] ?? 0
      this.#rest = this.#rest.subarray(1)
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    throw notCar('a length in it has no end')
  }

  async #take(length: number): Promise<Uint8Array> {
    const parts: Buffer[] = []
    for (let missing = length; missing > 0;) {
      if (this.#rest.length === 0 && !(await this.#more())) throw notCar('it is cut short')
      const part = this.#rest.subarray(0, missing)
      parts.push(part)
      this.#rest = this.#rest.subarray(part.length)
      missing -= part.length
    }
    // A copy of its own: the stream may use its buffer again.
    return Uint8Array.from(Buffer.concat(parts))
  }

  async #more(): Promise<boolean> {
    for (;;) {
      const next = await this.#source.next()
      if (next.done === true) return false
      this.#total += next.value.length
      if (this.#total > maxCarBytes) {
        throw new SwarmError('TOO_LARGE', `The file is larger than a checkpoint may be (${maxCarBytes} bytes).`)
      }
      if (next.value.length === 0) continue
      this.#rest = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.length)
      return true
    }
  }
}

function notCar(why: string, cause?: unknown): SwarmError {
  return new SwarmError(
    'INVALID_INPUT',
    `This is not the file of a checkpoint: ${why}. "dt-swarm checkpoint export" writes one.`,
    { cause },
  )
}

/** Unsigned LEB128, as multiformats has it. */
function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest & 0x7f) | 0x80)
  return Uint8Array.of(...bytes, rest)
}
