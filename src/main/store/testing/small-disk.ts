import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { skipFor } from '../../../../scripts/required.ts'

/** File systems of a few MiB in memory, to fill to the last byte. */
export class SmallDisks {
  /** Why there can be none here, which is said; null: they can be had. */
  readonly whyNot: string | null
  readonly #mounted: string[] = []

  constructor() {
    this.whyNot = skipFor('small-disk', this.#tryOut())
  }

  /** @param dir an empty folder @throws Error where it cannot be */
  mount(dir: string, sizeMiB: number): void {
    const why = mounted(dir, sizeMiB)
    if (why !== null) throw new Error(`no small file system at ${dir}: ${why}`)
    this.#mounted.push(dir)
  }

  /** Of all that were mounted. Nothing may be open in them. */
  unmount(): void {
    for (const dir of this.#mounted.splice(0)) unmounted(dir)
  }

  /** Root in a container is not always allowed to mount. */
  #tryOut(): string | null {
    if (process.platform !== 'linux') return 'it needs Linux'
    if (process.getuid?.() !== 0) return 'only root can mount a small file system'
    const dir = mkdtempSync(join(tmpdir(), 'dt-swarm-disk-'))
    const why = mounted(dir, 1)
    if (why === null) unmounted(dir)
    rmSync(dir, { recursive: true })
    return why
  }
}

/** @returns why it could not be; null: it is there */
function mounted(dir: string, sizeMiB: number): string | null {
  return failure(spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMiB}m`, 'tmpfs', dir], { encoding: 'utf8' }))
}

function unmounted(dir: string): void {
  const why = failure(spawnSync('umount', [dir], { encoding: 'utf8' }))
  if (why !== null) throw new Error(`${dir} is still mounted: ${why}`)
}

function failure({ status, error, stderr }: ReturnType<typeof spawnSync>): string | null {
  return status === 0 ? null : `mount says: ${error?.message ?? String(stderr).trim()}`
}
