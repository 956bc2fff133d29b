import type { Stats } from 'node:fs'
import { lstat, opendir, realpath, stat } from 'node:fs/promises'
import { basename, join, matchesGlob, resolve, sep } from 'node:path'
import { partSuffix } from '../files/folder-scan.ts'

export interface FoundLog {
  readonly path: string
  /** Without its folders. */
  readonly name: string
  readonly sizeBytes: number
  readonly mtimeMs: number
}

export interface HuntInit {
  /** Files, folders and patterns, as a person chose them. */
  readonly paths: readonly string[]
  /** Those that were written to since then. */
  readonly sinceMs: number
  /** Those come first whose last change is nearest to this: they were being written then. */
  readonly untilMs: number
  /** Folders that are never looked into, and in them those that are after all: the peer's home holds its key. */
  readonly closed: readonly string[]
  readonly open: readonly string[]
  readonly signal: AbortSignal
}

export interface Hunt {
  /** The change nearest to the end of the time first. */
  readonly logs: readonly FoundLog[]
  readonly leftOut: readonly { readonly name: string; readonly why: string }[]
}

/** Logs of one robot that are written at the same time: ROS has one a node. */
const maxLogs = 32
/** Names looked at, whether they match or not: a path may be about more than was meant. A folder of a year's bags is less. */
const maxLooked = 20_000
const maxDepth = 4
/** With `**` in a pattern. */
const maxPatternDepth = 16
const pattern = /[*?[\]{}]/
/** Choices that are more than a step: `{a/b,c}`. */
const bracedSteps = /\{[^}]*[\\/]/
const namesHidden = /(^|[\\/{,])\./

/**
 * Finds logs that were written to lately: regular files, no links, no hidden ones but where a pattern names them so (`*` and
 * `**` do not). A path that cannot be read is told and costs the others nothing. Rejects when it is called off.
 */
export async function huntLogs({ paths, sinceMs, untilMs, closed, open, signal }: HuntInit): Promise<Hunt> {
  const found = new Map<string, FoundLog>()
  const leftOut: { name: string; why: string }[] = []
  let looked = 0
  const [shut, admitted] = [await reals(closed), await reals(open)]

  for (const path of paths) {
    try {
      await visitPath(path)
    } catch (error) {
      signal.throwIfAborted()
      leftOut.push({
        name: path,
        why: (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'it is not there' : wordsOf(error),
      })
    }
  }
  const away = ({ mtimeMs }: FoundLog): number => Math.abs(mtimeMs - untilMs)
  const nearest = [...found.values()].toSorted((a, b) => away(a) - away(b))
  for (const { name } of nearest.slice(maxLogs, maxLogs + 100))
    leftOut.push({ name, why: `there are more than ${maxLogs} logs` })
  return { logs: nearest.slice(0, maxLogs), leftOut }

  async function visitPath(path: string): Promise<void> {
    const facts = await stat(path).catch((error: unknown) => {
      if (pattern.test(path)) return null
      throw error
    })
    if (facts === null) await visitPattern(path)
    else if (facts.isDirectory()) await visitFolder(await realpath(path), 0)
    else take(await realpath(path), facts)
  }

  /** Not by `glob` of Node, which goes into linked folders, tells matches only, and cannot be called off. */
  async function visitPattern(path: string): Promise<void> {
    const steps = resolve(path).split(sep)
    const at = steps.findIndex((one) => pattern.test(one))
    await visitMatches(await realpath(steps.slice(0, at).join(sep) + sep), [], steps.slice(at))
  }

  async function visitMatches(folder: string, above: readonly string[], wanted: readonly string[]): Promise<void> {
    for await (const entry of await opendir(folder)) {
      if (!step()) return
      const below = [...above, entry.name]
      const path = join(folder, entry.name)
      if (entry.isDirectory() && mayHold(below, wanted))
        await visitMatches(path, below, wanted).catch(() => signal.throwIfAborted())
      if (!entry.isFile() || !matchesGlob(below.join(sep), wanted.join(sep))) continue
      const facts = await lstat(path).catch(() => null)
      if (facts !== null) take(path, facts)
    }
  }

  async function visitFolder(folder: string, depth: number): Promise<void> {
    for await (const entry of await opendir(folder)) {
      if (!step()) return
      if (entry.name.startsWith('.')) continue
      const path = join(folder, entry.name)
      if (entry.isDirectory() && depth + 1 < maxDepth)
        await visitFolder(path, depth + 1).catch(() => signal.throwIfAborted())
      const facts = entry.isFile() ? await lstat(path).catch(() => null) : null
      if (facts !== null) take(path, facts)
    }
  }

  function step(): boolean {
    signal.throwIfAborted()
    looked += 1
    if (looked === maxLooked + 1)
      leftOut.push({ name: 'more', why: `only ${maxLooked} names were looked at: name fewer folders` })
    return looked <= maxLooked
  }

  function take(path: string, facts: Stats): void {
    if (!facts.isFile() || facts.size === 0 || facts.mtimeMs < sinceMs || path.endsWith(partSuffix)) return
    const within = (folder: string): boolean => path.startsWith(folder + sep)
    const shutBy = Math.max(0, ...shut.filter(within).map(({ length }) => length))
    const openBy = Math.max(0, ...admitted.filter(within).map(({ length }) => length))
    // The nearer folder decides.
    if (shutBy > openBy) return
    found.set(path, { path, name: basename(path), sizeBytes: facts.size, mtimeMs: facts.mtimeMs })
  }
}

/** Whether something in a folder may match. @param below its steps below the fixed part of the pattern */
function mayHold(below: readonly string[], wanted: readonly string[]): boolean {
  const all = wanted.join(sep)
  const last = below.length - 1
  const isFree = wanted.slice(0, below.length).some((one) => one.includes('**')) || bracedSteps.test(all)
  if (!isFree) return below.length < wanted.length && matchesGlob(below[last] ?? '', wanted[last] ?? '')
  return below.length < maxPatternDepth && (namesHidden.test(all) || below[last]?.startsWith('.') === false)
}

function reals(folders: readonly string[]): Promise<string[]> {
  return Promise.all(folders.map((folder) => realpath(folder).catch(() => folder)))
}

function wordsOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return code === 'EACCES' || code === 'EPERM' ? 'no permission to read it' : message
}
