import { SwarmError } from '../../../shared/errors.ts'
import { roomAt, type DiskRoom } from './disk-room.ts'
import { shown } from './left-out.ts'

export interface ShareRoomDeps {
  /** What may be written where the blocks lie; null: not known. */
  readonly storeRoom: () => Promise<DiskRoom | null>
  /** Frees what no file needs any more; false: nothing was freed. */
  readonly freeRoom: (options: { readonly signal: AbortSignal }) => Promise<boolean>
  /** Default: asks the system. */
  readonly roomAt?: (folder: string) => Promise<DiskRoom | null>
}

export interface ComingShare {
  readonly name: string
  readonly sizeBytes: number
  readonly shareDir: string
}

/**
 * Sees to it that an upload fits before its first byte is taken: the file lies in the share folder and its blocks in the
 * store. What an upload before it left in the store when it failed is freed if need be. That others write meanwhile still
 * shows only when the disk is full.
 * @throws SwarmError DISK_FULL, which says how much is missing
 */
export async function mustFit(
  share: ComingShare,
  deps: ShareRoomDeps,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  if ((await missingBytes(share, deps)) <= 0) return
  await deps.freeRoom({ signal })
  const missing = await missingBytes(share, deps)
  if (missing <= 0) return
  throw new SwarmError(
    'DISK_FULL',
    `The disk is too full for ${shown(share.name)}, which is written to the share folder and to the store: ${missing} bytes more are needed. Free some space and try again.`,
    { detail: { missingBytes: missing } },
  )
}

async function missingBytes({ sizeBytes, shareDir }: ComingShare, deps: ShareRoomDeps): Promise<number> {
  const [place, store] = await Promise.all([(deps.roomAt ?? roomAt)(shareDir), deps.storeRoom()])
  if (place !== null && place.device === store?.device) return 2 * sizeBytes - place.freeBytes
  return sizeBytes - Math.min(place?.freeBytes ?? Infinity, store?.freeBytes ?? Infinity)
}
