import { hash } from 'node:crypto'

const digestBytes = 32
const words = digestBytes / 4

/**
 * A fingerprint of a set of 32 byte digests, whatever their order: SHA-256 over their sum modulo 2^256 (little-endian)
 * and their count (8 bytes, little-endian). Adding is cheap, so a set of any size is never in memory.
 */
export class SetSum {
  /** A column a word of 32 bits: exact while there are under 2^21 digests. */
  readonly #sums = new Float64Array(words)
  #count = 0

  get count(): number {
    return this.#count
  }

  add(digest: Uint8Array): void {
    const view = new DataView(digest.buffer, digest.byteOffset, digestBytes)
    for (let word = 0; word < words; word += 1) {
      this.#sums[word] = (this.#sums[word] ?? 0) + view.getUint32(word * 4, true)
    }
    this.#count += 1
  }

  fingerprint(): Uint8Array {
    const input = Buffer.alloc(digestBytes + 8)
    let carry = 0
    for (let word = 0; word < words; word += 1) {
      const sum = (this.#sums[word] ?? 0) + carry
      input.writeUInt32LE(sum % 2 ** 32, word * 4)
      carry = Math.floor(sum / 2 ** 32)
    }
    input.writeBigUInt64LE(BigInt(this.#count), digestBytes)
    return Uint8Array.from(hash('sha256', input, 'buffer'))
  }
}
