import type { RecordView } from '../../shared/record-views.ts'

export interface ValidityMark {
  readonly atPercent: number
  readonly atMs: number
  readonly word: string
}

export interface Validity {
  readonly fromPercent: number
  readonly toPercent: number
  readonly nowPercent: number
  readonly phase: 'not yet' | 'valid' | 'over'
  readonly marks: readonly ValidityMark[]
}

/** Room left and right of what is shown, as a share of it, so that marks at the ends are seen. */
const margin = 0.06

/** Where a record's life, its signatures and now lie on a line from 0 to 100. */
export function validityOf(record: RecordView, nowMs: number): Validity {
  const { validFromMs, validUntilMs, receivedAtMs, signers } = record
  const times = [validFromMs, validUntilMs, nowMs]
  const low = Math.min(...times)
  const span = Math.max(1, Math.max(...times) - low)
  const at = (ms: number): number => {
    const share = (ms - low + span * margin) / (span * (1 + 2 * margin))
    return Math.round(Math.min(1, Math.max(0, share)) * 10_000) / 100
  }
  const words = { propose: 'signed', endorse: 'endorsed', dismiss: 'dismissed' } as const
  return {
    fromPercent: at(validFromMs),
    toPercent: at(validUntilMs),
    nowPercent: at(nowMs),
    phase: nowMs < validFromMs ? 'not yet' : nowMs < validUntilMs ? 'valid' : 'over',
    marks: [
      ...signers.map((signer) => ({
        atPercent: at(signer.atMs),
        atMs: signer.atMs,
        word: `${words[signer.verdict]} by ${signer.name ?? 'an unknown peer'}`,
      })),
      { atPercent: at(receivedAtMs), atMs: receivedAtMs, word: 'came here' },
    ],
  }
}
