import { buckets, maxFutureMs, type BucketPolicy } from './bucket.ts'
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

/** By what time trust records are judged: clocks are set wrong for a minute, and what counts must outlive that. */
export interface TrustTime {
  /** What time it is, ms since the epoch. */
  readonly now: number
  /** What had ended by then is over: at most `now`, and behind it while nobody bears out that the clock went ahead. */
  readonly overMs: number
  /**
   * Others bear the time out: then what is from the future was stamped by a clock that was wrong. Else it may be our own
   * clock that was set back, and roles that were let in go on counting.
   */
  readonly sure: boolean
}

/** As `checkValidity`, of a record in `trust` that is held. */
export function checkTrustTime(span: Span, { now, overMs, sure }: TrustTime): ReturnType<typeof checkValidity> {
  const invalid = checkValidity(span, buckets.trust, now)
  if (invalid === 'future') return sure ? 'future' : undefined
  return invalid === 'expired' && span.validUntil > overMs ? undefined : invalid
}

/** When the last record that this one can outdate has ended too: until then its being newer must be remembered. */
export function horizonMs(span: Pick<RecordBody, 'validFrom'>, policy: BucketPolicy): number {
  return span.validFrom + policy.maxValidityMs
}
