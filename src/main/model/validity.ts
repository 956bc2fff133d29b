import { maxFutureMs, type BucketPolicy } from './bucket.ts'
import type { RecordBody } from './record.ts'
import type { RejectReason } from './reject.ts'

type Span = Pick<RecordBody, 'validFrom' | 'validUntil'>

/**
 * Whether a record counts at `now` (ms since the epoch): undefined, or why not. Clocks lie, so a start up to
 * `maxFutureMs` ahead is taken.
 */
export function checkValidity(
  span: Span,
  policy: BucketPolicy,
  now: number,
): Extract<RejectReason, 'bad-validity' | 'future' | 'expired'> | undefined {
  if (span.validUntil <= span.validFrom || span.validUntil - span.validFrom > policy.maxValidityMs)
    return 'bad-validity'
  if (span.validFrom > now + maxFutureMs) return 'future'
  return span.validUntil <= now ? 'expired' : undefined
}

/** When the last record that this one can outdate has ended too: until then its being newer must be remembered. */
export function horizonMs(span: Pick<RecordBody, 'validFrom'>, policy: BucketPolicy): number {
  return span.validFrom + policy.maxValidityMs
}
