import type { Stats } from 'node:fs'
import { glob, lstat, readdir, realpath, stat } from 'node:fs/promises'
import { basename, join, sep } from 'node:path'
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
  /** Folders that are never looked into, and in them those that are after all: the peer's home holds its key. */
  readonly closed: readonly string[]
  readonly open: readonly string[]
  readonly signal: AbortSignal
}

export interface Hunt {
  /** The latest change first. */
  readonly logs: readonly FoundLog[]
  readonly leftOut: readonly { readonly name: string; readonly why: string }[]
}

/** Logs of one robot that are written at the same time: ROS has one a node. */
const maxLogs = 32
/** Entries looked at: a pattern may be about more than was meant. */
const maxLooked = 5_000
const maxDepth = 4
const pattern = /[*?[\]{}]/

/**
 * Finds logs that were written to lately: regular files, no links, no hidden ones but where a pattern names them so. A path
 * that cannot be read is told and costs the others nothing. Rejects when it is called off.
 */
export async function huntLogs({ paths, sinceMs, closed, open, signal }: HuntInit): Promise<Hunt> {
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
  const newest = [...found.values()].toSorted((a, b) => b.mtimeMs - a.mtimeMs)
  for (const { name } of newest.slice(maxLogs, maxLogs + 100))
    leftOut.push({ name, why: `there are more than ${maxLogs} logs` })
  return { logs: newest.slice(0, maxLogs), leftOut }

  async function visitPath(path: string): Promise<void> {
    const facts = await stat(path).catch((error: unknown) => {
      if (pattern.test(path)) return null
      throw error
    })
    if (facts === null) await visitPattern(path)
    else if (facts.isDirectory()) await visitFolder(await realpath(path), 0)
    else take(await realpath(path), facts)
  }

  async function visitPattern(path: string): Promise<void> {
    const namesHidden = path.includes(`${sep}.`)
    for await (const match of glob(path)) {
      if (!step()) return
      if (!namesHidden && match.includes(`${sep}.`)) continue
      const facts = await lstat(match).catch(() => null)
      if (facts?.isFile() === true) take(await realpath(match), facts)
    }
  }

  async function visitFolder(folder: string, depth: number): Promise<void> {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
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
      leftOut.push({ name: 'more', why: `only ${maxLooked} files were looked at: name fewer folders` })
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

function reals(folders: readonly string[]): Promise<string[]> {
  return Promise.all(folders.map((folder) => realpath(folder).catch(() => folder)))
}

function wordsOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return code === 'EACCES' || code === 'EPERM' ? 'no permission to read it' : message
}
