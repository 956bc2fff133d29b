/**
 * The messages of range-based set reconciliation (A. Meyer, "Range-Based Set Reconciliation", 2022), in the form of
 * negentropy's protocol v1: a version byte, then ranges that follow each other from the first item on. Of a range
 * stand its upper bound (exclusive), a mode and what the mode needs. The mode `answer` is ours: it says in one go what
 * each side lacks, where negentropy would send its whole list back.
 */

/** Ids are 32 bytes. */
export const idBytes = 32
export const fingerprintBytes = 16

/** What is before a bound is so by time, at equal times by id; a prefix stands for the id with zeros behind it. */
export interface Bound {
  /** ms since the epoch; infinity: past every item. */
  readonly timestampMs: number
  readonly prefix: Uint8Array
}

/** Lists of ids are their bytes one after another. */
export type Range = { readonly upper: Bound } & (
  | { readonly mode: 'skip' }
  | { readonly mode: 'fingerprint'; readonly fingerprint: Uint8Array }
  /** All that the sender has in the range. */
  | { readonly mode: 'ids'; readonly ids: Uint8Array }
  /** Of an `ids` range: `yours` the sender lacks, `mine` the other lacks. */
  | { readonly mode: 'answer'; readonly yours: Uint8Array; readonly mine: Uint8Array }
)

export const infinite: Bound = { timestampMs: Number.POSITIVE_INFINITY, prefix: new Uint8Array(0) }

/** negentropy's v1. */
const version = 0x61
const codes = { skip: 0, fingerprint: 1, ids: 2, answer: 3 } as const
/** Eight times seven bits hold every safe integer. */
const maxVarintBytes = 8

/** By time, then by id; a prefix that ends is filled up with zeros. */
export function compareBounds(a: Bound, b: Bound): number {
  if (a.timestampMs !== b.timestampMs) return a.timestampMs < b.timestampMs ? -1 : 1
  const length = Math.max(a.prefix.length, b.prefix.length)
  for (let i = 0; i < length; i += 1) {
    const difference = (a.prefix[i] ?? 0) - (b.prefix[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** The shortest bound that parts two neighbours: `last` lies before it, `next` does not. */
export function boundBetween(last: Bound, next: Bound): Bound {
  if (last.timestampMs !== next.timestampMs) return { timestampMs: next.timestampMs, prefix: new Uint8Array(0) }
  let shared = 0
  while (shared < idBytes && last.prefix[shared] === next.prefix[shared]) shared += 1
  return { timestampMs: next.timestampMs, prefix: next.prefix.slice(0, shared + 1) }
}

/** The ranges of a message; null when it is none. Never throws; ids are views of the bytes. */
export function decodeMessage(bytes: Uint8Array): readonly Range[] | null {
  if (bytes[0] !== version) return null
  const reader = new Reader(bytes, 1)
  const ranges: Range[] = []
  let last: Bound = { timestampMs: 0, prefix: new Uint8Array(0) }
  while (!reader.ended) {
    // Nothing can follow what reaches to infinity.
    if (last.timestampMs === Number.POSITIVE_INFINITY) return null
    const upper = reader.bound(last.timestampMs)
    if (upper === null || compareBounds(upper, last) <= 0) return null
    const range = reader.range(upper)
    if (range === null) return null
    ranges.push(range)
    last = upper
  }
  return ranges
}

class Reader {
  readonly #bytes: Uint8Array
  #at: number

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes
    this.#at = at
  }

  get ended(): boolean {
    return this.#at >= this.#bytes.length
  }

  bound(lastMs: number): Bound | null {
    const time = this.#varint()
    const length = this.#varint()
    if (time === null || length === null || length > idBytes) return null
    const prefix = this.#take(length)
    if (prefix === null) return null
    if (time === 0) return length === 0 ? infinite : null
    const timestampMs = lastMs + time - 1
    return Number.isSafeInteger(timestampMs) ? { timestampMs, prefix } : null
  }

  range(upper: Bound): Range | null {
    const code = this.#varint()
    switch (code) {
      case codes.skip:
        return { upper, mode: 'skip' }
      case codes.fingerprint: {
        const fingerprint = this.#take(fingerprintBytes)
        return fingerprint === null ? null : { upper, mode: 'fingerprint', fingerprint }
      }
      case codes.ids: {
        const ids = this.#ids()
        return ids === null ? null : { upper, mode: 'ids', ids }
      }
      case codes.answer: {
        const yours = this.#ids()
        const mine = this.#ids()
        return yours === null || mine === null ? null : { upper, mode: 'answer', yours, mine }
      }
      case null:
      default:
        return null
    }
  }

  #ids(): Uint8Array | null {
    const count = this.#varint()
    return count === null ? null : this.#take(count * idBytes)
  }

  #take(length: number): Uint8Array | null {
    if (length > this.#bytes.length - this.#at) return null
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  /** Base 128, the highest digits first; all bytes but the last have their top bit set. */
  #varint(): number | null {
    let value = 0
    for (let i = 0; i < maxVarintBytes; i += 1) {
      const byte = this.#bytes[this.#at]
      if (byte === undefined) return null
      this.#at += 1
      value = value * 128 + (byte & 127)
      if (byte < 128) return Number.isSafeInteger(value) ? value : null
    }
    return null
  }
}

/** Bytes that `MessageWriter.close` may still need: a skip up to a full bound, and a fingerprint up to infinity. */
const reserve = 64

/** Writes ranges one after another as long as there is room. */
export class MessageWriter {
  readonly #limitBytes: number
  #bytes = new Uint8Array(256)
  #length = 0
  #lastMs = 0
  /** Where a skip that is not yet written reaches: a following one swallows it, at the end it means nothing. */
  #skipTo: Bound | null = null
  #ranges = 0

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
    this.#byte(version)
  }

  /** Bytes that a range may take, its bound and head aside. */
  get room(): number {
    return this.#limitBytes - this.#length - reserve - maxHeadBytes
  }

  skip(upper: Bound): void {
    this.#skipTo = upper
  }

  fingerprint(upper: Bound, fingerprint: Uint8Array): void {
    this.#head(upper, codes.fingerprint)
    this.#put(fingerprint)
  }

  ids(upper: Bound, ids: Uint8Array): void {
    this.#head(upper, codes.ids)
    this.#list(ids)
  }

  answer(upper: Bound, yours: Uint8Array, mine: Uint8Array): void {
    this.#head(upper, codes.answer)
    this.#list(yours)
    this.#list(mine)
  }

  /** The message; null when it would say nothing. */
  finish(): Uint8Array | null {
    return this.#ranges === 0 ? null : this.#bytes.slice(0, this.#length)
  }

  #head(upper: Bound, code: number): void {
    if (this.#skipTo !== null) {
      this.#bound(this.#skipTo)
      this.#varint(codes.skip)
      this.#skipTo = null
    }
    this.#bound(upper)
    this.#varint(code)
    this.#ranges += 1
  }

  #bound({ timestampMs, prefix }: Bound): void {
    if (timestampMs === Number.POSITIVE_INFINITY) {
      this.#varint(0)
      this.#varint(0)
      return
    }
    this.#varint(timestampMs - this.#lastMs + 1)
    this.#lastMs = timestampMs
    this.#varint(prefix.length)
    this.#put(prefix)
  }

  #list(ids: Uint8Array): void {
    this.#varint(ids.length / idBytes)
    this.#put(ids)
  }

  #varint(value: number): void {
    let digits = 1
    for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) digits += 1
    for (let i = digits - 1; i >= 0; i -= 1) {
      this.#byte((Math.floor(value / 128 ** i) % 128) | (i > 0 ? 128 : 0))
    }
  }

  #byte(value: number): void {
    this.#grow(1)
    this.#bytes[this.#length] = value
    this.#length += 1
  }

  #put(bytes: Uint8Array): void {
    this.#grow(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  #grow(by: number): void {
    if (this.#length + by <= this.#bytes.length) return
    const bytes = new Uint8Array(Math.max(this.#length + by, this.#bytes.length * 2))
    bytes.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = bytes
  }
}

/** A skip's and the range's own bound, both at their longest, and what stands before lists. */
const maxHeadBytes = 2 * (maxVarintBytes + 1 + idBytes + 1) + 8
