import { createHmac, timingSafeEqual } from 'node:crypto'
import { maxFrameBytes, tagBytes } from './line.ts'

/** Fits an Ethernet frame with room for tunnels: 1,280 bytes is the least that IPv6 carries whole (RFC 8200, 5). */
export const datagramBytes = 1_200
const magic = Buffer.from('dS', 'latin1')
/** Magic 2, type 1, swarm tag 8, sender tag 8, message number 4, part 2, parts 2. */
const headerBytes = 2 + 1 + tagBytes + tagBytes + 4 + 2 + 2
export const partBytes = datagramBytes - headerBytes
const maxParts = Math.ceil(maxFrameBytes / partBytes)
const partNumberBytes = 2
/** Part numbers that one asking carries. */
const maxAsked = Math.floor(partBytes / partNumberBytes)

/** Proves that its sender hears what is sent to its address. */
const cookieBytes = 8
/** Of HMAC-SHA-256 over the whole greeting, cut: whoever forges one sees no sign of success. */
const macBytes = 16

/** What all datagrams of one swarm have in common. */
export interface DatagramSwarm {
  readonly tag: Uint8Array
  /** Of a private swarm; then greetings that are not signed with it are none. */
  readonly greetingKey: Uint8Array | null
}

/**
 * A part of a message for all, a part of one for the receiver alone, an asking for parts that were lost; a greeting, and
 * what it is answered with.
 */
const types = ['all', 'one', 'ask-all', 'ask-one', 'hello', 'cookie'] as const
export type PartType = 'all' | 'one'

export interface PartHeader {
  readonly type: PartType
  /** Eight random bytes in hex, chosen by the sender for this run. */
  readonly sender: string
  /** Counts the sender's messages for all, and those for one receiver, each from 0. */
  readonly no: number
}

export type Datagram =
  | (PartHeader & { readonly kind: 'part'; readonly part: number; readonly parts: number; readonly bytes: Uint8Array })
  /** `missing`: numbers of parts; none: all of them. */
  | (PartHeader & { readonly kind: 'ask'; readonly missing: readonly number[] })
  /** In hex; a hello without one is the first. */
  | { readonly kind: 'hello'; readonly sender: string; readonly cookie: string }
  | { readonly kind: 'cookie'; readonly sender: string; readonly cookie: string }
  | { readonly kind: 'rejected'; readonly reason: 'malformed' | 'oversize' | 'other-swarm' | 'unreadable' }

/** Message numbers begin anew after this: far more than are remembered. */
export const numberCount = 2 ** 32

/** The datagrams of a frame, each at most `datagramBytes`; all parts but the last are of the same size. */
export function splitFrame(swarmTag: Uint8Array, header: PartHeader, frame: Uint8Array): Buffer[] {
  const parts = Math.max(1, Math.ceil(frame.length / partBytes))
  return Array.from({ length: parts }, (_, part) =>
    Buffer.concat([
      head(swarmTag, header, header.type, part, parts),
      frame.subarray(part * partBytes, (part + 1) * partBytes),
    ]),
  )
}

/** Asks the sender of a message for parts that did not come. */
export function askFor(swarmTag: Uint8Array, header: PartHeader, missing: readonly number[]): Buffer {
  const asked = missing.slice(0, maxAsked)
  const list = Buffer.alloc(asked.length * partNumberBytes)
  asked.forEach((part, i) => list.writeUInt16BE(part, i * partNumberBytes))
  return Buffer.concat([head(swarmTag, header, header.type === 'all' ? 'ask-all' : 'ask-one', 0, 0), list])
}

/** A greeting to one address, or the cookie that answers it. @param cookie in hex; empty in the first hello */
export function greet(swarm: DatagramSwarm, type: 'hello' | 'cookie', sender: string, cookie: string): Buffer {
  const greeting = Buffer.concat([head(swarm.tag, { sender, no: 0 }, type, 0, 0), Buffer.from(cookie, 'hex')])
  return swarm.greetingKey === null ? greeting : Buffer.concat([greeting, macOf(swarm.greetingKey, greeting)])
}

function macOf(key: Uint8Array, greeting: Uint8Array): Buffer {
  return createHmac('sha256', key).update(greeting).digest().subarray(0, macBytes)
}

/** The cookie of a greeting, in hex; null when it is none. */
function cookieOf(greetingKey: Uint8Array | null, type: 'hello' | 'cookie', datagram: Buffer): string | null {
  const end = datagram.length - (greetingKey === null ? 0 : macBytes)
  const length = end - headerBytes
  if (length !== cookieBytes && (type === 'cookie' || length !== 0)) return null
  if (greetingKey !== null && !timingSafeEqual(macOf(greetingKey, datagram.subarray(0, end)), datagram.subarray(end)))
    return null
  return datagram.toString('hex', headerBytes, end)
}

/** Reads a datagram from a stranger. Never throws; the bytes of a part are a view of it. */
export function readDatagram({ tag, greetingKey }: DatagramSwarm, datagram: Buffer): Datagram {
  if (datagram.length > datagramBytes) return { kind: 'rejected', reason: 'oversize' }
  if (datagram.length < headerBytes || datagram.compare(magic, 0, magic.length, 0, magic.length) !== 0) {
    return { kind: 'rejected', reason: 'malformed' }
  }
  if (!tag.every((byte, i) => datagram[3 + i] === byte)) return { kind: 'rejected', reason: 'other-swarm' }
  const sender = datagram.toString('hex', 3 + tagBytes, 3 + 2 * tagBytes)
  const no = datagram.readUInt32BE(3 + 2 * tagBytes)
  const part = datagram.readUInt16BE(7 + 2 * tagBytes)
  const parts = datagram.readUInt16BE(9 + 2 * tagBytes)
  const bytes = datagram.subarray(headerBytes)
  const type = types[datagram[2] ?? types.length]
  if (type === 'ask-all' || type === 'ask-one') {
    if (bytes.length % partNumberBytes !== 0) return { kind: 'rejected', reason: 'malformed' }
    const missing = Array.from({ length: bytes.length / partNumberBytes }, (_, i) => bytes.readUInt16BE(2 * i))
    return { kind: 'ask', type: type === 'ask-all' ? 'all' : 'one', sender, no, missing }
  }
  if (type === 'hello' || type === 'cookie') {
    const cookie = cookieOf(greetingKey, type, datagram)
    // One who has the tag and not the key has seen our datagrams, and is not of us.
    if (cookie === null) return { kind: 'rejected', reason: greetingKey === null ? 'malformed' : 'unreadable' }
    return { kind: type, sender, cookie }
  }
  const isWhole = part === parts - 1 ? bytes.length > 0 : bytes.length === partBytes
  if (type === undefined || parts === 0 || parts > maxParts || part >= parts || !isWhole) {
    return { kind: 'rejected', reason: 'malformed' }
  }
  return { kind: 'part', type, sender, no, part, parts, bytes }
}

function head(
  swarmTag: Uint8Array,
  { sender, no }: Pick<PartHeader, 'sender' | 'no'>,
  type: (typeof types)[number],
  part: number,
  parts: number,
): Buffer {
  const header = Buffer.alloc(headerBytes)
  magic.copy(header)
  header[2] = types.indexOf(type)
  header.set(swarmTag, 3)
  header.write(sender, 3 + tagBytes, tagBytes, 'hex')
  header.writeUInt32BE(no % numberCount, 3 + 2 * tagBytes)
  header.writeUInt16BE(part, 7 + 2 * tagBytes)
  header.writeUInt16BE(parts, 9 + 2 * tagBytes)
  return header
}
