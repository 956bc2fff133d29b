import { SwarmError } from '../../../shared/errors.ts'
import { roomAt, type DiskRoom } from './disk-room.ts'
import { shown } from './left-out.ts'

export interface ShareRoomDeps {
  /** What may be written where the blocks lie; null: not known. */
  readonly storeRoom: () => Promise<DiskRoom | null>
  /** Default: asks the system. */
  readonly roomAt?: (folder: string) => Promise<DiskRoom | null>
}

/**
 * Sees to it that an upload fits before its first byte is taken: the file lies in the share folder and its blocks in the
 * store. That others write meanwhile still shows only when the disk is full.
 * @throws SwarmError DISK_FULL, which says how much is missing
 */
export async function mustFit(
  { name, sizeBytes, shareDir }: { readonly name: string; readonly sizeBytes: number; readonly shareDir: string },
  deps: ShareRoomDeps,
): Promise<void> {
  const [place, store] = await Promise.all([(deps.roomAt ?? roomAt)(shareDir), deps.storeRoom()])
  const isOne = place !== null && place.device === store?.device
  const missing = isOne
    ? 2 * sizeBytes - place.freeBytes
    : Math.max(sizeBytes - (place?.freeBytes ?? Infinity), sizeBytes - (store?.freeBytes ?? Infinity))
  if (missing <= 0) return
  throw new SwarmError(
    'DISK_FULL',
    `The disk is too full for ${shown(name)}, which is written to the share folder and to the store: ${missing} bytes more are needed. Free some space and try again.`,
    { detail: { missingBytes: missing } },
  )
}
