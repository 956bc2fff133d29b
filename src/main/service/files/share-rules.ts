import ignore, { type Ignore } from 'ignore'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { FileSettings } from '../../../shared/file-views.ts'
import { systemCode } from './disk-error.ts'
import type { LeftOutReason } from './left-out.ts'
import { nameProblem } from './safe-name.ts'

/** A file in a shared folder with patterns of its own, in the syntax of .gitignore. */
const ignoreFile = '.swarmignore'
/** Longer ones are cut off here: it is looked at again and again. */
const maxIgnoreBytes = 64 * 1024
const maxPatterns = 1_000
const maxPatternLength = 256

export type FolderRules = Pick<FileSettings, 'ignore' | 'maxFileBytes'>

/** What of a folder is to be shared, as the settings and its own file of patterns say. */
export class ShareRules {
  readonly #patterns: Ignore
  readonly #maxFileBytes: number | null

  private constructor(patterns: readonly string[], maxFileBytes: number | null) {
    this.#patterns = ignore({ ignorecase: false })
    for (const pattern of patterns) {
      // One that is no pattern says nothing; the others still count.
      try {
        this.#patterns.add(pattern)
      } catch {}
    }
    this.#maxFileBytes = maxFileBytes
  }

  /** @param dir where its own file of patterns may lie; null: only the settings count */
  static async read(dir: string | null, rules: FolderRules): Promise<ShareRules> {
    const own = dir === null ? [] : await patternsIn(join(dir, ignoreFile))
    return new ShareRules([...rules.ignore, ...own], rules.maxFileBytes)
  }

  /** Why something is left out; null when nothing speaks against it. @param name below the folder, with `/` */
  against(
    name: string,
    { isFolder, sizeBytes }: { readonly isFolder: boolean; readonly sizeBytes: number },
  ): { readonly reason: LeftOutReason; readonly words: string } | null {
    const problem = nameProblem(name)
    if (problem !== null) return { reason: 'bad-name', words: problem }
    if (this.#patterns.ignores(isFolder ? `${name}/` : name)) {
      return { reason: 'ignored', words: `a pattern in Settings or ${ignoreFile} leaves it out` }
    }
    if (!isFolder && this.#maxFileBytes !== null && sizeBytes > this.#maxFileBytes) {
      return { reason: 'too-large', words: `it has ${sizeBytes} bytes, Settings allow ${this.#maxFileBytes}` }
    }
    return null
  }
}

async function patternsIn(path: string): Promise<readonly string[]> {
  try {
    const file = await open(path, 'r')
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(maxIgnoreBytes), 0, maxIgnoreBytes, 0)
      const lines = buffer.toString('utf8', 0, bytesRead).split(/\r?\n/)
      return lines.filter((line) => line.length <= maxPatternLength).slice(0, maxPatterns)
    } finally {
      await file.close()
    }
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    // Who wrote patterns does not want everything shared because they cannot be read just now.
    throw error
  }
}
