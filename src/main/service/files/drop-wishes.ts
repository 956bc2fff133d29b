import { realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'
import { SwarmError } from '../../../shared/errors.ts'
import { diskError } from './disk-error.ts'
import type { DropOrder } from './drop-book.ts'
import type { FileWish } from './file-wish.ts'
import type { FolderNaming } from './folder-names.ts'
import { scanFolder, type FoundFile } from './folder-scan.ts'
import { homeRefused, type Homes } from './homes.ts'
import { shown } from './left-out.ts'
import { safeName } from './safe-name.ts'
import { ShareRules, type FolderRules } from './share-rules.ts'

export interface WishRules extends FolderRules {
  readonly shareDir: string
  readonly homes: Pick<Homes, 'isHome' | 'around'>
  readonly naming: Pick<FolderNaming, 'nameOf'>
}

export interface Wishes {
  readonly wishes: readonly FileWish[]
  /** What the folders among them are called in the swarm. */
  readonly folders: readonly string[]
  /** Paths that cannot be shared, and why. */
  readonly wrong: readonly { readonly name: string; readonly error: unknown }[]
}

/** As many as a peer may share in all. */
const maxFiles = 50_000
/** The rules of the share folder are for what goes there. */
const noRules: FolderRules = { ignore: [], maxFileBytes: null }

/** What there is to be done for files and folders that a person chose. Rejects when it is called off. */
export async function listWishes(
  { paths, how, channel }: Pick<DropOrder, 'paths' | 'how' | 'channel'>,
  rules: WishRules,
  signal: AbortSignal,
): Promise<Wishes> {
  const wishes: FileWish[] = []
  const folders: string[] = []
  const wrong: { name: string; error: unknown }[] = []
  const { shareDir, homes, naming } = rules
  // Of ten thousand files in a folder it is looked at once where they lie.
  const homeOf = new Map<string, string | null>()
  const looked = new Map<string, boolean>()
  const root = await realpath(shareDir).catch(() => shareDir)
  for (const path of paths) {
    signal.throwIfAborted()
    try {
      const real = await realpath(path)
      const inside = real.startsWith(root + sep) || real === root
      const prefix = inside ? relative(root, real).replaceAll(sep, '/') : basename(real)
      const where = inside ? join(shareDir, prefix) : real
      const facts = await stat(real)
      const dir = facts.isDirectory() ? real : dirname(real)
      const home = homeOf.has(dir) ? (homeOf.get(dir) ?? null) : await homes.around(dir, looked)
      homeOf.set(dir, home)
      if (home !== null) throw homeRefused(path, home)
      const act = inside ? 'here' : how
      const applied = act === 'link' ? noRules : rules
      if (facts.isFile()) {
        const name = act === 'copy' ? safeName(prefix, 'file') : prefix
        const file = { path: where, name, sizeBytes: facts.size, mtimeMs: facts.mtimeMs }
        await refuse(file, act === 'link' ? null : shareDir, applied)
        wishes.push({ file, how: act, channel, single: false })
      } else if (facts.isDirectory()) {
        if (act === 'copy' && root.startsWith(real + sep)) {
          throw new SwarmError('UNSUPPORTED', `${path} holds the share folder itself: choose what else is in it.`)
        }
        // The patterns of the share folder count from its top.
        const content = inside
          ? await scanFolder(shareDir, await ShareRules.read(shareDir, applied), { homes, signal })
          : await scanFolder(real, await ShareRules.read(real, applied), { homes, signal })
        const there = await ShareRules.read(act === 'copy' ? shareDir : null, noRules)
        const below = inside && prefix !== '' ? `${prefix}/` : ''
        const top = act === 'here' ? prefix : naming.nameOf(real, act)
        if (top !== '') folders.push(top)
        const named = (name: string): string => (inside ? name : `${top}/${name}`)
        for (const { name, reason, words } of content.leftOut) {
          if (reason === 'too-many') throw tooMany()
          if (reason !== 'ignored' && name.startsWith(below))
            wrong.push({ name: named(name), error: leftOut(named(name), words) })
        }
        for (const file of content.files.values()) {
          if (!file.name.startsWith(below)) continue
          const name = named(file.name)
          const against = there.against(name, { isFolder: false, sizeBytes: file.sizeBytes })
          if (against === null) wishes.push({ file: { ...file, name }, how: act, channel, single: false })
          else if (against.reason !== 'ignored') wrong.push({ name, error: leftOut(name, against.words) })
        }
      } else throw new SwarmError('UNSUPPORTED', `${path} is neither a file nor a folder.`)
    } catch (error) {
      signal.throwIfAborted()
      wrong.push({ name: basename(path), error: diskError(error, `sharing ${path}`) })
    }
    if (wishes.length > maxFiles) throw tooMany()
  }
  return { wishes, folders, wrong: wrong.slice(0, maxWrong) }
}

/** Told one by one; who drops more wrong paths than that sees enough. */
const maxWrong = 50

async function refuse(file: FoundFile, dir: string | null, rules: FolderRules): Promise<void> {
  const against = (await ShareRules.read(dir, rules)).against(file.name, { isFolder: false, sizeBytes: file.sizeBytes })
  if (against !== null) throw leftOut(file.name, against.words)
}

function leftOut(name: string, words: string): SwarmError {
  return new SwarmError('INVALID_INPUT', `${shown(name)} is not shared: ${words}.`)
}

function tooMany(): SwarmError {
  return new SwarmError(
    'LIMIT_REACHED',
    `There are more than ${maxFiles} files, as many as a peer can share: pack them into archives first.`,
  )
}
