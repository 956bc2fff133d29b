import * as dagCbor from '@ipld/dag-cbor'
import { CID } from 'multiformats/cid'

/** What a record may say: the IPLD data model without big integers. */
export type CborValue = null | boolean | number | string | Uint8Array | CID | readonly CborValue[] | CborMap
export interface CborMap {
  readonly [key: string]: CborValue
}

/** Deeper than any honest value; a recursive decoder needs far more than this to run out of stack. */
const maxDepth = 24
/** One-byte items let 64 KiB claim 65,536 of them; no honest record has an eighth of that. */
const maxItems = 8_192

export type DecodedCbor =
  | { readonly kind: 'ok'; readonly value: CborValue }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'not-canonical' }

/**
 * Decodes strict DAG-CBOR: the one canonical form or nothing. Never throws.
 * The structure is walked without recursion first, so that hostile nesting costs neither stack nor memory.
 * @param limits.trusted the bytes passed here once before and were kept by us: their form is not checked again
 */
export function decodeCbor(
  bytes: Uint8Array,
  limits: { readonly maxItems?: number; readonly trusted?: boolean } = {},
): DecodedCbor {
  if (limits.trusted !== true && !isShallow(bytes, limits.maxItems ?? maxItems)) return { kind: 'malformed' }
  try {
    const value = dagCbor.decode<unknown>(bytes)
    if (limits.trusted === true) return { kind: 'ok', value: value as CborValue }
    if (!isCborValue(value)) return { kind: 'malformed' }
    // Invalid UTF-8, a `__proto__` key, long-form lengths and -0.0 all come back as other bytes.
    return equalBytes(dagCbor.encode(value), bytes) ? { kind: 'ok', value } : { kind: 'not-canonical' }
  } catch {
    return { kind: 'malformed' }
  }
}

/** Canonical bytes of a value that `isCborValue` holds for; throws on anything else. */
export function encodeCbor(value: CborValue): Uint8Array {
  // Under Node the encoder hands out Buffers; a plain array compares and clones as what others decode.
  const { buffer, byteOffset, byteLength } = dagCbor.encode(value)
  return new Uint8Array(buffer, byteOffset, byteLength)
}

/** True for what canonical bytes exist for: finite numbers, safe integers, well-formed text, bounded depth. */
function isCborValue(value: unknown, depth = 0): value is CborValue {
  if (depth > maxDepth) return false
  switch (typeof value) {
    case 'boolean':
      return true
    case 'string':
      return value.isWellFormed()
    case 'number':
      return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))
    case 'object':
      if (value === null || value instanceof Uint8Array || CID.asCID(value) !== null) return true
      if (Array.isArray(value)) return value.every((item) => isCborValue(item, depth + 1))
      return isCborMap(value, depth)
    case 'bigint':
    case 'function':
    case 'symbol':
    case 'undefined':
      return false
  }
}

/** Tells a map from the other values; for what `decodeCbor` gave back, whose insides are known to be sound. */
export function isMapValue(value: CborValue | undefined): value is CborMap {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Uint8Array) &&
    CID.asCID(value) === null
  )
}

/** True for a plain map whose values are all CborValues. */
export function isCborMap(value: unknown, depth = 0): value is CborMap {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array) return false
  if (CID.asCID(value) !== null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return false
  return Object.entries(value).every(([key, item]) => key.isWellFormed() && isCborValue(item, depth + 1))
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Byte order, shorter first when one begins with the other. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** Walks the heads of RFC 8949 items: bounded depth and count, definite lengths only, all inside the bytes. */
function isShallow(bytes: Uint8Array, itemLimit: number): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const open: number[] = []
  let left = 1
  let at = 0
  for (let items = 0; items < itemLimit; items++) {
    if (at >= bytes.length) return false
    const head = view.getUint8(at++)
    const major = head >> 5
    const info = head & 31
    if (info > 27) return false
    let argument = info
    if (info >= 24) {
      const width = 1 << (info - 24)
      if (at + width > bytes.length) return false
      argument =
        width === 1
          ? view.getUint8(at)
          : width === 2
            ? view.getUint16(at)
            : width === 4
              ? view.getUint32(at)
              : Number(view.getBigUint64(at))
      at += width
    }
    left--
    if (major === 2 || major === 3) at += argument
    if (at > bytes.length) return false
    if (major === 4 || major === 5 || major === 6) {
      const children = major === 6 ? 1 : major === 5 ? argument * 2 : argument
      if (children > bytes.length - at) return false
      open.push(left)
      left = children
      if (open.length > maxDepth + 4) return false
    }
    while (left === 0) {
      const outer = open.pop()
      if (outer === undefined) return at === bytes.length
      left = outer
    }
  }
  return false
}
