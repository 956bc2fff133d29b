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
  /** How much of it has come. */
  readonly doneBytes: () => number
}

/** Room for uploads: a file lies in the share folder, and its blocks in the store. */
export class ShareRoom {
  readonly #deps: ShareRoomDeps
  /** What was let in and is still to come, which the disk does not know of yet. */
  readonly #coming = new Set<ComingShare>()

  constructor(deps: ShareRoomDeps) {
    this.#deps = deps
  }

  /**
   * Lets an upload in when it fits, before its first byte is taken, and does the work. What uploads that failed left in the
   * store is freed if need be. What others than uploads write meanwhile still shows only when the disk is full.
   * @throws SwarmError DISK_FULL, which says how much is missing, and what the work throws
   */
  async run<T>(share: ComingShare, work: () => Promise<T>, { signal }: { readonly signal: AbortSignal }): Promise<T> {
    if ((await this.#enter(share)) > 0) {
      await this.#deps.freeRoom({ signal })
      const missing = await this.#enter(share)
      if (missing > 0) throw tooFull(share, missing)
    }
    try {
      return await work()
    } finally {
      this.#coming.delete(share)
    }
  }

  /** Bytes that are missing; it is let in when there are none. */
  async #enter(share: ComingShare): Promise<number> {
    const { storeRoom } = this.#deps
    const [place, store] = await Promise.all([(this.#deps.roomAt ?? roomAt)(share.shareDir), storeRoom()])
    // From here on nobody else is let in before this one is counted.
    const needed = [...this.#coming, share].reduce((sum, { sizeBytes, doneBytes }) => sum + sizeBytes - doneBytes(), 0)
    const missing =
      place !== null && place.device === store?.device
        ? 2 * needed - place.freeBytes
        : needed - Math.min(place?.freeBytes ?? Infinity, store?.freeBytes ?? Infinity)
    if (missing <= 0) this.#coming.add(share)
    return missing
  }
}

const tooFull = ({ name }: ComingShare, missing: number): SwarmError =>
  new SwarmError(
    'DISK_FULL',
    `The disk is too full for ${shown(name)}, which is written to the share folder and to the store: ${missing} bytes more are needed. Free some space and try again.`,
    { detail: { missingBytes: missing } },
  )
