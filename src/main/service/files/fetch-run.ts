import { rename } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { SwarmError } from '../../../shared/errors.ts'
import type { Cid, PeerId } from '../../../shared/ids.ts'
import type { ContentStore, RemoteSource } from './content-store.ts'
import { diskError } from './disk-error.ts'
import type { FetchTarget } from './fetch-queue.ts'
import { makeFolder } from './make-folder.ts'
import { safeName } from './safe-name.ts'
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

interface Place {
  readonly dir: string
  readonly name: string
  /** To be written over; null: a name of its own in `dir`. */
  readonly path: string | null
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
    if (!this.#hasRoom) await this.#deps.makeRoom(this.#need(sizeBytes, place))
    this.#hasRoom = true
    try {
      await this.#read(from, options)
    } catch (error) {
      if (!(error instanceof SwarmError) || error.code !== 'DISK_FULL') throw error
      // Something else filled the disk meanwhile: old copies make room once, or it is said how much is missing.
      await this.#deps.makeRoom(this.#need(sizeBytes, place))
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
    return { cid: this.#cid, storeBytes: left, file: place === null ? null : { dir: place.dir, bytes: left } }
  }

  #placeOf(to: Exclude<FetchTarget, 'store'>): Place {
    if (to !== 'downloads' && 'path' in to) return { dir: dirname(to.path), name: basename(to.path), path: to.path }
    const dir = to === 'downloads' ? this.#deps.downloadDir() : to.folder
    return { dir, name: safeName(this.#transfer.view.name, this.#cid), path: null }
  }

  async #create({ dir }: Place): Promise<PartFile> {
    try {
      await makeFolder(dir)
    } catch (error) {
      throw diskError(error, `making the folder ${dir}`)
    }
    return PartFile.create(join(dir, partName(this.#deps.peerId)))
  }

  async #finish(part: PartFile, { dir, name, path }: Place): Promise<string> {
    this.#transfer.set({ step: 'writing it out' })
    await part.sync()
    if (path === null) return giveName(part.path, dir, name)
    // The person chose this very file, and said so if it was there.
    await rename(part.path, path).catch((error: unknown) => {
      throw diskError(error, `writing ${path}`)
    })
    return path
  }
}
