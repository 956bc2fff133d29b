import type { Cid } from '../../../shared/ids.ts'
import { RecentSet } from '../../base/recent-set.ts'

/** Claims that were found wrong; a liar can make more, and each of them costs one fetch at most. */
const maxDisproved = 1_000

/**
 * Which files a SHA-1 may stand for, as records and this peer's own index tell. A claim, not a proof: SHA-1 names no
 * block, so whoever reads all of a file compares, and says what was wrong.
 */
export class Sha1Index {
  readonly #cids = new Map<string, Set<Cid>>()
  readonly #said = new Map<Cid, readonly string[]>()
  readonly #disproved = new RecentSet(maxDisproved)

  /** What is said of a file now; what was said before is forgotten. As bounded as the records and files that say it. */
  set(cid: Cid, sha1s: readonly string[]): void {
    for (const sha1 of this.#said.get(cid) ?? []) {
      const cids = this.#cids.get(sha1)
      cids?.delete(cid)
      if (cids?.size === 0) this.#cids.delete(sha1)
    }
    if (sha1s.length === 0) return void this.#said.delete(cid)
    this.#said.set(cid, sha1s)
    for (const sha1 of sha1s) {
      const cids = this.#cids.get(sha1) ?? new Set()
      this.#cids.set(sha1, cids.add(cid))
    }
  }

  clear(): void {
    this.#cids.clear()
    this.#said.clear()
  }

  cids(sha1: string): readonly Cid[] {
    return [...(this.#cids.get(sha1) ?? [])].filter((cid) => this.isPossible(sha1, cid))
  }

  /** One of a file's; null when nobody tells. */
  of(cid: Cid): string | null {
    return this.#said.get(cid)?.[0] ?? null
  }

  /** All bytes of a file were read, and their SHA-1 is another. */
  disprove(sha1: string, cid: Cid): void {
    this.#disproved.add(`${sha1} ${cid}`)
  }

  isPossible(sha1: string, cid: Cid): boolean {
    return !this.#disproved.has(`${sha1} ${cid}`)
  }
}
