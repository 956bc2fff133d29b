import type { Dirent, Stats } from 'node:fs'
import { lstat, readdir, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'
import { systemCode } from './disk-error.ts'
import { inHome, type Homes } from './homes.ts'
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
  /** Folders in it that are homes of peers, by name: nothing in them is to be shared. */
  readonly homes: readonly string[]
  /** Some of it could not be read or was more than the limits: what is missing need not be gone. */
  readonly partial: boolean
}

/** Files looked at in one folder tree: as many shares as a peer may have in the bucket. */
const maxFiles = 50_000
const maxDepth = 16

const isOpen = (name: string): boolean => !name.startsWith('.') && !name.endsWith(partSuffix)

/**
 * Lists the files of a folder that may be shared: regular ones that the rules let through, no hidden ones, no part
 * files, no home of a peer, nothing that a link leads to outside the folder. What a link in it leads to counts by both names.
 * Throws when the folder itself cannot be read.
 */
export async function scanFolder(
  root: string,
  rules: ShareRules,
  { homes, signal }: { readonly homes: Pick<Homes, 'isHome'>; readonly signal: AbortSignal },
): Promise<FolderContent> {
  const files = new Map<string, FoundFile>()
  const folders: string[] = []
  const leftOut: LeftOut[] = []
  const found: string[] = []
  let partial = false
  const real = await realpath(root)
  await visit(root, '', 0)
  return { files, folders, leftOut, homes: found, partial }

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
    if (await homes.isHome(dir, new Set(entries.map((entry) => entry.name)))) {
      found.push(prefix)
      return leave(prefix === '' ? basename(root) : prefix.slice(0, -1), 'home', inHome)
    }
    folders.push(dir)
    for (const entry of entries) {
      if (!isOpen(entry.name)) continue
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
      const file = await regularFile(path, entry, real, homes)
      if (file === null) continue
      if ('words' in file) {
        leave(name, file.reason, file.words)
        continue
      }
      const { size: sizeBytes, mtimeMs } = file.facts
      const against = [name, file.target ?? name].map((one) => rules.against(one, { isFolder: false, sizeBytes }))
      const first = against.find((one) => one !== null)
      if (first !== undefined) leave(name, first.reason, first.words)
      else if (files.size < maxFiles) files.set(path, { path, name, sizeBytes, mtimeMs })
      else {
        partial = true
        return leave(name, 'too-many', `the folder has more than ${maxFiles} files`)
      }
    }
  }
}

type Refused = Pick<LeftOut, 'reason' | 'words'>

/** The facts of a regular file, or of one in the folder that a link leads to, and its name; why not; null when it is gone. */
async function regularFile(
  path: string,
  entry: Dirent,
  root: string,
  homes: Pick<Homes, 'isHome'>,
): Promise<{ readonly facts: Stats; readonly target?: string } | Refused | null> {
  try {
    if (entry.isFile()) return { facts: await lstat(path) }
    if (!entry.isSymbolicLink()) return { reason: 'no-file', words: 'it is no regular file' }
    const real = await realpath(path)
    if (!real.startsWith(root + sep)) return { reason: 'link-outside', words: 'it is a link out of the folder' }
    const steps = relative(root, real).split(sep)
    if (!steps.every(isOpen)) return { reason: 'link-hidden', words: 'it is a link to a hidden file' }
    const facts = await stat(real)
    if (!facts.isFile()) return { reason: 'no-file', words: 'it is a link to a folder' }
    for (let dir = dirname(real); dir !== root; dir = dirname(dir)) {
      if (await homes.isHome(dir)) return { reason: 'home', words: 'it is a link into the home of a dt-swarm peer' }
    }
    return { facts, target: steps.join('/') }
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
