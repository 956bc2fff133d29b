import { equalBytes } from './cbor.ts'
import type { Item } from './reconcile-chunk.ts'
import { boundOf, type ReconcileSet } from './reconcile-list.ts'
import {
  boundBetween,
  decodeMessage,
  fingerprintBytes,
  idBytes,
  infinite,
  MessageWriter,
  type Bound,
  type Range,
} from './reconcile-wire.ts'

/** An item that one side lacks. */
export interface Difference {
  readonly id: Uint8Array
  /** Its time, or, where it is the other side's, one that it lies before: for sorting, newest first. */
  readonly beforeMs: number
}

/** What the asking side learnt from an answer. */
export interface Step {
  /** The next message; null when all ranges are settled. */
  readonly next: Uint8Array | null
  /** Here, and not there. */
  readonly have: readonly Difference[]
  /** There, and not here. */
  readonly need: readonly Difference[]
}

/** A range of up to this many items is listed: cutting it further would cost as much as its ids. */
const listedItems = 16
/** How many parts a range that differs is cut into; more for a long one, where a step less counts most. */
const parts = 8
const partsOfLong = 32
const longItems = 4_096
/** Own items that are compared with one list: a few ms. */
const maxCompared = 4_096
/** Differences in one step, a few thousand more at most: what is kept in memory until they are settled, some 2 MiB. */
const maxStep = 8_192

/** The first message of the asking side: the fingerprint of everything. */
export function firstMessage(set: ReconcileSet): Uint8Array {
  const writer = new MessageWriter(Number.POSITIVE_INFINITY)
  writer.fingerprint(infinite, set.fingerprint(0, set.size))
  return writer.finish() ?? new Uint8Array(0)
}

/**
 * The answering side keeps nothing between two messages.
 * @param limitBytes the answer is at most this long; from 512 on there is progress
 * @returns the answer, empty when both hold the same; null when the message is none
 */
export function answerMessage(set: ReconcileSet, message: Uint8Array, limitBytes: number): Uint8Array | null {
  const ranges = decodeMessage(message)
  if (ranges === null) return null
  const writer = new MessageWriter(limitBytes)
  walk(set, ranges, writer, (range, from, to) => answerRange(set, writer, range, from, to))
  return writer.finish() ?? new Uint8Array(0)
}

/** What the asking side makes of an answer; null when it is none. */
export function takeAnswer(set: ReconcileSet, answer: Uint8Array, limitBytes: number): Step | null {
  const have: Difference[] = []
  const need: Difference[] = []
  if (answer.length === 0) return { next: null, have, need }
  const ranges = decodeMessage(answer)
  if (ranges === null) return null
  const writer = new MessageWriter(limitBytes)
  walk(set, ranges, writer, (range, from, to) => {
    // Enough for one step; the rest is spoken of again.
    if (have.length + need.length >= maxStep) return edge(set, from)
    // Longer than what is ever listed at once: a closer look, also at what the other side may have made up.
    const isListed = range.mode === 'ids' || range.mode === 'answer'
    if (isListed && to - from > maxCompared) return split(set, writer, range.upper, from, to)
    switch (range.mode) {
      case 'skip':
        break
      case 'fingerprint':
        return compareRange(set, writer, range, from, to)
      case 'ids': {
        const theirs = new Set(textsOf(range.ids))
        textsOf(set.ids(from, to)).forEach((text, i) => {
          if (!theirs.delete(text)) have.push(ownDifference(set.at(from + i)))
        })
        for (const text of theirs) need.push(theirDifference(text, range.upper))
        break
      }
      case 'answer': {
        // Claims about what is here are looked up, not believed.
        const wanted = new Set(textsOf(range.yours))
        const offered = new Set(textsOf(range.mine))
        textsOf(set.ids(from, to)).forEach((text, i) => {
          offered.delete(text)
          if (wanted.delete(text)) have.push(ownDifference(set.at(from + i)))
        })
        for (const text of offered) need.push(theirDifference(text, range.upper))
        break
      }
    }
    writer.skip(range.upper)
    return range.upper
  })
  return { next: writer.finish(), have, need }
}

/** How many items lie in the ranges that a message does not skip; none for what is no message. */
export function openItems(set: ReconcileSet, message: Uint8Array): number {
  let [open, from] = [0, 0]
  for (const { mode, upper } of decodeMessage(message) ?? []) {
    const to = set.find(upper)
    if (mode !== 'skip') open += to - from
    from = to
  }
  return open
}

/**
 * Goes through the ranges, with the positions of each in the set. A visit returns up to which bound it has spoken; when
 * that is not the range's own, there was no more room, and the rest is left to a fingerprint that reaches to the end.
 */
function walk(
  set: ReconcileSet,
  ranges: readonly Range[],
  writer: MessageWriter,
  visit: (range: Range, from: number, to: number) => Bound,
): void {
  let from = 0
  for (const range of ranges) {
    const to = set.find(range.upper)
    const spoken = visit(range, from, to)
    if (spoken !== range.upper) {
      const rest = set.find(spoken)
      writer.fingerprint(infinite, set.fingerprint(rest, set.size))
      return
    }
    from = to
  }
}

function answerRange(set: ReconcileSet, writer: MessageWriter, range: Range, from: number, to: number): Bound {
  switch (range.mode) {
    case 'fingerprint':
      return compareRange(set, writer, range, from, to)
    case 'ids': {
      // At least so many are lacking there: no need to know which before it is known that they fit.
      const atLeast = to - from - range.ids.length / idBytes
      if (atLeast * idBytes > writer.room) return list(set, writer, range.upper, from, to)
      const theirs = new Set(textsOf(range.ids))
      const mine = textsOf(set.ids(from, to)).filter((text) => !theirs.delete(text))
      if (mine.length === 0 && theirs.size === 0) break
      if ((mine.length + theirs.size) * idBytes > writer.room) return list(set, writer, range.upper, from, to)
      writer.answer(range.upper, bytesOf([...theirs]), bytesOf(mine))
      return range.upper
    }
    case 'skip':
    // Only the asking side gets these.
    case 'answer':
      break
  }
  writer.skip(range.upper)
  return range.upper
}

/** Nothing where both are the same, else a closer look. */
function compareRange(
  set: ReconcileSet,
  writer: MessageWriter,
  { upper, fingerprint }: Extract<Range, { mode: 'fingerprint' }>,
  from: number,
  to: number,
): Bound {
  if (equalBytes(set.fingerprint(from, to), fingerprint)) {
    writer.skip(upper)
    return upper
  }
  return to - from <= listedItems ? list(set, writer, upper, from, to) : split(set, writer, upper, from, to)
}

/** Lists what is here, up to where there is room. */
function list(set: ReconcileSet, writer: MessageWriter, upper: Bound, from: number, to: number): Bound {
  const fits = Math.floor(writer.room / idBytes)
  if (fits < 0) return edge(set, from)
  if (to - from <= fits) {
    writer.ids(upper, set.ids(from, to))
    return upper
  }
  // Not even one: what was spoken of before this range is where the rest begins.
  const end = from + fits
  const cut = edge(set, end)
  if (fits > 0) writer.ids(cut, set.ids(from, end))
  return cut
}

function split(set: ReconcileSet, writer: MessageWriter, upper: Bound, from: number, to: number): Bound {
  const count = to - from
  const cuts = count > longItems ? partsOfLong : parts
  for (let part = 0; part < cuts; part += 1) {
    const start = from + Math.floor((count * part) / cuts)
    if (writer.room < fingerprintBytes) return edge(set, start)
    const end = from + Math.floor((count * (part + 1)) / cuts)
    writer.fingerprint(part === cuts - 1 ? upper : edge(set, end), set.fingerprint(start, end))
  }
  return upper
}

/** A bound between an item and the one before it; of a position past the last, one past all. */
function edge(set: ReconcileSet, position: number): Bound {
  if (position === 0) return { timestampMs: 0, prefix: new Uint8Array(0) }
  // After the last item nothing is left to be told apart; a bound of its own says that there was no more room.
  if (position >= set.size) return { ...infinite }
  return boundBetween(boundOf(set.at(position - 1)), boundOf(set.at(position)))
}

/** Ids as strings of one character a byte: a set of these is the quickest set of bytes. */
function textsOf(ids: Uint8Array): string[] {
  const buffer = Buffer.from(ids.buffer, ids.byteOffset, ids.length)
  return Array.from({ length: ids.length / idBytes }, (_, i) =>
    buffer.toString('latin1', i * idBytes, (i + 1) * idBytes),
  )
}

const bytesOf = (texts: readonly string[]): Uint8Array => Buffer.from(texts.join(''), 'latin1')

const ownDifference = ({ id, timestampMs }: Item): Difference => ({ id, beforeMs: timestampMs })

const theirDifference = (text: string, upper: Bound): Difference => ({
  id: Uint8Array.from(Buffer.from(text, 'latin1')),
  beforeMs: upper.timestampMs,
})
