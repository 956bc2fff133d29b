import { decode, encode } from '@ipld/dag-cbor'
import { bucketNames, type BucketName } from '../../model/bucket.ts'
import type { ReconcileSet } from '../../model/reconcile-list.ts'
import { isDismissals, isItems, isParts, type Dismissal, type Part } from './reconcile-frames.ts'

/**
 * What peers say to each other on channels without streams, as payloads of messages, all DAG-CBOR:
 * - `digest`, to all: what the sender holds, in a few hundred bytes.
 * - `reconcile` and `get`, to one peer: questions and their answers. Both sides may send one again: nothing is kept
 *   between two of them.
 * - `given`, to all: a batch of records that somebody lacked; others may, too.
 */

/** Of each bucket what lies before a moment: what is said just now may not have come everywhere. */
export interface Digest {
  /** ms since the epoch; records that began to be valid later are left out. */
  readonly beforeMs: number
  readonly buckets: ReadonlyMap<BucketName, { readonly count: number; readonly fingerprint: Uint8Array }>
}

export type LineFrame =
  /** A message of model/reconcile.ts about one bucket, and the answer to it. */
  | { readonly kind: 'ask'; readonly no: number; readonly bucket: BucketName; readonly message: Uint8Array }
  | { readonly kind: 'answer'; readonly no: number; readonly bucket: BucketName; readonly message: Uint8Array }
  /** Item ids; then how many of them, from the first, were sent to all, or are gone. */
  | { readonly kind: 'get'; readonly no: number; readonly items: readonly Part[] }
  | { readonly kind: 'gave'; readonly no: number; readonly settled: number }
  /** Of records that the other side holds and that were dismissed and buried here. */
  | { readonly kind: 'dismiss'; readonly dismissals: readonly Dismissal[] }

/** Of the fingerprint; enough to see a difference, which is then looked at closely. */
const shortBytes = 8
/** Ids in one `get`. */
export const maxLineWanted = 64

const codes = { ask: 0, answer: 1, get: 2, gave: 3, dismiss: 4 } as const
const version = 1

export function digestOf(setOf: (bucket: BucketName) => ReconcileSet, beforeMs: number): Digest {
  const bound = { timestampMs: beforeMs, prefix: new Uint8Array(0) }
  const buckets = bucketNames.map((bucket) => {
    const set = setOf(bucket)
    const count = set.find(bound)
    return [bucket, { count, fingerprint: set.fingerprint(0, count).subarray(0, shortBytes) }] as const
  })
  return { beforeMs, buckets: new Map(buckets) }
}

/** The buckets of a digest in which something else is held here, the bucket of trust first. */
export function differing(digest: Digest, setOf: (bucket: BucketName) => ReconcileSet): readonly BucketName[] {
  const own = digestOf(setOf, digest.beforeMs)
  const buckets = [...digest.buckets].filter(([bucket, { count, fingerprint }]) => {
    const here = own.buckets.get(bucket)
    return here !== undefined && (here.count !== count || Buffer.compare(here.fingerprint, fingerprint) !== 0)
  })
  return buckets.map(([bucket]) => bucket).sort((a, b) => Number(b === 'trust') - Number(a === 'trust'))
}

/** Buckets go by their place in `bucketNames`, which is only ever appended to. */
export function encodeDigest({ beforeMs, buckets }: Digest): Uint8Array {
  const known = bucketNames.map(
    (bucket) => buckets.get(bucket) ?? { count: 0, fingerprint: new Uint8Array(shortBytes) },
  )
  return encode([
    version,
    beforeMs,
    known.map(({ count }) => count),
    Buffer.concat(known.map(({ fingerprint }) => fingerprint.subarray(0, shortBytes))),
  ])
}

/** Null for what is none. Never throws. */
export function decodeDigest(bytes: Uint8Array): Digest | null {
  const frame = parse(bytes)
  if (frame === null || frame.length !== 4) return null
  const [no, beforeMs, counts, fingerprints] = frame
  if (no !== version || !isCount(beforeMs) || !Array.isArray(counts) || counts.length > 64) return null
  if (!(fingerprints instanceof Uint8Array) || fingerprints.length !== counts.length * shortBytes) return null
  const buckets: [BucketName, { count: number; fingerprint: Uint8Array }][] = []
  for (const [i, count] of counts.entries()) {
    const bucket = bucketNames[i]
    if (!isCount(count)) return null
    // Of a later release.
    if (bucket === undefined) continue
    buckets.push([bucket, { count, fingerprint: fingerprints.subarray(i * shortBytes, (i + 1) * shortBytes) }])
  }
  return { beforeMs, buckets: new Map(buckets) }
}

export function encodeLineFrame(frame: LineFrame): Uint8Array {
  const code = codes[frame.kind]
  switch (frame.kind) {
    case 'ask':
    case 'answer':
      return encode([code, frame.no, bucketNames.indexOf(frame.bucket), frame.message])
    case 'get':
      return encode([code, frame.no, frame.items])
    case 'gave':
      return encode([code, frame.no, frame.settled])
    case 'dismiss':
      return encode([code, frame.dismissals])
  }
}

/** Null for what is none, or about a bucket of a later release. Never throws. */
export function decodeLineFrame(bytes: Uint8Array): LineFrame | null {
  const frame = parse(bytes)
  if (frame === null) return null
  const [code, second, third, fourth] = frame
  if (code === codes.dismiss)
    return frame.length === 2 && isDismissals(second) ? { kind: 'dismiss', dismissals: second } : null
  if (!isCount(second)) return null
  const no = second
  if (code === codes.get && frame.length === 3) {
    return isParts(third) && isItems(third, maxLineWanted) ? { kind: 'get', no, items: third } : null
  }
  if (code === codes.gave && frame.length === 3) {
    return isCount(third) && third <= maxLineWanted ? { kind: 'gave', no, settled: third } : null
  }
  if ((code !== codes.ask && code !== codes.answer) || frame.length !== 4) return null
  const bucket = typeof third === 'number' ? bucketNames[third] : undefined
  if (bucket === undefined || !(fourth instanceof Uint8Array)) return null
  return { kind: code === codes.ask ? 'ask' : 'answer', no, bucket, message: fourth }
}

function parse(bytes: Uint8Array): readonly unknown[] | null {
  // The largest message of reconciliation, or ids, with room.
  if (bytes.length > 64 * 1_024) return null
  try {
    const value: unknown = decode(bytes)
    return Array.isArray(value) ? value : null
  } catch {
    return null
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
