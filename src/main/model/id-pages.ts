import type { RecordId } from '../../shared/ids.ts'

/** One page of a peer's sorted ids: all it has after `after` (exclusive) up to `upTo` (inclusive; null: to the end). */
export interface IdPage {
  readonly ids: readonly RecordId[]
  readonly after: RecordId | null
  readonly upTo: RecordId | null
}

/** What each side lacks, given their sorted ids of the same range. */
export function compareIds(
  ours: readonly RecordId[],
  theirs: readonly RecordId[],
): { readonly weLack: readonly RecordId[]; readonly theyLack: readonly RecordId[] } {
  const mine = new Set(ours)
  const yours = new Set(theirs)
  return { weLack: theirs.filter((id) => !mine.has(id)), theyLack: ours.filter((id) => !yours.has(id)) }
}
