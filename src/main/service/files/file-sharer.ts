import { stat, utimes } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'
import { SwarmError } from '../../../shared/errors.ts'
import type { Cid, PeerId } from '../../../shared/ids.ts'
import type { LogInfo } from '../../../shared/log-views.ts'
import type { Clock } from '../../base/clock.ts'
import type { AddedFile, ContentStore } from './content-store.ts'
import { diskError } from './disk-error.ts'
import type { FoundFile } from './folder-scan.ts'
import type { Homes } from './homes.ts'
import { shown } from './left-out.ts'
import { makeFolder } from '../../base/make-folder.ts'
import { mediaTypeOf } from './media-type.ts'
import { ShareBytes } from './share-bytes.ts'
import type { ShareBook } from './share-book.ts'
import { channelsOf, type ShareIndex } from './share-index.ts'
import type { SharePublisher } from './share-publisher.ts'
import { toldBy } from './share-record.ts'
import { smallBytes, type ShareWork } from './share-work.ts'
import { makeSubFolder } from './sub-folder.ts'
import type { UnsharedBook } from './unshared-book.ts'
import { giveName, PartFile, partName } from './write-file.ts'

/** Looks into a file that is about to be shared; null when it was not looked into. Never rejects. */
export type InspectFile = (
  path: string,
  about: { readonly name: string; readonly mediaType: string; readonly signal?: AbortSignal },
) => Promise<LogInfo | null>

export interface FileSharerDeps {
  readonly store: ContentStore
  readonly shares: Pick<ShareBook, 'said'>
  readonly index: ShareIndex
  /** Whether this peer is on a file channel. */
  readonly isJoined: (channel: string) => boolean
  readonly publisher: SharePublisher
  readonly inspect: InspectFile
  readonly unshared: UnsharedBook
  readonly clock: Clock
  readonly homes: Pick<Homes, 'refuse'>
  readonly peerId: PeerId
  readonly shareDir: () => string
}

/** One file, and what is to become of it. */
export interface FileWish {
  /** Where it lies now, what it was when it was found, and the name that it shall have. */
  readonly file: FoundFile
  /** here: it lies in the share folder. link: it is shared where it lies, elsewhere. copy: into the share folder. */
  readonly how: 'here' | 'link' | 'copy'
  /** With whom it is to be shared; null: with all. Undefined: with whom it was, or else with all. */
  readonly channel: string | null | undefined
  /** It came by itself: when its content is shared already, that copy will do. */
  readonly single: boolean
}

export interface SharedFile {
  readonly cid: Cid
  readonly sizeBytes: number
  readonly path: string
  /** It was shared before, or its content was. */
  readonly before: boolean
  /** What whoever shared it should know, in words. */
  readonly note?: string
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

  constructor(deps: FileSharerDeps) {
    this.#deps = deps
  }

  /** @throws SwarmError FILE_CHANGED when it is being written to, DISK_FULL, PERMISSION_DENIED, NOT_FOUND, LIMIT_REACHED */
  async share(wish: FileWish, options: FileOptions): Promise<SharedFile> {
    return this.#noted(await this.#share(wish, options), wish.channel)
  }

  async #share(wish: FileWish, options: FileOptions): Promise<SharedFile> {
    const { file } = wish
    const path = wish.how === 'copy' ? join(this.#deps.shareDir(), file.name) : file.path
    const known = (await this.#isKnown(wish, path)) ? await this.#also(path, wish.channel, options.signal) : null
    if (known !== null) return known
    await this.#deps.publisher.room()
    await options.work.turn()
    options.onStep('hashing')
    const before = await factsOf(file)
    if (before.size !== file.sizeBytes || before.mtimeMs !== file.mtimeMs) throw changed(file.name)
    return wish.how === 'copy' ? this.#copy(wish, options) : this.#inPlace(wish, options)
  }

  /** Whether this very state of a file is shared already, as what lies at that path. */
  async #isKnown({ file, how }: FileWish, path: string): Promise<boolean> {
    const entry = this.#deps.index.files.get(path)
    if (entry?.sizeBytes !== file.sizeBytes) return false
    if (how !== 'copy') return entry.mtimeMs === file.mtimeMs
    // A copy has the time of what it was made from, as exactly as the file system keeps it, and counts while it is there.
    if (Math.abs(entry.mtimeMs - file.mtimeMs) >= 2) return false
    const facts = await stat(path).catch(() => null)
    return facts?.size === entry.sizeBytes
  }

  /** Shares what is shared already on one more channel, if need be; null when its record is gone. */
  async #also(path: string, channel: string | null | undefined, signal: AbortSignal): Promise<SharedFile | null> {
    const { index, shares, publisher, peerId } = this.#deps
    const entry = index.files.get(path)
    if (entry === undefined) return null
    const { cid, sizeBytes, mtimeMs, linked, from } = entry
    const known = { cid, sizeBytes, path, before: true }
    const channels = channelsOf(entry)
    if (channel === undefined || channels.includes(channel) || channels.includes(null)) return known
    const own = shares.said(cid).filter(({ author }) => author === peerId)
    const { value } = own.find(({ id }) => id === entry.recordId) ?? {}
    if (value?.kind !== 'share') return null
    const { name, modifiedAtMs, sha1, log } = value
    const file = { path, name, sizeBytes, mtimeMs }
    await publisher.publish({ cid, file, linked, from, signal, modifiedAtMs, sha1, channel, log })
    return known
  }

  /** What is shared with all, by whomever, is for all, whatever channel it is shared on as well. */
  #noted(shared: SharedFile, channel: string | null | undefined): SharedFile {
    const { shares, isJoined } = this.#deps
    if (channel === null || channel === undefined) return shared
    const isForAll = shares.said(shared.cid).some(({ value }) => toldBy(value)?.channel === null)
    if (isForAll) return { ...shared, note: `shared with all already, and not with ${shown(channel)} alone` }
    if (isJoined(channel)) return shared
    return { ...shared, note: `shared on the file channel ${shown(channel)}, which this peer has not joined` }
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
    return this.#noted(shared, channel)
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
      const twin = wish.single ? await this.#twin(cid, name) : null
      const known = twin === null ? null : await this.#also(twin, channel, signal)
      if (known !== null) return known
      onStep('looking into it')
      const log = await this.#look(part.path, { name, sizeBytes }, signal)
      onStep('writing it out')
      if (wish.sync) await part.sync()
      else await part.finish()
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

  /** A file of the share folder, other than of this name, that has the same content. */
  async #twin(cid: Cid, name: string): Promise<string | null> {
    const { index, shareDir } = this.#deps
    for (const path of index.pathsOf(cid)) {
      const entry = index.files.get(path)
      if (entry === undefined || entry.linked) continue
      if (path === join(shareDir(), name)) return null
      const facts = await stat(path).catch(() => null)
      if (facts?.size === entry.sizeBytes && facts.mtimeMs === entry.mtimeMs) return path
    }
    return null
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
