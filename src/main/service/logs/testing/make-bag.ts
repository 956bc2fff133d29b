import { RosBytes } from './ros.ts'

export interface MadeConnection {
  readonly topic: string
  readonly type: string
  readonly definition: string
}

export interface MadeMessage {
  readonly conn: number
  readonly timeMs: number
  readonly data: Uint8Array
}

/** What a bag is made of, so that a test can cut it, or lie in it. */
export interface MadeBag {
  readonly bytes: Uint8Array
  /** Where each chunk begins. */
  readonly chunksAt: readonly number[]
  readonly indexAt: number
}

type Fields = Readonly<Record<string, Uint8Array | string | number | bigint>>

/** A ROS bag of version 2.0, not compressed, as `rosbag record` writes it. @param finished false: no index, as after a kill */
export function makeBag(
  connections: readonly MadeConnection[],
  chunks: readonly (readonly MadeMessage[])[],
  finished = true,
): MadeBag {
  const parts: Uint8Array[] = []
  let size = 0
  const add = (bytes: Uint8Array): void => {
    parts.push(bytes)
    size += bytes.length
  }
  add(Buffer.from('#ROSBAG V2.0\n'))
  add(bagHeader(0n, 0, 0))
  const chunksAt: number[] = []
  const infos: Uint8Array[] = []
  const seen = new Set<number>()
  for (const messages of chunks) {
    const at = size
    chunksAt.push(at)
    const inside: Uint8Array[] = []
    const places = new Map<number, { readonly timeMs: number; readonly offset: number }[]>()
    let offset = 0
    const put = (bytes: Uint8Array): void => {
      inside.push(bytes)
      offset += bytes.length
    }
    for (const { conn, timeMs, data } of messages) {
      if (!seen.has(conn)) put(connectionRecord(conn, connections[conn]))
      seen.add(conn)
      places.set(conn, [...(places.get(conn) ?? []), { timeMs, offset }])
      put(bagRecord({ op: Uint8Array.of(2), conn, time: bagTime(timeMs) }, data))
    }
    const data = Buffer.concat(inside)
    add(bagRecord({ op: Uint8Array.of(5), compression: 'none', size: data.length }, data))
    for (const [conn, entries] of places) {
      const index = new RosBytes()
      for (const { timeMs, offset: place } of entries) index.raw(bagTime(timeMs)).uint32(place)
      add(bagRecord({ op: Uint8Array.of(4), ver: 1, conn, count: entries.length }, index.done()))
    }
    const counts = new RosBytes()
    for (const [conn, entries] of places) counts.uint32(conn).uint32(entries.length)
    const times = messages.map(({ timeMs }) => timeMs)
    infos.push(
      bagRecord(
        {
          op: Uint8Array.of(6),
          ver: 1,
          chunk_pos: BigInt(at),
          start_time: bagTime(Math.min(...times)),
          end_time: bagTime(Math.max(...times)),
          count: places.size,
        },
        counts.done(),
      ),
    )
  }
  const indexAt = size
  if (finished) {
    for (const conn of seen) add(connectionRecord(conn, connections[conn]))
    for (const info of infos) add(info)
    parts[1] = bagHeader(BigInt(indexAt), seen.size, chunks.length)
  }
  return { bytes: Buffer.concat(parts), chunksAt, indexAt }
}

function bagRecord(fields: Fields, data: Uint8Array): Uint8Array {
  return new RosBytes().bytes(headerOf(fields)).bytes(data).done()
}

/** Padded to 4 KiB, so that its numbers can be written when the bag is done. */
function bagHeader(indexAt: bigint, connections: number, chunks: number): Uint8Array {
  const fields = { op: Uint8Array.of(3), index_pos: indexAt, conn_count: connections, chunk_count: chunks }
  return bagRecord(fields, Buffer.alloc(4_096 - 8 - headerOf(fields).length, 0x20))
}

function connectionRecord(conn: number, connection: MadeConnection | undefined): Uint8Array {
  const { topic = '', type = '', definition = '' } = connection ?? {}
  return bagRecord(
    { op: Uint8Array.of(7), conn, topic },
    headerOf({ topic, type, md5sum: '0'.repeat(32), message_definition: definition }),
  )
}

function headerOf(fields: Fields): Uint8Array {
  const header = new RosBytes()
  for (const [name, value] of Object.entries(fields)) {
    header.bytes(Buffer.concat([Buffer.from(`${name}=`), valueOf(value)]))
  }
  return header.done()
}

function valueOf(value: Fields[string]): Uint8Array {
  if (typeof value === 'string') return Buffer.from(value)
  if (typeof value === 'number') return new RosBytes().uint32(value).done()
  if (typeof value !== 'bigint') return value ?? new Uint8Array(0)
  const buffer = Buffer.alloc(8)
  buffer.writeBigUInt64LE(value)
  return buffer
}

function bagTime(timeMs: number): Uint8Array {
  const seconds = Math.floor(timeMs / 1_000)
  return new RosBytes()
    .uint32(seconds)
    .uint32(Math.round((timeMs - seconds * 1_000) * 1_000_000))
    .done()
}
