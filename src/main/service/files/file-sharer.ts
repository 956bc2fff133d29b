import { stat, utimes } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'
import { SwarmError } from '../../../shared/errors.ts'
import type { LogInfo } from '../../../shared/log-views.ts'
import type { Clock } from '../../base/clock.ts'
import type { AddedFile, ContentStore } from './content-store.ts'
import { diskError } from './disk-error.ts'
import type { FileWish, SharedFile } from './file-wish.ts'
import type { FoundFile } from './folder-scan.ts'
import type { Homes } from './homes.ts'
import { KnownShares, type KnownSharesDeps } from './known-shares.ts'
import { shown } from './left-out.ts'
import { makeFolder } from '../../base/make-folder.ts'
import { mediaTypeOf } from './media-type.ts'
import { ShareBytes } from './share-bytes.ts'
import type { SharePublisher } from './share-publisher.ts'
import { smallBytes, type ShareWork } from './share-work.ts'
import { makeSubFolder } from './sub-folder.ts'
import type { UnsharedBook } from './unshared-book.ts'
import { giveName, PartFile, partName } from './write-file.ts'

/** Looks into a file that is about to be shared; null when it was not looked into. Never rejects. */
export type InspectFile = (
  path: string,
  about: { readonly name: string; readonly mediaType: string; readonly signal?: AbortSignal },
) => Promise<LogInfo | null>

export interface FileSharerDeps extends KnownSharesDeps {
  readonly store: ContentStore
  readonly publisher: SharePublisher
  readonly inspect: InspectFile
  readonly unshared: UnsharedBook
  readonly clock: Clock
  readonly homes: Pick<Homes, 'refuse'>
}

export interface FileOptions {
  readonly work: ShareWork
  readonly signal: AbortSignal
  readonly onBytes: (bytes: number) => void
  /** What is done now, for people. */
  readonly onStep: (step: string) => void
}

/** Brings one file into the store and tells the swarm. */
export class FileSharer {
  readonly #deps: FileSharerDeps
  readonly #known: KnownShares

  constructor(deps: FileSharerDeps) {
    this.#deps = deps
    this.#known = new KnownShares(deps)
  }

  /** @throws SwarmError FILE_CHANGED when it is being written to, DISK_FULL, PERMISSION_DENIED, NOT_FOUND, LIMIT_REACHED */
  async share(wish: FileWish, options: FileOptions): Promise<SharedFile> {
    return this.#known.noted(await this.#share(wish, options), wish.channel)
  }

  async #share(wish: FileWish, options: FileOptions): Promise<SharedFile> {
    const { file } = wish
    const path = wish.how === 'copy' ? join(this.#deps.shareDir(), file.name) : file.path
    const known = (await this.#known.isKnown(wish, path))
      ? await this.#known.also(path, wish.channel, options.signal)
      : null
    if (known !== null) return known
    await this.#deps.publisher.room()
    await options.work.turn()
    options.onStep('hashing')
    const before = await factsOf(file)
    if (before.size !== file.sizeBytes || before.mtimeMs !== file.mtimeMs) throw changed(file.name)
    return wish.how === 'copy' ? this.#copy(wish, options) : this.#inPlace(wish, options)
  }

  /** Writes what comes in to the share folder. Resolves once it is shared. */
  async shareStream(
    name: string,
    bytes: AsyncIterable<Uint8Array>,
    options: FileOptions & { readonly sizeBytes: number | null; readonly channel: string | null },
  ): Promise<SharedFile> {
    const { signal, sizeBytes, channel } = options
    const wish = { name, channel, single: true, sync: true, mtimeMs: null, from: undefined }
    const shared = await this.#byPart(wish, options, async (part) => {
      const source = new ShareBytes({ stream: bytes }, { part, signal })
      const added = await this.#deps.store.add(source, { signal, onBytes: options.onBytes })
      if (sizeBytes !== null && added.sizeBytes !== sizeBytes) {
        added.release()
        throw new SwarmError(
          'INVALID_INPUT',
          `${shown(name)} ended after ${added.sizeBytes} of ${sizeBytes} bytes. Send it again.`,
        )
      }
      return { added, sha1: source.sha1 }
    })
    return this.#known.noted(shared, channel)
  }

  async #inPlace({ file, how, channel }: FileWish, options: FileOptions): Promise<SharedFile> {
    const { store, publisher } = this.#deps
    const { signal, onBytes, onStep, work } = options
    const source = new ShareBytes({ path: file.path }, { signal })
    work.reading(source)
    const added = await store.add(source, { signal, onBytes })
    try {
      work.hasRead()
      await sameStill(file, added)
      onStep('looking into it')
      const log = await this.#look(file.path, file, signal)
      await publisher.publish({
        cid: added.cid,
        file,
        linked: how === 'link',
        signal,
        modifiedAtMs: Math.trunc(file.mtimeMs),
        sha1: source.sha1,
        channel,
        log,
      })
      return { cid: added.cid, sizeBytes: added.sizeBytes, path: file.path, before: false }
    } finally {
      added.release()
    }
  }

  #copy({ file, channel, single }: FileWish, options: FileOptions): Promise<SharedFile> {
    const { signal, onBytes, work } = options
    // What it is copied from is still there after a power cut; syncing thousands of files would take minutes.
    const sync = file.sizeBytes >= smallBytes
    const { name, mtimeMs, path: from } = file
    return this.#byPart({ name, channel, single, sync, mtimeMs, from }, options, async (part) => {
      // Trying costs more than copying a small one.
      const cloned = file.sizeBytes >= smallBytes && (await part.cloneFrom(file.path))
      const source = new ShareBytes({ path: cloned ? part.path : file.path }, cloned ? { signal } : { part, signal })
      work.reading(source)
      const added = await this.#deps.store.add(source, { signal, onBytes })
      try {
        if (!cloned) await sameStill(file, added)
      } catch (error) {
        added.release()
        throw error
      }
      return { added, sha1: source.sha1 }
    })
  }

  /** Fills a part file in the share folder, then gives it its name and shares it. Leaves nothing behind on failure. */
  async #byPart(
    wish: {
      readonly name: string
      readonly channel: string | null | undefined
      readonly single: boolean
      readonly sync: boolean
      /** Time of the file that it is made from. */
      readonly mtimeMs: number | null
      readonly from: string | undefined
    },
    { signal, work, onStep }: FileOptions,
    fill: (part: PartFile) => Promise<{ readonly added: AddedFile; readonly sha1: string | null }>,
  ): Promise<SharedFile> {
    const { publisher, clock, peerId } = this.#deps
    const { name, channel, mtimeMs, from } = wish
    const shareDir = this.#deps.shareDir()
    await makeFolder(shareDir).catch((error: unknown) => {
      throw diskError(error, `making the folder ${shareDir}`)
    })
    await this.#deps.homes.refuse(join(shareDir, dirname(name)))
    const dir = await makeSubFolder(shareDir, name.split('/').slice(0, -1))
    const part = await PartFile.create(join(shareDir, partName(peerId)))
    let added: AddedFile | null = null
    try {
      const filled = await fill(part)
      added = filled.added
      work.hasRead()
      const { cid, sizeBytes } = added
      signal.throwIfAborted()
      const twin = wish.single ? await this.#known.twin(cid, name) : null
      const known = twin === null ? null : await this.#known.also(twin, channel, signal)
      if (known !== null) return known
      onStep('looking into it')
      const log = await this.#look(part.path, { name, sizeBytes }, signal)
      onStep('writing it out')
      if (wish.sync) await part.sync()
      else await part.rest()
      const nowS = clock.now() / 1_000
      if (mtimeMs !== null) await utimes(part.path, nowS, mtimeMs / 1_000).catch(() => {})
      const path = await giveName(part.path, dir, { name: basename(name), cid })
      const facts = await stat(path)
      // What lay there was unshared; this is another.
      this.#deps.unshared.set(path, false)
      await publisher.publish({
        cid,
        file: {
          path,
          name: relative(shareDir, path).replaceAll(sep, '/'),
          sizeBytes,
          mtimeMs: facts.mtimeMs,
        },
        linked: false,
        from,
        signal,
        modifiedAtMs: Math.trunc(mtimeMs ?? clock.now()),
        sha1: filled.sha1,
        channel,
        log,
      })
      return { cid, sizeBytes, path, before: false }
    } finally {
      added?.release()
      await part.abandon()
    }
  }

  /** An empty file has nothing in it. */
  async #look(
    path: string,
    { name, sizeBytes }: Pick<FoundFile, 'name' | 'sizeBytes'>,
    signal: AbortSignal,
  ): Promise<LogInfo | null> {
    if (sizeBytes === 0) return null
    const log = await this.#deps.inspect(path, { name, mediaType: mediaTypeOf(name), signal })
    signal.throwIfAborted()
    return log
  }
}

async function factsOf(file: FoundFile): Promise<{ readonly size: number; readonly mtimeMs: number }> {
  try {
    return await stat(file.path)
  } catch (error) {
    throw diskError(error, `sharing ${file.name}`)
  }
}

/** What was read is what the file was before and is now. */
async function sameStill(file: FoundFile, added: AddedFile): Promise<void> {
  const after = await factsOf(file)
  if (after.size !== added.sizeBytes || after.mtimeMs !== file.mtimeMs) throw changed(file.name)
}

export function changed(name: string): SwarmError {
  return new SwarmError(
    'FILE_CHANGED',
    `${shown(name)} was written to while it was read. It is shared when it stops growing.`,
  )
}
