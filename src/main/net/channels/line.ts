import { createHash, hkdfSync } from 'node:crypto'
import type { RecordId } from '../../../shared/ids.ts'
import { decodeCbor, encodeCbor, type CborValue } from '../../model/cbor.ts'
import { keyOfPeerId, peerIdOfKey, publicKeyBytes } from '../../model/peer-key.ts'
import { deflateIfWorth, inflateAtMost } from '../messages/wire.ts'
import { maxHops, maxMessageBytes, type SwarmMessage } from './channel.ts'
import { open, seal, sealBytes } from './line-seal.ts'

/** Why a line is not taken. `other-swarm` is nobody's fault: two swarms may share a LAN or an IRC channel. */
export type LineReason = 'oversize' | 'malformed' | 'unknown-version' | 'other-swarm' | 'unreadable' | 'hops'

export type DecodedLine =
  | { readonly kind: 'ok'; readonly message: SwarmMessage }
  | { readonly kind: 'rejected'; readonly reason: LineReason }

export type EncodedLine =
  | { readonly kind: 'ok'; readonly frame: Uint8Array }
  | { readonly kind: 'rejected'; readonly reason: 'oversize' | 'malformed' }

const version = 1
const deflatedFlag = 1
const sealedFlag = 2
/** Version, flags and the swarm's tag. */
export const headerBytes = 10
export const tagBytes = 8

/** Ids, keys, address, trace: well below this. */
const maxEnvelopeBytes = 4 * 1_024
const maxBodyBytes = maxMessageBytes + maxEnvelopeBytes
/** A frame of the largest message. */
export const maxFrameBytes = headerBytes + maxBodyBytes + sealBytes
/** Its line: base64url, 4 characters for 3 bytes. */
export const maxLineChars = Math.ceil((maxFrameBytes * 4) / 3)

/** What may be ours one day; any other first byte is somebody else's protocol. */
const lastVersion = 15
const isLaterVersion = (byte = 0): boolean => byte > version && byte <= lastVersion

const idBytes = 16
const kindPattern = /^[a-z][a-z0-9-]{0,23}$/
/** Printable ASCII: addresses and trace contexts are written to logs and screens. */
const toPattern = /^[\x21-\x7e]{1,1024}$/
const tracePattern = /^[\x21-\x7e]{1,128}$/

export interface LineCodecInit {
  /** The swarm's id: the RecordId of its first root record. */
  readonly swarm: RecordId | (string & {})
  /** The swarm's network key, 32 bytes; null: the swarm is not private, and lines can be read by anybody. */
  readonly networkKey: Uint8Array | null
}

/**
 * One message and the one line that carries it (`dswarm-line`), for the peers of one swarm:
 * version (1 byte), flags (1: deflated, 2: sealed), the swarm's tag (8), then the canonical CBOR of
 * `[id, kind, origin, sender, to, hops, trace, payload]`: deflated when that pays, sealed with AES-256-GCM in a private
 * swarm. As text: base64url of these bytes. Channels that carry bytes take the frame as it is. Pure but for nonces.
 */
export class LineCodec {
  /** What all lines of the swarm begin with, after version and flags; says nothing about its id or key. */
  readonly tag: Uint8Array
  /** Of a private swarm: what greetings on UDP are signed with, since the tag can be seen by anybody on the way. */
  readonly greetingKey: Uint8Array | null
  readonly #key: Uint8Array | null

  constructor(init: LineCodecInit) {
    if (init.networkKey === null) {
      this.tag = createHash('sha256').update(`dt-swarm/line/1\0${init.swarm}`).digest().subarray(0, tagBytes)
      this.#key = null
      this.greetingKey = null
      return
    }
    // RFC 5869; the swarm's id as salt, so that one key given to two swarms by mistake still keeps them apart.
    const derived = new Uint8Array(hkdfSync('sha256', init.networkKey, init.swarm, 'dt-swarm/line/1', 32 + tagBytes))
    this.#key = derived.subarray(0, 32)
    this.tag = derived.subarray(32)
    this.greetingKey = new Uint8Array(hkdfSync('sha256', init.networkKey, init.swarm, 'dt-swarm/greeting/1', 32))
  }

  /** @param options.deflateFrom bytes from which compressing is tried; default as in gossip */
  encode(message: SwarmMessage, options: { readonly deflateFrom?: number } = {}): EncodedLine {
    if (message.payload.length > maxMessageBytes) return { kind: 'rejected', reason: 'oversize' }
    const fields = fieldsOf(message)
    if (fields === null) return { kind: 'rejected', reason: 'malformed' }
    const plain = encodeCbor(fields)
    const small = deflateIfWorth(plain, options.deflateFrom)
    const flags = (small === null ? 0 : deflatedFlag) | (this.#key === null ? 0 : sealedFlag)
    const header = new Uint8Array(headerBytes)
    header[0] = version
    header[1] = flags
    header.set(this.tag, 2)
    const body = small ?? plain
    const rest = this.#key === null ? body : seal(this.#key, header, body)
    const frame = new Uint8Array(headerBytes + rest.length)
    frame.set(header)
    frame.set(rest, headerBytes)
    return { kind: 'ok', frame }
  }

  /** Reads a frame from a stranger. Never throws, never makes more than the largest message. */
  decode(frame: Uint8Array): DecodedLine {
    if (frame.length > maxFrameBytes) return rejected('oversize')
    if (frame.length <= headerBytes) return rejected('malformed')
    if (frame[0] !== version) return rejected(isLaterVersion(frame[0]) ? 'unknown-version' : 'malformed')
    if (!this.tag.every((byte, i) => frame[2 + i] === byte)) return rejected('other-swarm')
    const flags = frame[1] ?? 0
    if ((flags & ~(deflatedFlag | sealedFlag)) !== 0) return rejected('malformed')
    if (((flags & sealedFlag) !== 0) !== (this.#key !== null)) return rejected('unreadable')
    let body = frame.subarray(headerBytes)
    if (this.#key !== null) {
      const opened = open(this.#key, frame.subarray(0, headerBytes), body)
      if (opened === null) return rejected('unreadable')
      body = opened
    }
    if ((flags & deflatedFlag) !== 0) {
      const inflated = inflateAtMost(body, maxBodyBytes)
      if (inflated.kind === 'rejected') return inflated
      body = inflated.bytes
    }
    return body.length > maxBodyBytes ? rejected('oversize') : decodeBody(body)
  }

  /** A line without its end. */
  decodeText(line: string): DecodedLine {
    if (line.length > maxLineChars) return rejected('oversize')
    // Node's decoder skips what is no base64url: chat would come out as bytes.
    if (!/^[A-Za-z0-9_-]+$/.test(line)) return rejected('malformed')
    return this.decode(Buffer.from(line, 'base64url'))
  }
}

/** The text of a frame. */
export function lineOf(frame: Uint8Array): string {
  return Buffer.from(frame.buffer, frame.byteOffset, frame.length).toString('base64url')
}

function fieldsOf(message: SwarmMessage): CborValue | null {
  const { id, kind, origin, sender, to, hops, trace, payload } = message
  const idOf = Buffer.from(id, 'base64url')
  const [originKey, senderKey] = [keyOfPeerId(origin), keyOfPeerId(sender)]
  const fits =
    idOf.length === idBytes &&
    kindPattern.test(kind) &&
    (to === null || toPattern.test(to)) &&
    (trace === null || tracePattern.test(trace)) &&
    Number.isSafeInteger(hops) &&
    hops >= 0
  if (!fits || originKey === undefined || senderKey === undefined) return null
  return [new Uint8Array(idOf), kind, originKey, senderKey, to, hops, trace, payload]
}

function decodeBody(bytes: Uint8Array): DecodedLine {
  const decoded = decodeCbor(bytes, { maxItems: 16 })
  if (decoded.kind !== 'ok' || !Array.isArray(decoded.value) || decoded.value.length !== 8) return rejected('malformed')
  const [id, kind, origin, sender, to, hops, trace, payload] = decoded.value as readonly CborValue[]
  if (!(id instanceof Uint8Array) || id.length !== idBytes) return rejected('malformed')
  if (typeof kind !== 'string' || !kindPattern.test(kind)) return rejected('malformed')
  if (!isKey(origin) || !isKey(sender)) return rejected('malformed')
  if (!isTextOrNull(to, toPattern) || !isTextOrNull(trace, tracePattern)) return rejected('malformed')
  if (typeof hops !== 'number' || !Number.isSafeInteger(hops) || hops < 0) return rejected('malformed')
  if (!(payload instanceof Uint8Array)) return rejected('malformed')
  if (payload.length > maxMessageBytes) return rejected('oversize')
  if (hops > maxHops) return rejected('hops')
  const message: SwarmMessage = {
    id: lineOf(id),
    kind,
    origin: peerIdOfKey(origin),
    sender: peerIdOfKey(sender),
    to,
    hops,
    trace,
    payload,
  }
  return { kind: 'ok', message }
}

function isKey(value: CborValue | undefined): value is Uint8Array {
  return value instanceof Uint8Array && value.length === publicKeyBytes
}

function isTextOrNull(value: CborValue | undefined, pattern: RegExp): value is string | null {
  return value === null || (typeof value === 'string' && pattern.test(value))
}

function rejected(reason: LineReason): { readonly kind: 'rejected'; readonly reason: LineReason } {
  return { kind: 'rejected', reason }
}
