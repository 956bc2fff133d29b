import type { PeerId } from '../../shared/ids.ts'
import type { Clock } from '../base/clock.ts'
import { TokenBucket } from '../base/token-bucket.ts'
import { buckets, type BucketName } from '../model/bucket.ts'

/** Of an author without a role: a twentieth of a member's share. It announces itself, and asks to be let in. */
const strangersShare = 1 / 20
/** Two buckets each of the largest fleet; an author that falls out begins with a full burst again. */
const maxKept = 10_000

/**
 * How much each author may bring by gossip and lines, by bucket. Only what verified is counted, so nobody can use up
 * another's share by forging; and who has used up its own costs no verification more.
 */
export class AuthorRates {
  readonly #clock: Clock
  readonly #isStranger: (author: PeerId) => boolean
  readonly #rates = new Map<string, TokenBucket>()

  constructor(deps: { readonly clock: Clock; readonly isStranger: (author: PeerId) => boolean }) {
    this.#clock = deps.clock
    this.#isStranger = deps.isStranger
  }

  get size(): number {
    return this.#rates.size
  }

  /** Whether one more of this author would be taken now. */
  allows(author: PeerId, bucket: BucketName): boolean {
    const rate = this.#rates.get(`${bucket} ${author}`)
    return rate === undefined || rate.waitMs() === 0
  }

  /** Counts one that has verified; false when the share is used up. */
  take(author: PeerId, bucket: BucketName): boolean {
    const key = `${bucket} ${author}`
    const rate = this.#rates.get(key) ?? this.#make(author, bucket)
    // The least recently used is the first.
    this.#rates.delete(key)
    this.#rates.set(key, rate)
    return rate.take()
  }

  /** Standings differ now: shares are made anew, as full as at first. */
  reset(authors: readonly PeerId[]): void {
    for (const author of authors) {
      for (const bucket of Object.keys(buckets)) this.#rates.delete(`${bucket} ${author}`)
    }
  }

  #make(author: PeerId, bucket: BucketName): TokenBucket {
    const oldest = this.#rates.keys().next()
    if (this.#rates.size >= maxKept && oldest.done !== true) this.#rates.delete(oldest.value)
    const share = this.#isStranger(author) ? strangersShare : 1
    const { ratePerMinute, burst } = buckets[bucket]
    return new TokenBucket(this.#clock, {
      perS: (ratePerMinute * share) / 60,
      burst: Math.max(2, Math.floor(burst * share)),
    })
  }
}
