import { decode, encode } from '@ipld/dag-cbor'

/**
 * The frames of `/dt-swarm/catch-up/1`: DAG-CBOR arrays, each behind its length. One side asks, the other answers each
 * question with one frame. Whoever opens the stream asks; both sides may have a stream open at the same time.
 */
export type Question =
  /** First on every stream. */
  | readonly ['hello', swarm: string]
  /** The ids of a bucket after one (empty: from the first); `hash` is that of the asker's own next page. */
  | readonly ['page', bucket: string, after: string, hash: Uint8Array]
  | readonly ['get', bucket: string, ids: readonly string[]]
  /** The asker has something new: the other side should ask soon. */
  | readonly ['news']

export type Answer =
  | readonly ['welcome']
  /** The asker's page is the same as ours; there is more unless `end`. */
  | readonly ['same', end: boolean]
  /** Ids in order, each with the mark of its attestations. */
  | readonly ['page', entries: readonly PageEntry[], end: boolean]
  /** A batch, and how many of the asked ids, from the first, it settles (gone ones included). */
  | readonly ['records', batch: Uint8Array, settled: number]
  | readonly ['noted']
  | readonly ['refused', reason: string]

/** A record's id and a mark that differs when its attestations do. */
export type PageEntry = readonly [id: string, mark: Uint8Array]

/** Ids on a page: 1,024 are some 80 KiB. */
export const pageSize = 1_024
/** Ids asked for at a time. */
export const maxAsked = 256
/** A frame with a batch of records is the largest. */
export const maxFrameLength = 320 * 1024

const maxIdLength = 80
const maxMarkLength = 32
const maxNameLength = 256

export const encodeFrame = (frame: Question | Answer): Uint8Array => encode(frame)

/** A stranger's question; null when it is none. */
export function parseQuestion(bytes: Uint8Array): Question | null {
  const frame = parse(bytes)
  if (frame === null) return null
  const [kind, ...rest] = frame
  if (kind === 'hello' && rest.length === 1 && isText(rest[0], maxNameLength)) return ['hello', rest[0]]
  if (kind === 'news' && rest.length === 0) return ['news']
  const [bucket, second, third] = rest
  if (!isText(bucket, maxNameLength)) return null
  if (kind === 'page' && rest.length === 3 && isText(second, maxIdLength) && isBytes(third, 32)) {
    return ['page', bucket, second, third]
  }
  if (kind === 'get' && rest.length === 2 && isIds(second)) return ['get', bucket, second]
  return null
}

/** A stranger's answer; null when it is none. */
export function parseAnswer(bytes: Uint8Array): Answer | null {
  const frame = parse(bytes)
  if (frame === null) return null
  const [kind, first, second] = frame
  if (frame.length === 1 && (kind === 'welcome' || kind === 'noted')) return [kind]
  if (frame.length === 2 && kind === 'same' && typeof first === 'boolean') return ['same', first]
  if (frame.length === 2 && kind === 'refused' && isText(first, maxNameLength)) return ['refused', first]
  if (frame.length !== 3) return null
  if (kind === 'page' && isEntries(first) && typeof second === 'boolean') return ['page', first, second]
  if (kind === 'records' && isBytes(first, maxFrameLength) && isCount(second)) return ['records', first, second]
  return null
}

function parse(bytes: Uint8Array): readonly unknown[] | null {
  if (bytes.length > maxFrameLength) return null
  try {
    const value: unknown = decode(bytes)
    return Array.isArray(value) && value.length > 0 ? value : null
  } catch {
    return null
  }
}

const isText = (value: unknown, max: number): value is string => typeof value === 'string' && value.length <= max

const isBytes = (value: unknown, max: number): value is Uint8Array => value instanceof Uint8Array && value.length <= max

const isIds = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.length <= maxAsked && value.every((id) => isText(id, maxIdLength))

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= maxAsked

const isEntries = (value: unknown): value is readonly PageEntry[] =>
  Array.isArray(value) && value.length <= pageSize && value.every(isEntry)

const isEntry = (entry: unknown): entry is PageEntry =>
  Array.isArray(entry) && entry.length === 2 && isText(entry[0], maxIdLength) && isBytes(entry[1], maxMarkLength)
