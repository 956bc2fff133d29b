import { stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Left alone where the blocks lie: the database, logs and records need some room too. */
export const spareBytes = 64 * 1024 * 1024

/** What a user may still write on the file system of a folder (or, while it is not there, of its parent). */
export interface DiskRoom {
  /** Equal for folders on one file system. */
  readonly device: number
  readonly freeBytes: number
}

/** Null where the system does not tell. */
export async function roomAt(folder: string): Promise<DiskRoom | null> {
  for (let at = folder; ; at = dirname(at)) {
    try {
      const [{ dev }, { bavail, bsize }] = await Promise.all([stat(at), statfs(at)])
      return { device: dev, freeBytes: bavail * bsize }
    } catch {
      if (dirname(at) === at) return null
    }
  }
}
