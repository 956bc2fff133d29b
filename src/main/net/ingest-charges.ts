import type { PeerId } from '../../shared/ids.ts'
import type { Attestation } from '../model/attestation.ts'
import { equalBytes } from '../model/cbor.ts'
import type { SignedRecord } from '../model/record.ts'
import type { RecordBook } from '../store/record-book.ts'
import type { AttestedAs, AuthorRates, RateOf } from './author-rates.ts'
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

/** Whose share of ingest's work a record costs. What was asked for is as old as may be, and much at once: it is free. */
export class IngestCharges {
  readonly #book: Pick<RecordBook, 'get' | 'has'>
  readonly #rates: AuthorRates | null

  /** @param rates null: nobody is held to any */
  constructor(book: Pick<RecordBook, 'get' | 'has'>, rates: AuthorRates | null) {
    this.#book = book
    this.#rates = rates
  }

  /** Undefined when whoever answers for it has brought enough. Else it is to be settled afterwards. */
  charge(job: Job, record: SignedRecord): Candidate | undefined {
    const { author, bucket } = record.body
    const rates = this.#ratesOf(job)
    const held = this.#book.has(bucket, record.id) ? this.#book.get(record.id)?.record : undefined
    if (held === undefined) {
      const isWithin = rates?.reserve(author, bucket) !== false
      return isWithin ? { job, record, charged: [[author, bucket]], isAgain: false } : undefined
    }
    const words = newWords(held, record).filter(
      ({ attestation, as }) => rates?.reserve(attestation.author, as) !== false,
    )
    if (words.length === 0) return undefined
    return {
      job,
      // What is held already need not be verified again.
      record: { ...record, attestations: words.map(({ attestation }) => attestation) },
      charged: words.map(({ attestation, as }) => [attestation.author, as]),
      isAgain: words.every(({ as }) => as === 'attest-again'),
    }
  }

  /** It has been verified, or not; false when it is good, and there is no room after all. */
  settle({ job, charged }: Candidate, isGood: boolean): boolean {
    const rates = this.#ratesOf(job)
    // All of them, whatever the first says.
    const rooms = charged.map(([author, what]) => rates?.settle(author, what, isGood) !== false)
    return !rooms.includes(false)
  }

  /** The standing of these peers differs now, and with it what they may say in a minute. */
  reset(peers: readonly PeerId[]): void {
    this.#rates?.reset(peers)
  }

  #ratesOf({ source }: Job): AuthorRates | null {
    return source.how === 'catch-up' ? null : this.#rates
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
