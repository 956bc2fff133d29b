import { decode, encode } from '@ipld/dag-cbor'
import { bucketNames } from '../../model/bucket.ts'
import { idBytes } from '../../model/reconcile-wire.ts'

/**
 * The frames of `/dt-swarm/reconcile/1`: DAG-CBOR arrays, each behind its length. Whoever opens the stream asks; the
 * other side answers each question with one frame and keeps nothing between two of them but what it was given to store.
 * Item ids are those of model/reconcile-item.ts; lists of them their bytes one after another.
 */
export type Question =
  /** First on every stream: the swarm's id, and the first message for each bucket. */
  | readonly ['hello', swarm: string, parts: readonly Part[]]
  | readonly ['round', parts: readonly Part[]]
  /** Takes a batch of records that the other side lacks, and asks for those that are wanted; both may be empty. */
  | readonly ['trade', wants: readonly Part[], batch: Uint8Array]
  /** Before many records are handed over: which of these are wanted? */
  | readonly ['offer', items: readonly Part[]]
  /** The other side holds records that were dismissed and buried here. */
  | readonly ['dismiss', dismissals: readonly Dismissal[]]
  /** The asker has something new: the other side should ask soon. */
  | readonly ['news']
  /** Both sides hold the same now, but for what was refused. */
  | readonly ['done']

export type Answer =
  /** To `hello` and `round`. A bucket that is not open here is left out. */
  | readonly ['round', parts: readonly Part[]]
  /**
   * The wanted records; how many of the ids, from the first, are settled (gone ones too). Of the batch that came: how
   * many records are held now, and which are buried.
   */
  | readonly ['trade', batch: Uint8Array, settled: number, kept: number, dismissals: readonly Dismissal[]]
  /** A bit for each item that was offered, the first in the lowest. */
  | readonly ['offer', wanted: Uint8Array]
  | readonly ['noted']
  | readonly ['refused', reason: string]

/** Of one bucket: a message of model/reconcile.ts, or item ids. */
export type Part = readonly [bucket: string, bytes: Uint8Array]
/** A record's digest, and its attestations as the store keeps them. */
export type Dismissal = readonly [digest: Uint8Array, attestations: Uint8Array]

/** Ids in one `trade`. */
export const maxWanted = 256
/** Ids in one `offer`: 32 KiB. */
export const maxOffered = 1_024
export const maxDismissals = 64
/** Messages of all buckets together: some 10 ms of work for whoever answers them. */
export const maxRoundBytes = 64 * 1_024
/** A frame with a batch of records is the largest. */
export const maxFrameLength = 320 * 1_024

const maxNameLength = 256
/** Attestations as many as a record may have, with room. */
const maxAttestationBytes = 8 * 1_024

export const encodeFrame = (frame: Question | Answer): Uint8Array => encode(frame)

/** A stranger's question; null when it is none. */
export function parseQuestion(bytes: Uint8Array): Question | null {
  const frame = parse(bytes)
  if (frame === null) return null
  const [kind, first, second] = frame
  switch (frame.length) {
    case 1:
      return kind === 'news' || kind === 'done' ? [kind] : null
    case 2:
      if (kind === 'round' && isRound(first)) return ['round', first]
      if (kind === 'offer' && isItems(first, maxOffered)) return ['offer', first]
      if (kind === 'dismiss' && isDismissals(first)) return ['dismiss', first]
      return null
    case 3:
      if (kind === 'hello' && isText(first) && isRound(second)) return ['hello', first, second]
      if (kind === 'trade' && isItems(first, maxWanted) && isBytes(second, maxFrameLength)) {
        return ['trade', first, second]
      }
      return null
    default:
      return null
  }
}

/** A stranger's answer; null when it is none. */
export function parseAnswer(bytes: Uint8Array): Answer | null {
  const frame = parse(bytes)
  if (frame === null) return null
  const [kind, first, second, third, fourth] = frame
  if (frame.length === 1) return kind === 'noted' ? ['noted'] : null
  if (frame.length === 2) {
    if (kind === 'round' && isRound(first)) return ['round', first]
    if (kind === 'offer' && isBytes(first, maxOffered / 8)) return ['offer', first]
    return kind === 'refused' && isText(first) ? ['refused', first] : null
  }
  if (frame.length !== 5 || kind !== 'trade' || !isBytes(first, maxFrameLength)) return null
  if (!isCount(second) || !isCount(third) || !isDismissals(fourth)) return null
  return ['trade', first, second, third, fourth]
}

/** How many ids the parts list. */
export const countOf = (parts: readonly Part[]): number =>
  parts.reduce((count, [, ids]) => count + ids.length / idBytes, 0)

/** Every id of the parts with its bucket, in order. */
export function* eachItem(parts: readonly Part[]): Generator<readonly [bucket: string, id: Uint8Array], undefined> {
  for (const [bucket, ids] of parts) {
    for (let at = 0; at < ids.length; at += idBytes) yield [bucket, ids.subarray(at, at + idBytes)]
  }
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

const isText = (value: unknown): value is string => typeof value === 'string' && value.length <= maxNameLength

const isBytes = (value: unknown, max: number): value is Uint8Array => value instanceof Uint8Array && value.length <= max

/** No batch has more than a thousand records. */
const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= 1_024

/** As many as there are buckets, with room for those of a later release. */
const maxParts = 4 * bucketNames.length

export const isParts = (value: unknown): value is readonly Part[] =>
  Array.isArray(value) && value.length <= maxParts && value.every(isPart)

const isPart = (part: unknown): part is Part =>
  Array.isArray(part) && part.length === 2 && isText(part[0]) && isBytes(part[1], maxFrameLength)

const isRound = (value: unknown): value is readonly Part[] =>
  isParts(value) && value.reduce((length, [, message]) => length + message.length, 0) <= maxRoundBytes

export const isItems = (value: unknown, max: number): value is readonly Part[] =>
  isParts(value) && value.every(([, ids]) => ids.length % idBytes === 0) && countOf(value) <= max

export const isDismissals = (value: unknown): value is readonly Dismissal[] =>
  Array.isArray(value) && value.length <= maxDismissals && value.every(isDismissal)

const isDismissal = (item: unknown): item is Dismissal =>
  Array.isArray(item) &&
  item.length === 2 &&
  isBytes(item[0], idBytes) &&
  item[0].length === idBytes &&
  isBytes(item[1], maxAttestationBytes)
