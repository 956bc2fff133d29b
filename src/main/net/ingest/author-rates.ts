import type { PeerId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import { RateTable } from '../../base/rate-table.ts'
import { buckets, type BucketName } from '../../model/bucket.ts'

/** Of an author without a role: a twentieth of a member's share. It announces itself, and asks to be let in. */
const strangersShare = 1 / 20
/** What an author may bring so much of: records of a bucket, or words about records that are held already. */
export type RateOf = BucketName | AttestedAs
/** `attest-again`: the same verdict about the same record, only said later. */
export type AttestedAs = 'attest' | 'attest-again'

/** As much as of what people decide; a script endorses a classroom's files at once. */
const attested = { ratePerMinute: 120, burst: 2_000 }
/** It says nothing new, so nobody needs many. */
const attestedAgain = { ratePerMinute: 6, burst: 20 }
const terms: Readonly<Record<RateOf, { readonly ratePerMinute: number; readonly burst: number }>> = {
  ...buckets,
  attest: attested,
  'attest-again': attestedAgain,
}

/** Two buckets each of the largest fleet; an author that falls out begins with a full burst again. */
const maxKept = 10_000

/**
 * How much each author may bring by gossip and lines, by bucket, and how many attestations. Only what verified is counted, so nobody can use up
 * another's share by forging, but for the moment that a verification takes; and who has used up its own costs none more.
 */
export class AuthorRates {
  readonly #isStranger: (author: PeerId) => boolean
  readonly #rates: RateTable
  /** Being verified: as many as ingest has under way. */
  readonly #pending = new Map<string, number>()

  constructor(deps: { readonly clock: Clock; readonly isStranger: (author: PeerId) => boolean }) {
    this.#rates = new RateTable(deps.clock, { max: maxKept })
    this.#isStranger = deps.isStranger
  }

  get size(): number {
    return this.#rates.size
  }

  /** Whether one more of this author is worth a verification; then it is to be settled afterwards. */
  reserve(author: PeerId, bucket: RateOf): boolean {
    const key = `${bucket} ${author}`
    const pending = (this.#pending.get(key) ?? 0) + 1
    const rate = this.#rates.peek(key)
    const hasRoom = rate === undefined ? pending <= this.#termsOf(author, bucket).burst : rate.waitMs(pending) === 0
    if (hasRoom) this.#pending.set(key, pending)
    return hasRoom
  }

  /** One that was reserved for has been verified, or not; false when it is good but the share is used up. */
  settle(author: PeerId, bucket: RateOf, isGood: boolean): boolean {
    const key = `${bucket} ${author}`
    const pending = (this.#pending.get(key) ?? 0) - 1
    if (pending > 0) this.#pending.set(key, pending)
    else this.#pending.delete(key)
    if (!isGood) return true
    return this.#rates.of(key, this.#termsOf(author, bucket)).take()
  }

  /** Standings differ now: shares are made anew, as full as at first. */
  reset(authors: readonly PeerId[]): void {
    for (const author of authors) {
      for (const bucket of Object.keys(terms)) this.#rates.delete(`${bucket} ${author}`)
    }
  }

  #termsOf(author: PeerId, bucket: RateOf): { readonly perS: number; readonly burst: number } {
    const share = this.#isStranger(author) ? strangersShare : 1
    const { ratePerMinute, burst } = terms[bucket]
    return { perS: (ratePerMinute * share) / 60, burst: Math.max(2, Math.floor(burst * share)) }
  }
}
