/** Slots at first, and per doubling; a power of two. */
const leastSlots = 1_024

/**
 * A set of multihash digests that remembers the first 8 bytes of each: 16 to 32 bytes a member where a Set of
 * strings takes a hundred and more, so that the blocks of a terabyte fit in 128 MB. It may say that it has what it
 * has not (one pair in 2^64), never that it has not what it has.
 */
export class DigestSet {
  #words: Uint32Array
  #size = 0

  /** @param expected members: room for them is made at once, so that growing never takes long */
  constructor(expected = 0) {
    let slots = leastSlots
    while (slots < expected * 2) slots *= 2
    this.#words = new Uint32Array(slots * 2)
  }

  get size(): number {
    return this.#size
  }

  has(digest: Uint8Array): boolean {
    return this.#words[this.#find(...wordsOf(digest))] !== 0
  }

  /** Tells whether it is new. */
  add(digest: Uint8Array): boolean {
    const [high, low] = wordsOf(digest)
    const at = this.#find(high, low)
    if (this.#words[at] !== 0) return false
    this.#words[at] = high
    this.#words[at + 1] = low
    this.#size += 1
    if (this.#size * 4 > this.#words.length) this.#grow()
    return true
  }

  /** Where it is, or the free slot where it would be. */
  #find(high: number, low: number): number {
    const words = this.#words
    const last = words.length - 1
    let at = (low * 2) & last
    while (words[at] !== 0 && (words[at] !== high || words[at + 1] !== low)) at = (at + 2) & last
    return at
  }

  #grow(): void {
    const before = this.#words
    this.#words = new Uint32Array(before.length * 2)
    for (let at = 0; at < before.length; at += 2) {
      const high = before[at] ?? 0
      const low = before[at + 1] ?? 0
      if (high === 0) continue
      const to = this.#find(high, low)
      this.#words[to] = high
      this.#words[to + 1] = low
    }
  }
}

/** Digests are evenly random, so their bytes serve as they are; zero marks a free slot. */
function wordsOf(digest: Uint8Array): [number, number] {
  const byte = (at: number): number => digest[at] ?? 0
  const high = ((byte(0) << 24) | (byte(1) << 16) | (byte(2) << 8) | byte(3)) >>> 0
  const low = ((byte(4) << 24) | (byte(5) << 16) | (byte(6) << 8) | byte(7)) >>> 0
  return [high === 0 ? 1 : high, low]
}
