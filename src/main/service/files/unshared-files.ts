import { lstat, readdir } from 'node:fs/promises'
import { basename, dirname, sep } from 'node:path'
import { systemCode } from './disk-error.ts'
import type { FoundFile } from './folder-scan.ts'
import type { UnsharedBook } from './unshared-book.ts'

/**
 * Forgets what was unshared and has been deleted. What is only not seen just now (a pattern or a limit leaves it out, a drive
 * is away, another folder is shared) stays unshared when it is seen again.
 */
export async function forgetDeleted(
  unshared: UnsharedBook,
  found: ReadonlyMap<string, FoundFile>,
  { shareDir, signal }: { readonly shareDir: string; readonly signal: AbortSignal },
): Promise<void> {
  for (const path of unshared.paths) {
    if (found.has(path) || !path.startsWith(shareDir + sep)) continue
    const isGone = await isDeleted(path)
    if (signal.aborted) return
    if (isGone) unshared.set(path, false)
  }
}

/** An empty folder may be one where a drive is to be mounted. */
async function isDeleted(path: string): Promise<boolean> {
  const code = await lstat(path).then(
    () => null,
    (error: unknown) => systemCode(error) ?? 'EIO',
  )
  if (code !== 'ENOENT') return false
  const beside = await readdir(dirname(path)).catch((): string[] => [])
  // It may have come back since.
  return beside.length > 0 && !beside.includes(basename(path))
}
