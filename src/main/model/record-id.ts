import { hash } from 'node:crypto'
import { base32 } from 'multiformats/bases/base32'
import { isRecordId, type RecordId } from '../../shared/ids.ts'

/** CIDv1, dag-cbor, sha2-256, 32 bytes. */
const cidPrefix = Uint8Array.of(0x01, 0x71, 0x12, 0x20)
export const digestBytes = 32

/** The id of canonical bytes. */
export function recordIdOf(bytes: Uint8Array): RecordId {
  return recordIdOfDigest(hash('sha256', bytes, 'buffer'))
}

/** The id whose digest these 32 bytes are; the store and the wire keep digests, which are shorter. */
export function recordIdOfDigest(digest: Uint8Array): RecordId {
  const bytes = new Uint8Array(cidPrefix.length + digestBytes)
  bytes.set(cidPrefix)
  bytes.set(digest, cidPrefix.length)
  const id = textOf(bytes)
  remember(id, bytes)
  return id
}

const letters = Buffer.from('abcdefghijklmnopqrstuvwxyz234567', 'latin1')
const letterBits = 5
/** The base's own letter, then one for each five bits. */
const idLetters = 1 + Math.ceil(((cidPrefix.length + digestBytes) * 8) / letterBits)
const scratch = Buffer.from('b'.padEnd(idLetters), 'latin1')

/**
 * As multiformats writes them, in one piece: a text that is put together letter by letter stays a chain of fifty parts in the
 * heap, 1.7 kB for each id that is kept, and 34 MB for 20,000.
 */
function textOf(bytes: Uint8Array): RecordId {
  let at = 1
  let bits = 0
  let buffer = 0
  for (const byte of bytes) {
    buffer = ((buffer & 0xff) << 8) | byte
    for (bits += 8; bits >= letterBits; bits -= letterBits) {
      scratch[at++] = letters[(buffer >> (bits - letterBits)) & 31] ?? 0
    }
  }
  if (bits > 0) scratch[at] = letters[(buffer << (letterBits - bits)) & 31] ?? 0
  return scratch.toString('latin1') as RecordId
}

/**
 * The bytes of ids that were just made or read: a record on its way in is looked up, verified and stored within moments, and each
 * step wants them again. Two generations of 2,048, some 600 KiB.
 */
let young = new Map<string, Uint8Array>()
let old = new Map<string, Uint8Array>()
const maxYoung = 2_048

function remember(id: string, bytes: Uint8Array): void {
  if (young.size >= maxYoung) {
    old = young
    young = new Map()
  }
  young.set(id, bytes)
}

/** The 36 bytes of the CID, or undefined when the text is no record id. Shared: not to be written to. */
export function recordIdBytes(id: string): Uint8Array | undefined {
  const known = young.get(id) ?? old.get(id)
  if (known !== undefined) return known
  if (!isRecordId(id)) return undefined
  try {
    const bytes = base32.decode(id)
    if (bytes.length !== cidPrefix.length + digestBytes || !cidPrefix.every((b, i) => bytes[i] === b)) return undefined
    remember(id, bytes)
    return bytes
  } catch {
    return undefined
  }
}

/** The id whose CID these 36 bytes are, or undefined when they are none of a record. */
export function recordIdOfBytes(bytes: Uint8Array): RecordId | undefined {
  if (bytes.length !== cidPrefix.length + digestBytes || !cidPrefix.every((b, i) => bytes[i] === b)) return undefined
  return textOf(bytes)
}

/** The 32 bytes of the digest, or undefined when the text is no record id. */
export function recordDigest(id: string): Uint8Array | undefined {
  return recordIdBytes(id)?.subarray(cidPrefix.length)
}
