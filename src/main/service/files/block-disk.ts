import { constants } from 'node:fs'
import { access, mkdir, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { base32 } from 'multiformats/bases/base32'
import type { CID } from 'multiformats/cid'
import type { Counters } from '../../base/counters.ts'
import type { Startable } from '../../base/lifecycle.ts'
import { canCheck, inlineBlock, isBlock } from './block-hash.ts'
import { diskError, systemCode } from './disk-error.ts'

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
 */
export class BlockDisk implements Startable {
  readonly #deps: BlockDiskDeps
  readonly #dir: string
  readonly #made = new Set<string>()
  #written = 0

  constructor(deps: BlockDiskDeps, init: { readonly dir: string }) {
    this.#deps = deps
    this.#dir = init.dir
  }

  async start(): Promise<void> {
    try {
      // What a killed process left half written.
      await rm(this.#temporary, { recursive: true, force: true })
      await mkdir(this.#temporary, { recursive: true, mode: 0o700 })
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
    const path = this.#path(cid)
    let bytes: Uint8Array
    try {
      bytes = await readFile(path)
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined
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
    if (await this.has(cid)) return
    const path = this.#path(cid)
    const temporary = join(this.#temporary, `${(this.#written += 1)}`)
    try {
      await this.#makeFolder(path.slice(0, -(nameOf(cid).length + 1)))
      await writeFile(temporary, bytes, { flag: 'wx' })
      await rename(temporary, path)
    } catch (error) {
      await unlink(temporary).catch(() => {})
      throw diskError(error, `writing a block to ${this.#dir}`)
    }
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
    await mkdir(path, { recursive: true, mode: 0o700 })
    this.#made.add(path)
  }
}

const nameOf = (cid: CID): string => base32.baseEncode(cid.multihash.bytes)
