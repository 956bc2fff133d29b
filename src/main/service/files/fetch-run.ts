import { constants } from 'node:fs'
import { copyFile, rename, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SwarmError } from '../../../shared/errors.ts'
import type { Cid, PeerId } from '../../../shared/ids.ts'
import { abortable } from '../../base/abortable.ts'
import type { ContentStore, RemoteSource } from './content-store.ts'
import { diskError } from './disk-error.ts'
import type { FetchTarget } from './fetch-queue.ts'
import { makeFolder } from '../../base/make-folder.ts'
import { safeName, safePath, type SafePath } from './safe-name.ts'
import { makeSubFolder } from './sub-folder.ts'
import type { Transfer } from './transfer-list.ts'
import { giveName, PartFile, partName } from './write-file.ts'

export interface FetchRunDeps {
  readonly store: Pick<ContentStore, 'sizeBytes' | 'read'>
  readonly peerId: PeerId
  readonly downloadDir: () => string
  /** Sees to it that there is room before the first byte. @throws SwarmError DISK_FULL */
  readonly makeRoom: (need: RoomNeed) => Promise<void>
}

/** Room that a fetch will take. */
export interface RoomNeed {
  readonly cid: Cid
  /** In the store. */
  readonly storeBytes: number
  /** In a folder, for the file itself; null: only in the store. */
  readonly file: { readonly dir: string; readonly bytes: number } | null
}

interface BringOptions {
  readonly signal: AbortSignal
  readonly progressed: () => void
}

/** A file to be written over, or one that gets its name below `dir`, or another when that is taken. */
type Place =
  | { readonly dir: string; readonly path: string }
  | {
      readonly dir: string
      readonly name: SafePath
      /** The same file once more. */ readonly more: readonly SafePath[]
    }

/**
 * One file on its way to its place. It may be tried several times: what was written stays, and what is in the store is
 * not fetched again, whoever brought it.
 */
export class FetchRun {
  readonly #deps: FetchRunDeps
  readonly #transfer: Transfer
  readonly #cid: Cid
  readonly #to: FetchTarget
  #sizeBytes: number | null = null
  #part: PartFile | null = null
  #place: Place | null = null
  #doneBytes = 0
  #hasRoom = false

  constructor(deps: FetchRunDeps, transfer: Transfer, init: { readonly cid: Cid; readonly to: FetchTarget }) {
    this.#deps = deps
    this.#transfer = transfer
    this.#cid = init.cid
    this.#to = init.to
  }

  /**
   * Tries to bring it. Tells the size, and where it was written (null: to the store alone).
   * @throws NoProviderError, SwarmError; then `rest` or `abandon` is to be called
   */
  async bring(
    from: RemoteSource,
    options: BringOptions,
  ): Promise<{ readonly sizeBytes: number; readonly path: string | null }> {
    const { signal } = options
    this.#sizeBytes ??= await this.#deps.store.sizeBytes(this.#cid, { signal, from })
    const sizeBytes = this.#sizeBytes
    this.#transfer.set({ sizeBytes })
    const place = this.#to === 'store' ? null : (this.#place ??= this.#placeOf(this.#to))
    if (place !== null && this.#part === null) this.#part = await this.#create(place)
    // A collection may take minutes; one that is held or called off does not wait for it.
    if (!this.#hasRoom) await abortable(this.#deps.makeRoom(this.#need(sizeBytes, place)), signal)
    this.#hasRoom = true
    try {
      await this.#read(from, options)
    } catch (error) {
      if (!(error instanceof SwarmError) || error.code !== 'DISK_FULL') throw error
      // Something else filled the disk meanwhile: old copies make room once, or it is said how much is missing.
      await abortable(this.#deps.makeRoom(this.#need(sizeBytes, place)), signal)
      await this.#read(from, options)
    }
    return { sizeBytes, path: place === null || this.#part === null ? null : await this.#finish(this.#part, place) }
  }

  async #read(from: RemoteSource, options: BringOptions): Promise<void> {
    const { signal, progressed } = options
    for await (const bytes of this.#deps.store.read(this.#cid, { signal, offset: this.#doneBytes, from })) {
      await this.#part?.write(bytes)
      this.#doneBytes += bytes.length
      this.#transfer.advance(bytes.length)
      progressed()
    }
  }

  /** Keeps what it has for another try, with no file open. */
  async rest(): Promise<void> {
    await this.#part?.rest().catch(() => {})
  }

  /** The part file goes; what is in the store stays. Never throws. */
  async abandon(): Promise<void> {
    const part = this.#part
    this.#part = null
    await part?.abandon()
  }

  #need(sizeBytes: number, place: Place | null): RoomNeed {
    const left = sizeBytes - this.#doneBytes
    if (place === null) return { cid: this.#cid, storeBytes: left, file: null }
    const copies = 'more' in place ? place.more.length : 0
    return { cid: this.#cid, storeBytes: left, file: { dir: place.dir, bytes: left + copies * sizeBytes } }
  }

  #placeOf(to: Exclude<FetchTarget, 'store'>): Place {
    if (to !== 'downloads' && 'path' in to) return { dir: dirname(to.path), path: to.path }
    const dir = (to === 'downloads' ? null : to.folder) ?? this.#deps.downloadDir()
    const { name, group } = this.#transfer.view
    const as = to !== 'downloads' && 'as' in to ? to.as : []
    const [first = name, ...more] = as
    const isAlone = group === null && as.length === 0
    return {
      dir,
      name: isAlone ? { folders: [], name: safeName(first, this.#cid) } : safePath(first, this.#cid),
      more: more.map((one) => safePath(one, this.#cid)),
    }
  }

  async #create({ dir }: Place): Promise<PartFile> {
    try {
      await makeFolder(dir)
    } catch (error) {
      throw diskError(error, `making the folder ${dir}`)
    }
    return PartFile.create(join(dir, partName(this.#deps.peerId)))
  }

  async #finish(part: PartFile, place: Place): Promise<string> {
    this.#transfer.set({ step: 'writing it out' })
    await part.sync()
    if ('path' in place) {
      // The person chose this very file, and said so if it was there.
      await rename(part.path, place.path).catch((error: unknown) => {
        throw diskError(error, `writing ${place.path}`)
      })
      return place.path
    }
    const { dir, name, more } = place
    const file = { name: name.name, cid: this.#cid }
    const written = await giveName(part.path, await makeSubFolder(dir, name.folders), file)
    for (const other of more) await this.#copy(written, dir, other)
    return written
  }

  /** The same file under another of its names. */
  async #copy(written: string, dir: string, { folders, name }: SafePath): Promise<void> {
    const part = join(dir, partName(this.#deps.peerId))
    try {
      await copyFile(written, part, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL)
      await giveName(part, await makeSubFolder(dir, folders), { name, cid: this.#cid })
    } catch (error) {
      await unlink(part).catch(() => {})
      throw diskError(error, `writing ${join(dir, ...folders, name)}`)
    }
  }
}
