import type { Dirent, Stats } from 'node:fs'
import { lstat, readdir, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { systemCode } from './disk-error.ts'
import { maxLeftOut, type LeftOut, type LeftOutReason } from './left-out.ts'
import type { ShareRules } from './share-rules.ts'

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
  /** What is there and is not to be shared, at most 1,000; hidden files are not told. */
  readonly leftOut: readonly LeftOut[]
  /** Some of it could not be read or was more than the limits: what is missing need not be gone. */
  readonly partial: boolean
}

/** Files looked at in one folder tree: as many shares as a peer may have in the bucket. */
const maxFiles = 50_000
const maxDepth = 16

/**
 * Lists the files of a folder that may be shared: regular ones that the rules let through, no hidden ones, no part
 * files, nothing that a link leads to outside the folder. Throws when the folder itself cannot be read.
 */
export async function scanFolder(root: string, rules: ShareRules, signal: AbortSignal): Promise<FolderContent> {
  const files = new Map<string, FoundFile>()
  const folders: string[] = []
  const leftOut: LeftOut[] = []
  let partial = false
  const real = await realpath(root)
  await visit(root, '', 0)
  return { files, folders, leftOut, partial }

  function leave(name: string, reason: LeftOutReason, words: string): void {
    if (leftOut.length < maxLeftOut) leftOut.push({ name, reason, words })
  }

  async function visit(dir: string, prefix: string, depth: number): Promise<void> {
    signal.throwIfAborted()
    let entries: Dirent[]
    try {
      entries = await readdir(dir, { withFileTypes: true })
    } catch (error) {
      if (depth === 0) throw error
      partial = true
      return leave(prefix, 'unreadable', 'the folder cannot be read')
    }
    folders.push(dir)
    for (const entry of entries) {
      if (entry.name.startsWith('.') || entry.name.endsWith(partSuffix)) continue
      const name = `${prefix}${entry.name}`
      const path = join(dir, entry.name)
      if (entry.isDirectory()) {
        const against = rules.against(name, { isFolder: true, sizeBytes: 0 })
        if (against !== null) leave(name, against.reason, against.words)
        else if (depth + 1 < maxDepth) await visit(path, `${name}/`, depth + 1)
        else {
          partial = true
          leave(name, 'too-deep', `it lies more than ${maxDepth} folders deep`)
        }
        continue
      }
      const found = await regularFile(path, entry, real)
      if (found === null) continue
      if ('words' in found) {
        leave(name, found.reason, found.words)
        continue
      }
      const against = rules.against(name, { isFolder: false, sizeBytes: found.size })
      if (against !== null) leave(name, against.reason, against.words)
      else if (files.size < maxFiles) files.set(path, { path, name, sizeBytes: found.size, mtimeMs: found.mtimeMs })
      else {
        partial = true
        return leave(name, 'too-many', `the folder has more than ${maxFiles} files`)
      }
    }
  }
}

/** The facts of a regular file, or of one in the folder that a link leads to; why not; null when it is gone. */
async function regularFile(
  path: string,
  entry: Dirent,
  root: string,
): Promise<Stats | { readonly reason: LeftOutReason; readonly words: string } | null> {
  try {
    if (entry.isFile()) return await lstat(path)
    if (!entry.isSymbolicLink()) return { reason: 'no-file', words: 'it is no regular file' }
    const target = await realpath(path)
    if (!target.startsWith(root + sep)) return { reason: 'link-outside', words: 'it is a link out of the folder' }
    const facts = await stat(target)
    return facts.isFile() ? facts : { reason: 'no-file', words: 'it is a link to a folder' }
  } catch (error) {
    // Node puts this sign where bytes are no UTF-8; a file of that name is then not to be found.
    if (entry.name.includes('\ufffd')) return { reason: 'bad-name', words: 'its name is no valid text (UTF-8)' }
    const code = systemCode(error)
    if (code === 'ELOOP') return { reason: 'link-outside', words: 'it is a link to itself' }
    if (code === 'EACCES' || code === 'EPERM') return { reason: 'unreadable', words: 'no permission to look at it' }
    // Gone since the listing, or a link to what is gone.
    return null
  }
}
