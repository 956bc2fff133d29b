import type { RecordId } from '../../../shared/ids.ts'
import { attestationMessage } from '../../model/attestation.ts'
import { recordMessage, type SignedRecord } from '../../model/record.ts'
import type { SignatureCheck } from './verify-batch.ts'
import type { VerifyPool } from './verify-pool.ts'

/** All that must verify for a record to be believed in a swarm: its author's signature, and each attestation's. */
export function checksOf(record: SignedRecord, swarm: RecordId): SignatureCheck[] {
  const { id, body, signature, attestations } = record
  const checks = [{ peer: body.author, message: recordMessage(id, swarm), signature }]
  for (const { author, verdict, at, signature: its } of attestations) {
    checks.push({ peer: author, message: attestationMessage({ id, swarm }, verdict, at), signature: its })
  }
  return checks
}

/** `twin`: good, and the same record is being taken from elsewhere just now. */
export type Verification = 'good' | 'bad' | 'twin'

interface Pending {
  readonly record: SignedRecord
  /** Null when the verification itself failed: that says nothing about the record. */
  readonly good: Promise<boolean | null>
}

/** Verifies records so that copies of one that come while it is being checked are not checked again. */
export class VerifyOnce {
  readonly #pool: VerifyPool
  readonly #swarm: RecordId
  readonly #pending = new Map<RecordId, Pending>()

  constructor(pool: VerifyPool, swarm: RecordId) {
    this.#pool = pool
    this.#swarm = swarm
  }

  /** Records in flight. */
  get pending(): number {
    return this.#pending.size
  }

  /**
   * One verification a record, in order.
   * @throws SwarmError when the pool fails, of this call or of the one that a twin waits for
   */
  async verify(records: readonly SignedRecord[]): Promise<readonly Verification[]> {
    const own: {
      readonly record: SignedRecord
      readonly at: number
      readonly settle: (good: boolean | null) => void
    }[] = []
    const twins: { readonly good: Pending['good']; readonly at: number }[] = []
    for (const [at, record] of records.entries()) {
      const pending = this.#pending.get(record.id)
      if (pending !== undefined && isTwin(pending.record, record)) {
        twins.push({ good: pending.good, at })
        continue
      }
      const { promise: good, resolve: settle } = Promise.withResolvers<boolean | null>()
      // The same id with other signatures is no twin: a forged copy must not speak for the true one.
      if (pending === undefined) this.#pending.set(record.id, { record, good })
      own.push({ record, at, settle })
    }
    const verifications = records.map((): Verification => 'bad')
    const results = await this.#verifyAll(own.map(({ record }) => record)).catch((error: unknown) => error as Error)
    for (const [i, { record, at, settle }] of own.entries()) {
      if (this.#pending.get(record.id)?.record === record) this.#pending.delete(record.id)
      const good = results instanceof Error ? null : results[i] === true
      if (good === true) verifications[at] = 'good'
      settle(good)
    }
    if (results instanceof Error) throw results
    for (const { good, at } of twins) {
      const isGood = await good
      if (isGood === null) throw new Error('the verification that this one waited for failed')
      if (isGood) verifications[at] = 'twin'
    }
    return verifications
  }

  async #verifyAll(records: readonly SignedRecord[]): Promise<readonly boolean[]> {
    const checks = records.map((record) => checksOf(record, this.#swarm))
    const bytes = await this.#pool.verify(checks.flat())
    let at = 0
    return checks.map(({ length }) => {
      const good = bytes.subarray(at, at + length).every((byte) => byte === 1)
      at += length
      return good
    })
  }
}

/** Whether all signatures are the same: then, with the same id, one verification tells for both. */
function isTwin(a: SignedRecord, b: SignedRecord): boolean {
  if (!isSame(a.signature, b.signature) || a.attestations.length !== b.attestations.length) return false
  return a.attestations.every((one, i) => {
    const other = b.attestations[i]
    return (
      other !== undefined &&
      one.author === other.author &&
      one.verdict === other.verdict &&
      one.at === other.at &&
      isSame(one.signature, other.signature)
    )
  })
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0
