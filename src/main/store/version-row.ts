import type { Version } from '../model/merge.ts'
import { recordIdOfDigest } from '../model/record-id.ts'

/** A version from its columns `id`, `seq`, `valid_from`, `valid_until`, as records and marks have them. */
export function versionOfRow(row: Record<string, unknown>): Version {
  return {
    id: recordIdOfDigest(row['id'] as Uint8Array),
    seq: Number(row['seq']),
    validFrom: Number(row['valid_from']),
    validUntil: Number(row['valid_until']),
  }
}
