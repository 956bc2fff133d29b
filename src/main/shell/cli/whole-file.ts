import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { access, constants, link, lstat, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Writable } from 'node:stream'
import { SwarmError } from '../../../shared/errors.ts'
import { hasNoLinks, systemCode } from '../../service/files/disk-error.ts'
import { partSuffix } from '../../service/files/folder-scan.ts'
import { bytesText } from './words.ts'

export interface Overwriting {
  /** What is there already is replaced. */
  readonly force: boolean
}

const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Whether a file can be written there: asked before anything is fetched for it.
 * @throws SwarmError INVALID_INPUT when something is there already, NOT_FOUND, PERMISSION_DENIED
 */
export async function mayWrite(path: string, { force }: Overwriting): Promise<void> {
  const folder = dirname(path)
  try {
    if (!(await stat(folder)).isDirectory()) throw noFolder(path)
    await access(folder, constants.W_OK | constants.X_OK)
  } catch (error) {
    throw writeFailure(error, path)
  }
  // Not `stat`: a link that leads nowhere is there, too.
  const there = await lstat(path).catch(() => null)
  if (there?.isDirectory() === true) throw new SwarmError('INVALID_INPUT', `${path} is a folder: name a file`)
  if (there !== null && !there.isFile() && !there.isSymbolicLink()) {
    throw new SwarmError('INVALID_INPUT', `${path} is a device or a pipe, which is not replaced: name a file`)
  }
  if (there !== null && !force) throw isThere(path)
}

/**
 * Writes a file that is there whole under its name or not at all, also when a person stops the command: until then it
 * lies beside it, hidden, under a name that nobody else has. A link in its place is replaced, never followed.
 * @param expectedBytes for the words of a disk that is full
 * @throws SwarmError as `mayWrite`, DISK_FULL; what `write` throws
 */
export async function writeWhole<T>(
  path: string,
  options: Overwriting & { readonly expectedBytes?: number },
  write: (to: Writable) => Promise<T>,
): Promise<T> {
  await mayWrite(path, options)
  // Nobody shares it meanwhile, should the folder be a share folder.
  const part = join(dirname(path), `.${randomUUID()}${partSuffix}`)
  const stopped = removedWhenStopped(part)
  try {
    const handle = await open(part, 'wx', 0o666)
    const result = await write(handle.createWriteStream())
    await place(part, path, options)
    return result
  } catch (error) {
    await rm(part, { force: true })
    throw writeFailure(error, path, options.expectedBytes)
  } finally {
    stopped.off()
  }
}

/** A link, unlike a rename, never replaces what came in the meantime. */
async function place(part: string, path: string, { force }: Overwriting): Promise<void> {
  if (force) return rename(part, path)
  try {
    await link(part, path)
    await rm(part)
  } catch (error) {
    if (systemCode(error) === 'EEXIST') throw isThere(path)
    if (!hasNoLinks(error)) throw error
    await mayWrite(path, { force })
    await rename(part, path)
  }
}

/** The process ends of the signal as it would without us, after the file is gone. */
function removedWhenStopped(part: string): { off(): void } {
  const off = (): void => {
    for (const name of endings) process.off(name, end)
  }
  const end = (signal: NodeJS.Signals): void => {
    rmSync(part, { force: true })
    off()
    process.kill(process.pid, signal)
  }
  for (const name of endings) process.on(name, end)
  return { off }
}

const isThere = (path: string): SwarmError =>
  new SwarmError('INVALID_INPUT', `${path} is there already: name another place, or say --force to replace it`)

const noFolder = (path: string): SwarmError =>
  new SwarmError('NOT_FOUND', `${path} cannot be written: there is no folder ${dirname(path)}; make it first`)

function writeFailure(error: unknown, path: string, expectedBytes?: number): unknown {
  if (error instanceof SwarmError) return error
  const options = { cause: error }
  switch (systemCode(error)) {
    case 'ENOSPC':
    case 'EDQUOT': {
      const needed = expectedBytes === undefined ? 'it was not written' : `${bytesText(expectedBytes)} are needed`
      return new SwarmError('DISK_FULL', `the disk of ${path} is full: ${needed}`, options)
    }
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new SwarmError(
        'PERMISSION_DENIED',
        `${path} cannot be written: this user may not write in ${dirname(path)}`,
        options,
      )
    case 'ENOENT':
    case 'ENOTDIR':
      return noFolder(path)
    case undefined:
    default:
      return error
  }
}
