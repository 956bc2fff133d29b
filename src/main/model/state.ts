import type { Attestation } from './attestation.ts'
import type { BucketPolicy } from './bucket.ts'
import type { SignedRecord } from './record.ts'
import { checkValidity } from './validity.ts'

export type RecordState = 'proposed' | 'accepted' | 'dismissed' | 'expired'

export interface StateVerdict {
  readonly state: RecordState
  /** One sentence that names the rule. */
  readonly reason: string
}

/**
 * The state of a record: a pure function of what is signed, the policy and the time, so all peers that hold the
 * same agree. Here anyone may author, and the author alone may take back; roles and thresholds of `policy` join in
 * the same way, and give `proposed` its use.
 */
export function recordState(
  record: SignedRecord,
  attestations: readonly Attestation[],
  policy: BucketPolicy,
  now: number,
): StateVerdict {
  const invalid = checkValidity(record.body, policy, now)
  if (invalid === 'expired') return { state: 'expired', reason: 'Its validity is over.' }
  if (invalid === 'future')
    return { state: 'proposed', reason: 'It has not begun: it starts later than clocks may differ.' }
  if (invalid === 'bad-validity') {
    return { state: 'dismissed', reason: 'Its validity is empty or longer than the bucket allows.' }
  }
  const own = attestations.findLast((attestation) => attestation.author === record.body.author)
  if (own?.verdict === 'dismiss') return { state: 'dismissed', reason: 'Its author took it back.' }
  return { state: 'accepted', reason: 'Its signature is its author’s, and anyone may author in this bucket.' }
}
