import type { PeerId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import type { Attestation } from '../../model/attestation.ts'
import { buckets } from '../../model/bucket.ts'
import { equalBytes } from '../../model/cbor.ts'
import type { SignedRecord } from '../../model/record.ts'
import { askKey } from '../../model/trust-records.ts'
import type { RecordBook } from '../../store/record-book.ts'
import { AskRates } from './ask-rates.ts'
import { AuthorRates, type AttestedAs, type RateOf } from './author-rates.ts'
import { CatchUpSlots } from './catch-up-slots.ts'
import type { Job } from './ingest-job.ts'

/** A record that is worth a verification, and who brought it. */
export interface Candidate {
  readonly job: Job
  readonly record: SignedRecord
  /** Who answers for it, by rate: its author, or, of a record that is held, those who attest it. */
  readonly charged: readonly (readonly [PeerId, RateOf])[]
  /** Nothing in it is new but when something was said: not worth telling anybody. */
  readonly isAgain: boolean
}

/** What a record that is held already brings: words of others about it, for which its author does not answer. */
interface NewWord {
  readonly attestation: Attestation
  /** `attest-again`: its author has said the same before, and only says when anew. */
  readonly as: AttestedAs
}

export interface IngestChargesDeps {
  readonly book: Pick<RecordBook, 'get' | 'has'>
  readonly clock: Clock
  readonly isStranger: (peer: PeerId) => boolean
  /** False: nobody is held to any rate. */
  readonly limitRates: boolean
}

/**
 * Whose share of ingest's work a record costs. What comes by catching up is as old as may be, and much at once: it is
 * free, but for what comes anew again and again.
 */
export class IngestCharges {
  readonly #book: Pick<RecordBook, 'get' | 'has'>
  readonly #isStranger: (peer: PeerId) => boolean
  readonly #limitRates: boolean
  readonly #rates: AuthorRates
  readonly #asks: AskRates
  readonly #slots: CatchUpSlots

  constructor(deps: IngestChargesDeps) {
    this.#book = deps.book
    this.#isStranger = deps.isStranger
    this.#limitRates = deps.limitRates
    this.#rates = new AuthorRates(deps)
    this.#asks = new AskRates(deps)
    this.#slots = new CatchUpSlots(deps.clock)
  }

  /**
   * To be settled afterwards; or `rate` when whoever answers for it has brought enough, `flood` when the neighbour that
   * hands it over is to blame for that.
   */
  charge(job: Job, record: SignedRecord): Candidate | 'rate' | 'flood' {
    const { bucket } = record.body
    const held = this.#book.has(bucket, record.id) ? this.#book.get(record.id)?.record : undefined
    if (held === undefined) return this.#chargeNew(job, record)
    const words = newWords(held, record).flatMap(({ attestation, as }) => {
      const isFree = this.#isFree(job, () => `${record.id} ${attestation.author}`)
      return isFree || this.#rates.reserve(attestation.author, as) ? [{ attestation, as, isFree }] : []
    })
    if (words.length === 0) return 'rate'
    return {
      job,
      // What is held already need not be verified again.
      record: { ...record, attestations: words.map(({ attestation }) => attestation) },
      charged: words.flatMap(({ attestation, as, isFree }) => (isFree ? [] : [[attestation.author, as] as const])),
      isAgain: words.every(({ as }) => as === 'attest-again'),
    }
  }

  /** It has been verified, or not; false when it is good, and there is no room after all. */
  settle({ charged }: Candidate, isGood: boolean): boolean {
    // All of them, whatever the first says.
    const rooms = charged.map(([author, what]) => this.#rates.settle(author, what, isGood))
    return !rooms.includes(false)
  }

  /** The standing of these peers differs now, and with it what they may say in a minute. */
  reset(peers: readonly PeerId[]): void {
    this.#rates.reset(peers)
  }

  #chargeNew(job: Job, record: SignedRecord): Candidate | 'rate' | 'flood' {
    const { author, bucket, key } = record.body
    // Of a set nothing is replaced: more than the author's quota does not come in.
    const slot = buckets[bucket].kind === 'keyed' ? () => `${bucket} ${author} ${key}` : null
    const isFree = this.#isFree(job, slot)
    if (!isFree && !this.#rates.reserve(author, bucket)) return 'rate'
    const charged = isFree ? [] : [[author, bucket] as const]
    const candidate: Candidate = { job, record, charged, isAgain: false }
    // Strangers' asks make room for each other without end.
    const isAsk = bucket === 'trust' && key === askKey
    if (!isAsk || !this.#limitRates || !this.#isStranger(author)) return candidate
    const taken = this.#asks.take(author, job.source)
    if (taken === 'taken') return candidate
    this.settle(candidate, false)
    return taken
  }

  /** @param slot what it is another version of; null: of nothing */
  #isFree({ source }: Job, slot: (() => string) | null): boolean {
    if (!this.#limitRates) return true
    return source.how === 'catch-up' && (slot === null || this.#slots.isFree(slot()))
  }
}

/** The attestations that are not held just as they are. */
function newWords(held: SignedRecord, record: SignedRecord): readonly NewWord[] {
  const known = new Map(held.attestations.map((attestation) => [attestation.author, attestation]))
  return record.attestations.flatMap((attestation): readonly NewWord[] => {
    const before = known.get(attestation.author)
    if (before !== undefined && isSame(before, attestation)) return []
    return [{ attestation, as: before?.verdict === attestation.verdict ? 'attest-again' : 'attest' }]
  })
}

function isSame(one: Attestation, other: Attestation): boolean {
  return one.at === other.at && one.verdict === other.verdict && equalBytes(one.signature, other.signature)
}
