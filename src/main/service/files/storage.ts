import type { StorageView } from '../../../shared/file-views.ts'
import type { Cid } from '../../../shared/ids.ts'
import type { FileBandwidth } from './bandwidth.ts'
import type { ContentStores } from './content-stores.ts'
import { roomAt } from './disk-room.ts'
import type { MoveProgress } from './store-mover.ts'

export interface StorageDeps {
  readonly stores: ContentStores
  readonly bandwidth: FileBandwidth
  readonly held: ReadonlyMap<Cid, { readonly sizeBytes: number }>
  /** Files that are not collected: shared, kept by name, or on their way. */
  readonly kept: ReadonlySet<Cid>
  readonly quotaBytes: number | null
}

/** How the bytes are kept, and how much room they take. Never fails: what cannot be told is said so. */
export async function storageView(
  deps: StorageDeps,
  { signal }: { readonly signal: AbortSignal },
): Promise<StorageView> {
  const { stores, bandwidth, held, kept, quotaBytes } = deps
  const room = stores.kubo === null ? await ownRoom(deps, signal) : await kuboRoom(deps, stores.kubo, signal)
  let keptBytes = 0
  for (const cid of kept) keptBytes += held.get(cid)?.sizeBytes ?? 0
  const moving = stores.moving()
  return {
    store: stores.choice,
    ...room,
    problem: room.problem ?? moving?.waitsFor ?? null,
    moving: moving === null ? null : movingView(moving),
    quotaBytes,
    keptFiles: kept.size,
    keptBytes,
    bandwidth: bandwidth.now(),
  }
}

type Room = Pick<StorageView, 'problem' | 'version' | 'usedBytes' | 'freeBytes'>

async function ownRoom({ stores }: StorageDeps, signal: AbortSignal): Promise<Room> {
  const [usedBytes, room] = await Promise.all([stores.own.usedBytes({ signal }), stores.room()])
  return { problem: null, version: null, usedBytes, freeBytes: room?.freeBytes ?? null }
}

async function kuboRoom(
  { held }: StorageDeps,
  { rpc, watch }: NonNullable<ContentStores['kubo']>,
  signal: AbortSignal,
): Promise<Room> {
  const version = watch.facts?.version ?? null
  try {
    const { usedBytes, path } = await rpc.room({ signal })
    const room = rpc.isHere ? await roomAt(path) : null
    return { problem: watch.problem, version, usedBytes, freeBytes: room?.freeBytes ?? null }
  } catch (error) {
    signal.throwIfAborted()
    let usedBytes = 0
    for (const { sizeBytes } of held.values()) usedBytes += sizeBytes
    const problem = error instanceof Error ? error.message : String(error)
    return { problem, version, usedBytes, freeBytes: null }
  }
}

function movingView({ doneFiles, files, doneBytes, bytes }: MoveProgress): NonNullable<StorageView['moving']> {
  return { doneFiles, files, doneBytes, bytes }
}
