import { mkdirSync, statSync } from 'node:fs'
import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Permissions of the folders that are made; default what the process gives. */
export interface FolderInit {
  readonly mode?: number
}

/**
 * Makes a folder and those above it that are missing; one that is there is fine. Not `mkdir` with `recursive`: that
 * never ends where the system refuses to make a folder by saying that there is none (/proc, some network mounts).
 * @throws the file system's error
 */
export async function makeFolder(path: string, init: FolderInit = {}): Promise<void> {
  if (await made(path, init)) return
  const parent = dirname(path)
  if (parent !== path && !(await isFolder(parent))) await makeFolder(parent, init)
  // The parent is there now, made by us or by somebody else meanwhile: a second "there is none" is a refusal.
  if (await made(path, init)) return
  throw refusedAt(path)
}

/** As `makeFolder`, at once: `mkdirSync` with `recursive` would hold the whole process for ever. */
export function makeFolderSync(path: string, init: FolderInit = {}): void {
  if (madeSync(path, init)) return
  const parent = dirname(path)
  if (parent !== path && !isFolderSync(parent)) makeFolderSync(parent, init)
  if (!madeSync(path, init)) throw refusedAt(path)
}

/** False when there is nothing to make it in. */
async function made(path: string, { mode }: FolderInit): Promise<boolean> {
  try {
    await mkdir(path, mode)
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    if (await isFolder(path)) return true
    throw error
  }
}

function madeSync(path: string, { mode }: FolderInit): boolean {
  try {
    mkdirSync(path, mode)
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    if (isFolderSync(path)) return true
    throw error
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    return false
  }
}

function isFolderSync(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code

const refusedAt = (path: string): Error =>
  Object.assign(new Error(`ENOENT: no such file or directory, mkdir '${path}'`), { code: 'ENOENT' })
