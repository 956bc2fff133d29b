import { compareBytes } from './cbor.ts'
import { maxBatchBytes } from './record-codec.ts'

/** As many as a batch takes at once; some 250 KiB of records of ordinary size. */
export const maxChunkRecords = 1_000
/** With the array's head, a chunk is a batch. */
export const maxChunkBytes = maxBatchBytes - 16

/** The records of one bucket as columns, `size` of them; `order` is what is moved about. */
export interface Columns {
  readonly validFrom: Float64Array
  /** 32 bytes each. */
  readonly digests: Uint8Array
  readonly sizeBytes: Uint32Array
}

const digestBytes = 32
/** Bits of a time: `validFrom` is a safe integer. */
const timeBits = 53

/**
 * Cuts a bucket's records into chunks: the leaves of a binary tree over (validFrom, digest), each the largest whole
 * branch that keeps to the limits. So a chunk is a window of time aligned to a power of two milliseconds, or, where one
 * millisecond holds too many, a range of ids in it; where it is cut depends on the set alone, not on how it came
 * about; and a record more or less changes one chunk (two or three when it makes one too large, or two small enough).
 * @param rows which rows of the columns
 * @returns rows by chunk, in order within and between them
 */
export function* cutLeaves(columns: Columns, rows: Uint32Array): Generator<Uint32Array, undefined> {
  const open: { readonly rows: Uint32Array; readonly bit: number }[] = rows.length === 0 ? [] : [{ rows, bit: 0 }]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (fits(columns, node.rows)) {
      yield sorted(columns, node.rows)
      continue
    }
    const bit = firstDifference(columns, node.rows, node.bit)
    const [low, high] = split(columns, node.rows, bit)
    open.push({ rows: high, bit: bit + 1 }, { rows: low, bit: bit + 1 })
  }
}

function fits({ sizeBytes }: Columns, rows: Uint32Array): boolean {
  // One record is far below the limit of bytes; records are distinct, so every branch ends.
  if (rows.length === 1) return true
  if (rows.length > maxChunkRecords) return false
  let bytes = 0
  for (const row of rows) bytes += sizeBytes[row] ?? 0
  return bytes <= maxChunkBytes
}

function bitOf({ validFrom, digests }: Columns, row: number, bit: number): number {
  if (bit < timeBits) return Math.floor((validFrom[row] ?? 0) / 2 ** (timeBits - 1 - bit)) % 2
  const at = bit - timeBits
  return ((digests[row * digestBytes + (at >> 3)] ?? 0) >> (7 - (at & 7))) & 1
}

/** The first bit from `from` on in which not all are alike. */
function firstDifference(columns: Columns, rows: Uint32Array, from: number): number {
  const first = rows[0] ?? 0
  for (let bit = from; ; bit += 1) {
    const one = bitOf(columns, first, bit)
    for (const row of rows) if (bitOf(columns, row, bit) !== one) return bit
    // Equal keys never come; a caller that breaks this promise must not hang.
    if (bit >= timeBits + digestBytes * 8) throw new RangeError('two records of a checkpoint are the same')
  }
}

function split(columns: Columns, rows: Uint32Array, bit: number): [Uint32Array, Uint32Array] {
  const low = new Uint32Array(rows.length)
  const high = new Uint32Array(rows.length)
  let lows = 0
  let highs = 0
  for (const row of rows) {
    if (bitOf(columns, row, bit) === 0) low[lows++] = row
    else high[highs++] = row
  }
  return [low.slice(0, lows), high.slice(0, highs)]
}

function sorted({ validFrom, digests }: Columns, rows: Uint32Array): Uint32Array {
  const digest = (row: number): Uint8Array => digests.subarray(row * digestBytes, (row + 1) * digestBytes)
  return rows.toSorted((a, b) => (validFrom[a] ?? 0) - (validFrom[b] ?? 0) || compareBytes(digest(a), digest(b)))
}
