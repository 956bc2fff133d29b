/** What the form of a proposal holds. */
export interface ProposalDraft {
  readonly bucket: string
  readonly key: string
  readonly value: string
  readonly amount: number
  readonly unit: keyof typeof units
}

export const units = { minutes: 60_000, hours: 3_600_000, days: 86_400_000 } as const

/** One record with its signatures has at most 64 KiB; the rest is for what is around the value. */
const maxValueBytes = 60_000

export interface CheckedProposal {
  /** What is sent; null while something is wrong or missing. */
  readonly proposal: {
    readonly bucket: string
    readonly key: string
    readonly value: Record<string, unknown>
    readonly validForMs: number
  } | null
  readonly errors: { readonly key?: string; readonly value?: string; readonly amount?: string }
}

function valueOf(text: string): { readonly value: Record<string, unknown> } | { readonly error: string } {
  if (text.length > maxValueBytes) return { error: 'A record has at most 64 KiB.' }
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return { error: 'A value is a JSON object: { "name": … }.' }
    }
    return { value: value as Record<string, unknown> }
  } catch (error) {
    return { error: error instanceof Error ? `Not JSON: ${error.message}.` : 'Not JSON.' }
  }
}

/** A rough check before the peer's own. */
export function checkProposal({ bucket, key, value, amount, unit }: ProposalDraft): CheckedProposal {
  const read = valueOf(value)
  const errors = {
    ...('error' in read ? { value: read.error } : {}),
    ...(amount >= 1 ? {} : { amount: 'At least 1.' }),
  }
  const trimmed = key.trim()
  if ('error' in read || amount < 1 || trimmed === '' || bucket === '') return { proposal: null, errors }
  return {
    proposal: { bucket, key: trimmed, value: read.value, validForMs: Math.round(amount * units[unit]) },
    errors,
  }
}
