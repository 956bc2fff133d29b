import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Makes a folder and those above it that are missing; one that is there is fine. Not `mkdir` with `recursive`: that
 * never ends where the system refuses to make a folder by saying that there is none (/proc, some network mounts).
 * @throws the file system's error
 */
export async function makeFolder(path: string): Promise<void> {
  if (await made(path)) return
  const parent = dirname(path)
  if (parent !== path && !(await isFolder(parent))) await makeFolder(parent)
  // The parent is there now, made by us or by somebody else meanwhile: a second "there is none" is a refusal.
  if (await made(path)) return
  throw Object.assign(new Error(`ENOENT: no such file or directory, mkdir '${path}'`), { code: 'ENOENT' })
}

/** False when there is nothing to make it in. */
async function made(path: string): Promise<boolean> {
  try {
    await mkdir(path)
    return true
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'EEXIST' && (await isFolder(path))) return true
    if (code !== 'ENOENT') throw error
    return false
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    return false
  }
}
