import { idBytes, type Bound } from './reconcile-wire.ts'

/** What is compared: a time and an id, by which items are sorted. */
export interface Item {
  /** ms since the epoch, a safe integer. */
  readonly timestampMs: number
  /** 32 bytes. */
  readonly id: Uint8Array
}

/** Words of 32 bits in an id. */
export const words = idBytes / 4
/** A full chunk is cut in two. Changing one costs a move of half of it at most, 10 KiB. */
export const maxChunkItems = 512
/** A chunk that has shrunk to this goes into its neighbour when both together fill half a chunk at most. */
export const smallChunkItems = 64

/** A stretch of the list, with the sum of its ids: a column a word, each exact as long as there are under 2^20 items. */
export class Chunk {
  count = 0
  times: Float64Array
  ids: Uint8Array
  words: Uint32Array
  readonly sums = new Float64Array(words)

  constructor(capacity: number) {
    this.times = new Float64Array(capacity)
    this.ids = new Uint8Array(capacity * idBytes)
    this.words = new Uint32Array(this.ids.buffer)
  }

  insert(at: number, { timestampMs, id }: Item): void {
    if (this.count === this.times.length) this.#resize(Math.min(maxChunkItems, Math.ceil(this.count * 1.5)))
    this.times.copyWithin(at + 1, at, this.count)
    this.ids.copyWithin((at + 1) * idBytes, at * idBytes, this.count * idBytes)
    this.times[at] = timestampMs
    this.ids.set(id, at * idBytes)
    this.count += 1
    this.#sum(at, at + 1, 1)
  }

  remove(at: number): void {
    this.#sum(at, at + 1, -1)
    this.times.copyWithin(at, at + 1, this.count)
    this.ids.copyWithin(at * idBytes, (at + 1) * idBytes, this.count * idBytes)
    this.count -= 1
  }

  /** Takes away the second half, as a chunk of its own. */
  halve(): Chunk {
    const at = this.count >> 1
    const rest = new Chunk(maxChunkItems * 0.75)
    rest.append(this, at)
    this.#sum(at, this.count, -1)
    this.count = at
    this.#resize(maxChunkItems * 0.75)
    return rest
  }

  /** Adds what another, later one, holds from a place on. */
  append(other: Chunk, from = 0): void {
    const added = other.count - from
    if (this.count + added > this.times.length) this.#resize(this.count + added)
    this.times.set(other.times.subarray(from, other.count), this.count)
    this.ids.set(other.ids.subarray(from * idBytes, other.count * idBytes), this.count * idBytes)
    this.count += added
    this.#sum(this.count - added, this.count, 1)
  }

  /** Adds the ids of a stretch to sums. */
  addTo(sums: Float64Array, from: number, to: number, sign: 1 | -1): void {
    for (let item = from; item < to; item += 1) {
      for (let word = 0; word < words; word += 1) {
        sums[word] = (sums[word] ?? 0) + sign * (this.words[item * words + word] ?? 0)
      }
    }
  }

  /** Below, at or above zero as the item lies before the bound, at it, or past it. */
  compare(at: number, { timestampMs, prefix }: Bound): number {
    const own = this.times[at] ?? 0
    if (own !== timestampMs) return own < timestampMs ? -1 : 1
    for (let i = 0; i < idBytes; i += 1) {
      const difference = (this.ids[at * idBytes + i] ?? 0) - (prefix[i] ?? 0)
      if (difference !== 0) return difference
    }
    return 0
  }

  /** The first item that is not before the bound. */
  find(bound: Bound): number {
    let low = 0
    let high = this.count
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.compare(middle, bound) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  #sum(from: number, to: number, sign: 1 | -1): void {
    this.addTo(this.sums, from, to, sign)
  }

  #resize(capacity: number): void {
    const { times, ids, count } = this
    this.times = new Float64Array(capacity)
    this.ids = new Uint8Array(capacity * idBytes)
    this.words = new Uint32Array(this.ids.buffer)
    this.times.set(times.subarray(0, count))
    this.ids.set(ids.subarray(0, count * idBytes))
  }
}
