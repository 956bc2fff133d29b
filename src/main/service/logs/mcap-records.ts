import { LogProblem } from './log-problem.ts'
import { maxPieceBytes, type RangeSource } from './range-source.ts'
import type { MessageForm, RecordedChannel, WrittenChannel } from './recording.ts'

/** Records of an MCAP file (https://mcap.dev/spec): an opcode, a length, the content. All numbers are little-endian. */
export const mcapOp = {
  header: 0x01,
  footer: 0x02,
  schema: 0x03,
  channel: 0x04,
  message: 0x05,
  chunk: 0x06,
  messageIndex: 0x07,
  dataEnd: 0x0f,
} as const

export const mcapMagic = Uint8Array.of(0x89, 0x4d, 0x43, 0x41, 0x50, 0x30, 0x0d, 0x0a)
const mcapRecordHeadBytes = 9
/** Channel, sequence and two times before the data of a message. */
export const mcapMessageHeadBytes = 22

export interface PlacedMcapRecord {
  readonly op: number
  readonly at: number
  readonly dataAt: number
  readonly dataLength: number
  readonly end: number
}

export interface McapSchema {
  readonly name: string
  readonly encoding: string
  readonly data: Uint8Array
}

/**
 * The record at a place of the file, of which it has the head, but maybe not all of the content; null where it ends
 * before that. @throws LogProblem, EnoughRead
 */
export async function mcapHeadAt(source: RangeSource, at: number): Promise<PlacedMcapRecord | null> {
  if (at + mcapRecordHeadBytes > source.sizeBytes) return null
  const reader = new FieldReader(await source.read(at, mcapRecordHeadBytes))
  const op = reader.uint8()
  // The specification keeps 0 free: a hole in a file reads as zeros.
  if (op === 0) throw new LogProblem('there is nothing but zeros where a record should be')
  const dataLength = Number(reader.uint64())
  const dataAt = at + mcapRecordHeadBytes
  return { op, at, dataAt, dataLength, end: dataAt + dataLength }
}

/** The records of a chunk. Ends where one is cut off. */
export function* mcapRecordsIn(bytes: Uint8Array): Generator<{ readonly op: number; readonly data: Uint8Array }> {
  for (let at = 0; at + mcapRecordHeadBytes <= bytes.length;) {
    const reader = new FieldReader(bytes.subarray(at, at + mcapRecordHeadBytes))
    const op = reader.uint8()
    const length = reader.uint64()
    const dataAt = at + mcapRecordHeadBytes
    if (length > BigInt(bytes.length - dataAt)) return
    at = dataAt + Number(length)
    yield { op, data: bytes.subarray(dataAt, at) }
  }
}

/** The content of a record that is read as a whole. @throws LogProblem when it is too large */
export async function mcapContent(source: RangeSource, record: PlacedMcapRecord): Promise<Uint8Array> {
  if (record.dataLength > maxPieceBytes) throw new LogProblem('it says that a part of it is larger than 64 MiB')
  return source.read(record.dataAt, record.dataLength)
}

export function parseSchema(bytes: Uint8Array): readonly [number, McapSchema] {
  const reader = new FieldReader(bytes)
  const id = reader.uint16()
  return [id, { name: reader.text(), encoding: reader.text(), data: reader.bytes(reader.uint32()) }]
}

export function parseChannel(bytes: Uint8Array, schemas: ReadonlyMap<number, McapSchema>): RecordedChannel {
  const reader = new FieldReader(bytes)
  const [id, schema] = [reader.uint16(), schemas.get(reader.uint16())]
  const [topic, messageEncoding] = [reader.text(), reader.text()]
  return mcapChannel({ id, topic, messageEncoding, metadata: reader.map() }, schema)
}

export function mcapChannel(
  channel: Pick<WrittenChannel, 'messageEncoding' | 'metadata'> & Pick<RecordedChannel, 'id' | 'topic'>,
  schema: McapSchema | undefined,
): RecordedChannel {
  const { id, topic, messageEncoding, metadata } = channel
  const written = { messageEncoding, metadata, schema }
  return { id, topic, type: schema?.name ?? '', form: formOf(messageEncoding, schema), written }
}

/** By the well-known encodings (https://mcap.dev/spec/registry). */
function formOf(messageEncoding: string, schema: McapSchema | undefined): MessageForm {
  if (messageEncoding === 'json') return { kind: 'json', definition: '' }
  const [encoding, definition] = [schema?.encoding, Buffer.from(schema?.data ?? []).toString()]
  if (messageEncoding === 'ros1' && encoding === 'ros1msg') return { kind: 'ros1', definition }
  if (messageEncoding === 'cdr' && encoding === 'ros2msg') return { kind: 'ros2', definition }
  return { kind: 'other', definition: '' }
}

/** Reads the fields of a record one after another. Each method @throws LogProblem past the end. */
export class FieldReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get at(): number {
    return this.#at
  }

  uint8(): number {
    return this.#view.getUint8(this.#step(1))
  }

  uint16(): number {
    return this.#view.getUint16(this.#step(2), true)
  }

  uint32(): number {
    return this.#view.getUint32(this.#step(4), true)
  }

  uint64(): bigint {
    return this.#view.getBigUint64(this.#step(8), true)
  }

  /** Nanoseconds since the epoch. @returns ms */
  timeMs(): number {
    return nsToMs(this.uint64())
  }

  bytes(length: number): Uint8Array {
    const at = this.#step(length)
    return this.#bytes.subarray(at, at + length)
  }

  text(): string {
    return Buffer.from(this.bytes(this.uint32())).toString()
  }

  /** Names and words; the length before them is in bytes. */
  map(): ReadonlyMap<string, string> {
    const end = this.uint32() + this.#at
    const map = new Map<string, string>()
    while (this.#at < end) map.set(this.text(), this.text())
    return map
  }

  #step(length: number): number {
    const at = this.#at
    if (at + length > this.#bytes.length) throw new LogProblem('one of its records is too short')
    this.#at += length
    return at
  }
}

/** Of 64 bits; microseconds are kept. */
export function nsToMs(ns: bigint): number {
  return Number(ns / 1_000n) / 1_000
}
