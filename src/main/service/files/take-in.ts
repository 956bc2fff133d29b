import type { Cid } from '../../../shared/ids.ts'
import type { ContentStore } from './content-store.ts'

export interface TakeInDeps {
  readonly store: Pick<ContentStore, 'add'>
  /** All of it is here. */
  readonly came: (cid: Cid, sizeBytes: number) => void
  readonly changed: (cids: readonly Cid[]) => void
  /** Something may be removed; there is no hurry. */
  readonly soon: () => void
}

/**
 * Takes in a file that somebody brought, as a copy; false when the bytes are not those that the CID names.
 * @throws SwarmError DISK_FULL
 */
export async function takeIn(
  { store, came, changed, soon }: TakeInDeps,
  { cid, bytes }: { readonly cid: Cid; readonly bytes: AsyncIterable<Uint8Array> },
  options: { readonly signal: AbortSignal },
): Promise<boolean> {
  const added = await store.add(bytes, options)
  try {
    if (added.cid !== cid) return false
    came(cid, added.sizeBytes)
    changed([cid])
    return true
  } finally {
    added.release()
    soon()
  }
}
