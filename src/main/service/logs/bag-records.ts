import { LogProblem } from './log-problem.ts'
import type { RangeSource } from './range-source.ts'

/**
 * Records of a ROS bag, version 2.0 (https://wiki.ros.org/Bags/Format/2.0): the length of a header, its fields
 * (length, "name=value"), the length of the data, the data. All numbers are little-endian.
 */
export interface BagRecord {
  readonly op: number
  readonly fields: ReadonlyMap<string, Uint8Array>
}

export interface PlacedRecord extends BagRecord {
  readonly dataAt: number
  readonly dataLength: number
  /** Where the next one begins. */
  readonly end: number
}

export const bagOp = { message: 2, header: 3, index: 4, chunk: 5, chunkInfo: 6, connection: 7 } as const

export const bagMagic = '#ROSBAG V2.0\n'

/** A header holds a topic and some numbers; the definition of a message lies in the data. */
const maxHeaderBytes = 64 * 1_024
const maxFields = 64

/** The record at a place of the file; null where the file ends before the record does. @throws LogProblem, EnoughRead */
export async function bagRecordAt(source: RangeSource, at: number): Promise<PlacedRecord | null> {
  const record = await bagHeaderAt(source, at)
  return record === null || record.end > source.sizeBytes ? null : record
}

/** The same of a record of which the file has the header, but maybe not all of the data. */
export async function bagHeaderAt(source: RangeSource, at: number): Promise<PlacedRecord | null> {
  if (at + 8 > source.sizeBytes) return null
  const headerLength = uint32(await source.read(at, 4), 0)
  if (headerLength > maxHeaderBytes) throw new LogProblem('one of its records has no sensible length')
  const dataAt = at + 8 + headerLength
  if (dataAt > source.sizeBytes) return null
  const head = await source.read(at + 4, headerLength + 4)
  const dataLength = uint32(head, headerLength)
  return { ...parseHeader(head.subarray(0, headerLength)), dataAt, dataLength, end: dataAt + dataLength }
}

/** The records of a chunk. Ends where one is cut off. @throws LogProblem when one cannot be read */
export function* bagRecordsIn(bytes: Uint8Array): Generator<BagRecord & { readonly data: Uint8Array }> {
  for (let at = 0; at + 8 <= bytes.length;) {
    const dataAt = at + 8 + uint32(bytes, at)
    if (dataAt > bytes.length) return
    const end = dataAt + uint32(bytes, dataAt - 4)
    if (end > bytes.length) return
    yield { ...parseHeader(bytes.subarray(at + 4, dataAt - 4)), data: bytes.subarray(dataAt, end) }
    at = end
  }
}

/** "name=value" fields, as in headers and in the data of connections. @throws LogProblem */
export function bagFields(bytes: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const fields = new Map<string, Uint8Array>()
  for (let at = 0; at + 4 <= bytes.length && fields.size < maxFields;) {
    const end = at + 4 + uint32(bytes, at)
    const field = bytes.subarray(at + 4, end)
    const equals = field.indexOf(0x3d)
    if (end > bytes.length || equals < 0) throw new LogProblem('one of its records has a header that cannot be read')
    fields.set(latin1(field.subarray(0, equals)), field.subarray(equals + 1))
    at = end
  }
  return fields
}

export function fieldUint32({ fields }: BagRecord, name: string): number {
  return uint32(fields.get(name) ?? new Uint8Array(0), 0)
}

/** A ROS time: seconds and nanoseconds. @returns ms since the epoch */
export function bagTimeMs(bytes: Uint8Array, at = 0): number {
  return uint32(bytes, at) * 1_000 + uint32(bytes, at + 4) / 1_000_000
}

export function uint32(bytes: Uint8Array, at: number): number {
  if (at + 4 > bytes.length) throw new LogProblem('one of its records is too short')
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at, true)
}

function parseHeader(bytes: Uint8Array): BagRecord {
  const fields = bagFields(bytes)
  const op = fields.get('op')?.[0]
  if (op === undefined) throw new LogProblem('one of its records does not say what it is')
  return { op, fields }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}
