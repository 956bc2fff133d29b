import { lstat, mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { diskError, systemCode } from './disk-error.ts'
import { holdsKey } from './homes.ts'
import { numbered } from './safe-name.ts'

/** Nobody has so many things of one name that are no folder; a folder in which each step is taken ends here. */
const maxTries = 100

/**
 * Makes folders below one that is there, a step at a time, and takes those that are there already. What is no folder
 * of the same file system (a file, a link to wherever, another disk), or is the home of a peer, is neither followed nor
 * changed: a stranger's folder could bring it settings. The step is called `run-17 (2)` then.
 * @param steps names as `safePath` makes them
 * @returns the path of the last @throws SwarmError DISK_FULL, PERMISSION_DENIED, NOT_FOUND
 */
export async function makeSubFolder(folder: string, steps: readonly string[]): Promise<string> {
  let at = folder
  try {
    const { dev } = await stat(folder)
    for (const step of steps) at = await makeStep(at, step, dev)
    return at
  } catch (error) {
    throw diskError(error, `making the folder ${join(folder, ...steps)}`)
  }
}

async function makeStep(parent: string, step: string, dev: number): Promise<string> {
  for (let n = 1; ; n += 1) {
    const path = join(parent, numbered(step, n))
    try {
      await mkdir(path)
      return path
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error
      const there = await lstat(path)
      if (there.isDirectory() && there.dev === dev && !(await holdsKey(path))) return path
      if (n >= maxTries) throw error
    }
  }
}
