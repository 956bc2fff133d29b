import { hash } from 'node:crypto'
import { Chunk, maxChunkItems, smallChunkItems, words, type Item } from './reconcile-chunk.ts'
import { fingerprintBytes, idBytes, type Bound } from './reconcile-wire.ts'

/** A sorted set as reconciliation sees it. Positions hold until the set changes. */
export interface ReconcileSet {
  readonly size: number
  /** Of the first item that is not before the bound. */
  find(bound: Bound): number
  at(position: number): Item
  /** The ids at these positions (`to` exclusive), one after another: a copy. */
  ids(from: number, to: number): Uint8Array
  /** The same for equal ids, whatever the times: the first bytes of SHA-256 over their sum modulo 2^256 and their count. */
  fingerprint(from: number, to: number): Uint8Array
}

/**
 * A sorted set of up to a million items, some 50 bytes each, that takes items anywhere and gives the fingerprint of any
 * stretch of it: chunks with their sums, and running sums over the chunks that are brought up to date when they are
 * asked for. Both cost on the order of the square root of the size, far less for what is added at the end.
 */
export class ItemList implements ReconcileSet {
  readonly #chunks: Chunk[] = []
  #size = 0
  /** Items before each chunk, and the sums of their ids; good for the chunks before `#staleFrom`. */
  #before: number[] = [0]
  #sumsBefore = new Float64Array(words)
  #staleFrom = 0

  get size(): number {
    return this.#size
  }

  /** False when it was there. */
  add(item: Item): boolean {
    const bound = boundOf(item)
    const [index, at] = this.#place(bound)
    const chunk = this.#chunks[index]
    if (chunk === undefined) return this.#addLast(item)
    if (at < chunk.count && chunk.compare(at, bound) === 0) return false
    if (chunk.count === maxChunkItems) {
      const rest = chunk.halve()
      this.#chunks.splice(index + 1, 0, rest)
      if (at <= chunk.count) chunk.insert(at, item)
      else rest.insert(at - chunk.count, item)
    } else {
      chunk.insert(at, item)
    }
    this.#changed(index, 1)
    return true
  }

  /** False when it was not there. */
  remove(item: Item): boolean {
    const bound = boundOf(item)
    const [index, at] = this.#place(bound)
    const chunk = this.#chunks[index]
    if (chunk === undefined || at >= chunk.count || chunk.compare(at, bound) !== 0) return false
    chunk.remove(at)
    this.#changed(index, -1)
    if (chunk.count === 0) this.#chunks.splice(index, 1)
    else if (chunk.count <= smallChunkItems) this.#join(index)
    return true
  }

  has(item: Item): boolean {
    const bound = boundOf(item)
    const [index, at] = this.#place(bound)
    const chunk = this.#chunks[index]
    return chunk !== undefined && at < chunk.count && chunk.compare(at, bound) === 0
  }

  clear(): void {
    this.#chunks.length = 0
    this.#size = 0
    this.#staleFrom = 0
  }

  find(bound: Bound): number {
    const [index, at] = this.#place(bound)
    if (index >= this.#chunks.length) return this.#size
    this.#refresh()
    return (this.#before[index] ?? 0) + at
  }

  at(position: number): Item {
    const [chunk, at] = this.#seek(position)
    if (chunk === undefined) throw new RangeError(`there is no item ${position} of ${this.#size}`)
    return { timestampMs: chunk.times[at] ?? 0, id: chunk.ids.slice(at * idBytes, (at + 1) * idBytes) }
  }

  ids(from: number, to: number): Uint8Array {
    const ids = new Uint8Array(Math.max(0, to - from) * idBytes)
    for (let position = from; position < to;) {
      const [chunk, at] = this.#seek(position)
      if (chunk === undefined) break
      const end = Math.min(chunk.count, at + to - position)
      ids.set(chunk.ids.subarray(at * idBytes, end * idBytes), (position - from) * idBytes)
      position += end - at
    }
    return ids
  }

  fingerprint(from: number, to: number): Uint8Array {
    const sums = new Float64Array(words)
    if (from < to) {
      const [chunk, at] = this.#seek(from)
      if (chunk !== undefined && at + to - from <= chunk.count) {
        chunk.addTo(sums, at, at + to - from, 1)
      } else {
        this.#addBefore(sums, to, 1)
        this.#addBefore(sums, from, -1)
      }
    }
    return fingerprintOf(sums, Math.max(0, to - from))
  }

  /** Adds the ids of all items before a position to sums. */
  #addBefore(sums: Float64Array, position: number, sign: 1 | -1): void {
    this.#refresh()
    const index = this.#indexOf(position)
    for (let word = 0; word < words; word += 1) {
      sums[word] = (sums[word] ?? 0) + sign * (this.#sumsBefore[index * words + word] ?? 0)
    }
    this.#chunks[index]?.addTo(sums, 0, position - (this.#before[index] ?? 0), sign)
  }

  #addLast(item: Item): true {
    const last = this.#chunks.at(-1)
    const isFull = last === undefined || last.count === maxChunkItems
    const chunk = isFull ? new Chunk(16) : last
    if (isFull) this.#chunks.push(chunk)
    chunk.insert(chunk.count, item)
    this.#changed(this.#chunks.length - 1, 1)
    return true
  }

  #join(index: number): void {
    for (const first of [index - 1, index]) {
      const [one, other] = [this.#chunks[first], this.#chunks[first + 1]]
      if (one === undefined || other === undefined || one.count + other.count > maxChunkItems / 2) continue
      one.append(other)
      this.#chunks.splice(first + 1, 1)
      this.#staleFrom = Math.min(this.#staleFrom, first)
      return
    }
  }

  #changed(index: number, by: 1 | -1): void {
    this.#size += by
    this.#staleFrom = Math.min(this.#staleFrom, index)
  }

  /** The chunk that holds, or would hold, what is at a bound, and the place in it; past the last chunk for the end. */
  #place(bound: Bound): readonly [index: number, at: number] {
    let low = 0
    let high = this.#chunks.length
    while (low < high) {
      const middle = (low + high) >> 1
      const chunk = this.#chunks[middle]
      if (chunk !== undefined && chunk.compare(chunk.count - 1, bound) < 0) low = middle + 1
      else high = middle
    }
    return [low, this.#chunks[low]?.find(bound) ?? 0]
  }

  #seek(position: number): readonly [Chunk | undefined, number] {
    this.#refresh()
    const index = this.#indexOf(position)
    return [this.#chunks[index], position - (this.#before[index] ?? 0)]
  }

  /** The chunk of a position; the number of chunks for the end. */
  #indexOf(position: number): number {
    if (position >= this.#size) return this.#chunks.length
    let low = 0
    let high = this.#chunks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#before[middle] ?? 0) <= position) low = middle
      else high = middle - 1
    }
    return low
  }

  #refresh(): void {
    const count = this.#chunks.length
    if (this.#staleFrom > count) this.#staleFrom = count
    if (this.#staleFrom === count && this.#before.length === count + 1) return
    if (this.#sumsBefore.length < (count + 1) * words) {
      const sums = new Float64Array((count + 1) * words * 2)
      sums.set(this.#sumsBefore)
      this.#sumsBefore = sums
    }
    this.#before.length = Math.min(this.#before.length, this.#staleFrom + 1)
    for (let index = this.#staleFrom; index < count; index += 1) {
      const chunk = this.#chunks[index]
      this.#before[index + 1] = (this.#before[index] ?? 0) + (chunk?.count ?? 0)
      for (let word = 0; word < words; word += 1) {
        this.#sumsBefore[(index + 1) * words + word] =
          (this.#sumsBefore[index * words + word] ?? 0) + (chunk?.sums[word] ?? 0)
      }
    }
    this.#staleFrom = count
  }
}

export const boundOf = ({ timestampMs, id }: Item): Bound => ({ timestampMs, prefix: id })

/** As negentropy does it: SHA-256 over the sum, little-endian, and the count as a varint; its first 16 bytes. */
function fingerprintOf(sums: Float64Array, count: number): Uint8Array {
  const digits: number[] = []
  for (let rest = count; rest >= 128; rest = Math.floor(rest / 128)) digits.unshift(rest % 128)
  const first = Math.floor(count / 128 ** digits.length)
  const bytes = new Uint8Array(idBytes + digits.length + 1)
  const view = new DataView(bytes.buffer)
  let carry = 0
  for (let word = 0; word < words; word += 1) {
    const value = (sums[word] ?? 0) + carry
    const low = value % 2 ** 32
    view.setUint32(word * 4, low, true)
    carry = (value - low) / 2 ** 32
  }
  const varint = [first, ...digits]
  varint.forEach((digit, i) => view.setUint8(idBytes + i, digit | (i < varint.length - 1 ? 128 : 0)))
  return hash('sha256', bytes, 'buffer').subarray(0, fingerprintBytes)
}
