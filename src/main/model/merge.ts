import type { RecordId } from '../../shared/ids.ts'
import type { BucketPolicy } from './bucket.ts'
import type { RecordBody } from './record.ts'
import { checkValidity, horizonMs } from './validity.ts'

/**
 * Which of an author's records under one key is the newest: the later validFrom, then the higher seq, then the
 * id. Not seq first: then a record could be outdated by one whose validity, by the author's wrong clock, lies
 * before its own, and what peers hold in the end would depend on the order in which they heard the two. With
 * validFrom first the newest is also the last to end, which makes the state a function of the set of records and
 * the time. An honest author's seq and validFrom rise together. And a robot that lost its database, and counts
 * from 1 again, is not outdated by its own past.
 */
export interface Version {
  readonly id: RecordId
  readonly seq: number
  readonly validFrom: number
  readonly validUntil: number
}

/**
 * added: new. replaced: new, and outdates the one before. superseded: a newer one is known. known: the same is
 * known. marked: over, but it outdates what was there, of which only that is remembered. The rest are the reasons of
 * `checkValidity`.
 */
export type MergeOutcome =
  | 'added'
  | 'replaced'
  | 'superseded'
  | 'known'
  | 'marked'
  | 'expired'
  | 'future'
  | 'bad-validity'

export function versionOf(record: { readonly id: RecordId; readonly body: RecordBody }): Version {
  const { seq, validFrom, validUntil } = record.body
  return { id: record.id, seq, validFrom, validUntil }
}

function compareVersions(a: Version, b: Version): number {
  return a.validFrom - b.validFrom || a.seq - b.seq || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
}

/** What becomes of a record, given what its slot (author and key, or the id in a set bucket) holds. */
export function decideMerge(
  current: Version | undefined,
  incoming: Version,
  policy: BucketPolicy,
  now: number,
): MergeOutcome {
  const invalid = checkValidity(incoming, policy, now)
  if (invalid !== undefined && invalid !== 'expired') return invalid
  if (invalid === 'expired') {
    const newest = current === undefined || compareVersions(incoming, current) > 0
    return policy.kind === 'keyed' && newest && horizonMs(incoming, policy) > now ? 'marked' : 'expired'
  }
  if (current === undefined) return 'added'
  if (current.id === incoming.id) return 'known'
  return compareVersions(incoming, current) > 0 ? 'replaced' : 'superseded'
}

/** What becomes of a slot as time passes: kept, turned into a mark, or forgotten. */
export function decideSweep(current: Version, policy: BucketPolicy, now: number): 'keep' | 'mark' | 'forget' {
  const invalid = checkValidity(current, policy, now)
  if (invalid === undefined) return 'keep'
  return invalid === 'expired' && policy.kind === 'keyed' && horizonMs(current, policy) > now ? 'mark' : 'forget'
}
