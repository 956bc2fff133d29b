import { randomUUID } from 'node:crypto'
import { constants, createReadStream } from 'node:fs'
import { copyFile, link, open, readdir, rename, stat, unlink, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { Cid, PeerId } from '../../../shared/ids.ts'
import { diskError, hasNoLinks, systemCode } from './disk-error.ts'
import { partSuffix } from './folder-scan.ts'
import { nameOf } from './safe-name.ts'

/** Small writes are slow on cards; a leaf of 256 KiB is written as it is. */
const readChunkBytes = 256 * 1024

/** A file being written under a temporary name. `finish` or `abandon` must be called. */
export class PartFile {
  readonly path: string
  #handle: FileHandle | null
  #at = 0

  private constructor(path: string, handle: FileHandle) {
    this.path = path
    this.#handle = handle
  }

  /** @throws SwarmError DISK_FULL, PERMISSION_DENIED */
  static async create(path: string): Promise<PartFile> {
    try {
      return new PartFile(path, await open(path, 'wx', 0o644))
    } catch (error) {
      throw diskError(error, `writing ${path}`)
    }
  }

  /** All of it or nothing counts as written: after a failure the same may be written again. */
  async write(bytes: Uint8Array): Promise<void> {
    const startedAt = this.#at
    try {
      // Not made anew: what was written before must still be there.
      this.#handle ??= await open(this.path, 'r+')
      for (let done = 0; done < bytes.length;) {
        const { bytesWritten } = await this.#open().write(bytes, done, bytes.length - done, this.#at)
        done += bytesWritten
        this.#at += bytesWritten
      }
    } catch (error) {
      this.#at = startedAt
      throw diskError(error, `writing ${this.path}`)
    }
  }

  /** Takes over another file's content without copying it, where the file system can; false where it cannot. */
  async cloneFrom(path: string): Promise<boolean> {
    await this.#close()
    let cloned = true
    try {
      // Removes what it was to fill when it cannot.
      await copyFile(path, this.path, constants.COPYFILE_FICLONE_FORCE)
    } catch {
      cloned = false
    }
    try {
      this.#handle = await open(this.path, cloned ? 'r+' : 'w', 0o644)
    } catch (error) {
      throw diskError(error, `copying ${path}`)
    }
    return cloned
  }

  /** Bytes written so far. */
  get sizeBytes(): number {
    return this.#at
  }

  /**
   * Closes until the next `write`: many files may wait for their turn, and few may be open. It does not wait for the disk,
   * which is enough at the end, too, of what can be made again from where it came.
   */
  async rest(): Promise<void> {
    try {
      await this.#close()
    } catch (error) {
      throw diskError(error, `writing ${this.path}`)
    }
  }

  /** Makes what was written last, and closes. */
  async sync(): Promise<void> {
    try {
      this.#handle ??= await open(this.path, 'r+')
      await this.#open().sync()
      await this.#close()
    } catch (error) {
      throw diskError(error, `writing ${this.path}`)
    }
  }

  /** Closes, if need be, and removes the file. Never throws. */
  async abandon(): Promise<void> {
    await this.#close().catch(() => {})
    await unlink(this.path).catch(() => {})
  }

  #open(): FileHandle {
    if (this.#handle === null) throw new Error(`${this.path} is closed`)
    return this.#handle
  }

  async #close(): Promise<void> {
    const handle = this.#handle
    this.#handle = null
    await handle?.close()
  }
}

/** A name for a part file of this peer: hidden, and never taken. */
export function partName(peer: PeerId): string {
  return `.${randomUUID()}${markOf(peer)}`
}

/** Removes what a killed process of this peer left half written; others' part files have another mark. */
export async function removeParts(dirs: readonly string[], peer: PeerId): Promise<void> {
  for (const dir of new Set(dirs)) {
    for (const name of await readdir(dir).catch(() => [])) {
      if (name.startsWith('.') && name.endsWith(markOf(peer))) await unlink(join(dir, name)).catch(() => {})
    }
  }
}

const markOf = (peer: PeerId): string => `.${peer.slice(-8)}${partSuffix}`

/**
 * Gives a finished part file its name in the same folder: `name`, or `name (2)` when another file has it; see `nameOf`. A
 * file of those names that has the very same bytes is used instead. Tells the path.
 */
export async function giveName(
  part: string,
  dir: string,
  file: { readonly name: string; readonly cid: Cid },
): Promise<string> {
  for (let n = 1; ; n += 1) {
    const path = join(dir, nameOf(file, n))
    try {
      if (await sameContent(part, path)) {
        await unlink(part)
        return path
      }
      // A link, unlike a rename, never replaces a file that came in the meantime.
      await link(part, path)
      await unlink(part)
      return path
    } catch (error) {
      if (systemCode(error) === 'EEXIST') continue
      if (!hasNoLinks(error)) throw diskError(error, `writing ${path}`)
      if (await exists(path)) continue
      await rename(part, path)
      return path
    }
  }
}

/** The bytes of a file, in pieces of 256 KiB. */
export async function* readChunks(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: readChunkBytes, signal }))
      yield chunk as Uint8Array
  } catch (error) {
    throw diskError(error, `reading ${path}`)
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

async function sameContent(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([a, b].map((path) => stat(path).catch(() => null)))
  if (one?.size === undefined || other?.size !== one.size || !other.isFile()) return false
  const { signal } = new AbortController()
  const theirs = readChunks(b, signal)
  for await (const chunk of readChunks(a, signal)) {
    const { value } = await theirs.next()
    if (value === undefined || Buffer.compare(chunk, value) !== 0) {
      await theirs.return(undefined)
      return false
    }
  }
  await theirs.return(undefined)
  return true
}
