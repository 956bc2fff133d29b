import { constants } from 'node:fs'
import { access, lstat, readdir, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { base32 } from 'multiformats/bases/base32'
import type { CID } from 'multiformats/cid'
import { decode as decodeMultihash } from 'multiformats/hashes/digest'
import type { Counters } from '../../base/counters.ts'
import type { Startable } from '../../base/lifecycle.ts'
import { makeFolder } from '../../base/make-folder.ts'
import { canCheck, inlineBlock, isBlock } from './block-hash.ts'
import type { Blocks } from './blocks.ts'
import type { DigestSet } from './digest-set.ts'
import { diskError, systemCode } from './disk-error.ts'

/** What a collection removed. */
export interface Freed {
  readonly blocks: number
  readonly bytes: number
}

/** Blocks that are looked for and then come: many times what all fetches have under way. */
const maxAbsent = 1_024

export interface BlockDiskDeps {
  readonly counters: Counters
  /** A block did not hash to its name and was removed. */
  readonly onCorrupt?: (cid: CID) => void
}

/**
 * Blocks on disk, one file each, by multihash: the same bytes lie there once, whatever CID names them. Files are
 * spread over 1,024 folders by the last two letters of their name, which are evenly random.
 *
 * A block is written under another name and renamed, so kill -9 leaves none half written. It is not fsynced: that
 * would make adding 2 GB many times slower, and after a power cut a damaged block is noticed, because every block
 * is hashed before it is used or served; it is then removed and fetched again, or added again from the share folder.
 *
 * While a collection runs, each block that is written, read or asked for counts as kept: whoever found it may rely on
 * it until the next collection, which marks from the roots that are in use by then.
 */
export class BlockDisk implements Startable, Blocks {
  readonly #deps: BlockDiskDeps
  readonly #dir: string
  readonly #made = new Set<string>()
  #written = 0
  /** Names of blocks that were just looked for in vain. */
  readonly #absent = new Set<string>()
  /** Blocks that the collection under way keeps. */
  #kept: DigestSet | null = null
  /** What the blocks take, counted once and kept up to date since; null before that. */
  #usedBytes: Promise<number> | null = null
  /** Written less removed since it was last counted. */
  #changedBytes = 0
  /** Blocks that are being removed now. */
  readonly #removing = new Map<string, Promise<void>>()

  constructor(deps: BlockDiskDeps, init: { readonly dir: string }) {
    this.#deps = deps
    this.#dir = init.dir
  }

  async start(): Promise<void> {
    try {
      // What a killed process left half written.
      await rm(this.#temporary, { recursive: true, force: true })
      await makeFolder(this.#temporary, { mode: 0o700 })
    } catch (error) {
      throw diskError(error, `opening the block store ${this.#dir}`)
    }
  }

  async stop(): Promise<void> {
    this.#made.clear()
  }

  /** Whether there is a file for it; that it is sound shows when it is read. */
  async has(cid: CID): Promise<boolean> {
    if (inlineBlock(cid) !== undefined) return true
    await this.#use(cid)
    try {
      await access(this.#path(cid), constants.R_OK)
      return true
    } catch {
      return false
    }
  }

  /** The checked bytes; undefined when there is no such block, or only a damaged one, which is removed. */
  async get(cid: CID): Promise<Uint8Array | undefined> {
    const inline = inlineBlock(cid)
    if (inline !== undefined) return inline
    await this.#use(cid)
    const path = this.#path(cid)
    let bytes: Uint8Array
    try {
      bytes = await readFile(path)
    } catch (error) {
      if (systemCode(error) === 'ENOENT') {
        this.#noteAbsent(nameOf(cid))
        return undefined
      }
      throw diskError(error, `reading a block from ${this.#dir}`)
    }
    if (isBlock(cid, bytes)) return bytes
    this.#deps.counters.add('files.block:corrupt')
    await unlink(path).catch(() => {})
    this.#deps.onCorrupt?.(cid)
    return undefined
  }

  /** Stores bytes that were checked to be the block. Writing one that is there does nothing. */
  async put(cid: CID, bytes: Uint8Array): Promise<void> {
    if (inlineBlock(cid) !== undefined || !canCheck(cid)) return
    // A block that is fetched was looked for a moment ago: another look would cost as much as the writing.
    if (this.#absent.delete(nameOf(cid))) await this.#use(cid)
    else if (await this.has(cid)) return
    const path = this.#path(cid)
    const temporary = join(this.#temporary, `${(this.#written += 1)}`)
    try {
      await this.#makeFolder(path.slice(0, -(nameOf(cid).length + 1)))
      await writeFile(temporary, bytes, { flag: 'wx' })
      await rename(temporary, path)
      this.#changedBytes += bytes.length
    } catch (error) {
      await unlink(temporary).catch(() => {})
      throw diskError(error, `writing a block to ${this.#dir}`)
    }
  }

  /** Bytes of all blocks. Counting looks at every one, in turns, the first time only. */
  async usedBytes(signal: AbortSignal): Promise<number> {
    this.#usedBytes ??= this.#count(signal).catch((error: unknown) => {
      this.#usedBytes = null
      throw error
    })
    return Math.max(0, (await this.#usedBytes) + this.#changedBytes)
  }

  async #count(signal: AbortSignal): Promise<number> {
    this.#changedBytes = 0
    let total = 0
    for (const folder of await readdir(this.#dir)) {
      signal.throwIfAborted()
      if (folder.length !== 2) continue
      const names = await readdir(join(this.#dir, folder)).catch(() => [])
      for (const name of names)
        total += await lstat(join(this.#dir, folder, name)).then(
          ({ size }) => size,
          () => 0,
        )
    }
    return total
  }

  /**
   * From now until `sweep` ends, blocks that are used are added to `kept`, to which the caller adds what it wants to
   * keep. Ends with `sweep` or `endCollection`.
   */
  beginCollection(kept: DigestSet): void {
    if (this.#kept !== null) throw new Error('a collection is under way')
    this.#kept = kept
  }

  endCollection(): void {
    this.#kept = null
  }

  /** Removes all blocks that are not kept, one by one. Files that are no blocks of ours stay. */
  async sweep(signal: AbortSignal): Promise<Freed> {
    let blocks = 0
    let bytes = 0
    for (const folder of await readdir(this.#dir)) {
      if (folder.length !== 2) continue
      const names = await readdir(join(this.#dir, folder)).catch(() => [])
      for (const name of names) {
        signal.throwIfAborted()
        const digest = digestOf(name)
        if (digest === null || this.#kept === null || this.#kept.has(digest)) continue
        const removed = this.#remove(name, join(this.#dir, folder, name))
        bytes += await removed
        blocks += 1
      }
    }
    return { blocks, bytes }
  }

  #noteAbsent(name: string): void {
    if (this.#absent.size >= maxAbsent) this.#absent.clear()
    this.#absent.add(name)
  }

  /** Tells the bytes that are free now. */
  #remove(name: string, path: string): Promise<number> {
    const work = lstat(path).then(async ({ size }) => {
      await unlink(path)
      this.#changedBytes -= size
      return size
    })
    // One that could not be removed is met again by the next collection.
    const done = work.catch(() => 0)
    const gone = done.then(() => {
      this.#removing.delete(name)
    })
    this.#removing.set(name, gone)
    return done
  }

  /** Whoever uses a block keeps it from the collection; one that is just being removed is gone first. */
  #use(cid: CID): Promise<void> | undefined {
    this.#kept?.add(cid.multihash.digest)
    return this.#removing.size === 0 ? undefined : this.#removing.get(nameOf(cid))
  }

  get #temporary(): string {
    return join(this.#dir, 'tmp')
  }

  #path(cid: CID): string {
    const name = nameOf(cid)
    return join(this.#dir, name.slice(-2), name)
  }

  async #makeFolder(path: string): Promise<void> {
    if (this.#made.has(path)) return
    await makeFolder(path, { mode: 0o700 })
    this.#made.add(path)
  }
}

const nameOf = (cid: CID): string => base32.baseEncode(cid.multihash.bytes)

/** The digest in a block's file name; null for another file. */
function digestOf(name: string): Uint8Array | null {
  try {
    return decodeMultihash(base32.baseDecode(name)).digest
  } catch {
    return null
  }
}
