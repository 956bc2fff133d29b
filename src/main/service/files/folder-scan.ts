import type { Dirent, Stats } from 'node:fs'
import { lstat, readdir, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import type { Counters } from '../../base/counters.ts'
import { nameProblem } from './safe-name.ts'

/** Behind the name of a file that is still coming in. */
export const partSuffix = '.dt-swarm-part'

export interface FoundFile {
  readonly path: string
  /** Below the folder, with `/` on every system. */
  readonly name: string
  readonly sizeBytes: number
  readonly mtimeMs: number
}

export interface FolderContent {
  readonly files: ReadonlyMap<string, FoundFile>
  /** The folder and those below it, to be watched. */
  readonly folders: readonly string[]
  /** Some of it could not be read or was more than the limits: what is missing need not be gone. */
  readonly partial: boolean
}

/** Files looked at in one folder tree; a share folder with more is a mistake, and would make every scan slow. */
const maxFiles = 20_000
const maxDepth = 16

/**
 * Lists the files of a folder that may be shared: regular ones, no hidden ones, no part files, nothing that a link
 * leads to outside the folder. Throws when the folder itself cannot be read.
 */
export async function scanFolder(root: string, counters: Counters, signal: AbortSignal): Promise<FolderContent> {
  const files = new Map<string, FoundFile>()
  const folders: string[] = []
  let partial = false
  const real = await realpath(root)
  await visit(root, '', 0)
  return { files, folders, partial }

  async function visit(dir: string, prefix: string, depth: number): Promise<void> {
    signal.throwIfAborted()
    let entries: Dirent[]
    try {
      entries = await readdir(dir, { withFileTypes: true })
    } catch (error) {
      if (depth === 0) throw error
      partial = true
      counters.add('files.skipped:unreadable')
      return
    }
    folders.push(dir)
    for (const entry of entries) {
      if (entry.name.startsWith('.') || entry.name.endsWith(partSuffix)) continue
      const name = `${prefix}${entry.name}`
      const path = join(dir, entry.name)
      if (entry.isDirectory()) {
        if (depth + 1 < maxDepth) await visit(path, `${name}/`, depth + 1)
        else partial = true
        continue
      }
      if (files.size >= maxFiles) {
        partial = true
        counters.add('files.skipped:too-many')
        return
      }
      const found = await regularFile(path, entry, real)
      if (found === null) continue
      if (nameProblem(name) !== null) {
        counters.add('files.skipped:bad-name')
        continue
      }
      files.set(path, { path, name, sizeBytes: found.size, mtimeMs: found.mtimeMs })
    }
  }
}

/** The facts of a regular file, or of one in the folder that a link leads to; null for anything else. */
async function regularFile(path: string, entry: Dirent, root: string): Promise<Stats | null> {
  try {
    if (entry.isFile()) return await lstat(path)
    if (!entry.isSymbolicLink()) return null
    const target = await realpath(path)
    if (!target.startsWith(root + sep)) return null
    const facts = await stat(target)
    return facts.isFile() ? facts : null
  } catch {
    // Gone since the listing.
    return null
  }
}
