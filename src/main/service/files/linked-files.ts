import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Cid } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import type { Startable } from '../../base/lifecycle.ts'
import { Loop } from '../../base/loop.ts'
import { systemCode } from './disk-error.ts'
import type { FoundFile } from './folder-scan.ts'
import type { Homes } from './homes.ts'
import type { ShareIndex } from './share-index.ts'

export interface LinkedFilesDeps {
  readonly index: ShareIndex
  readonly clock: Clock
  readonly homes: Pick<Homes, 'around'>
  /** One has changed and is still. Rejects when it could not be shared: asked again at the next look. */
  readonly changed: (file: FoundFile, options: { readonly signal: AbortSignal }) => Promise<void>
  /** One is gone, though the folder in which it lay is there. */
  readonly gone: (path: string, cid: Cid) => void
  /** One lies in the home of a peer, of which nothing is shared: it became one, or was not known as one before. */
  readonly closed: (path: string) => void
}

/** Handed over at a time, as of the share folder; the others are at the next look. */
const atATime = 64

/**
 * Looks after files that are shared where they lie: one that has changed is shared anew, one that was deleted no longer.
 * What lay on a drive that is not there just now is left as it is: its content is in the store.
 */
export class LinkedFiles implements Startable {
  readonly #deps: LinkedFilesDeps
  readonly #loop = new Loop((signal) => this.#rounds(signal))
  readonly #everyMs: number
  /** Times of files that were not as they are shared, at the last look: one that is the same twice is still. */
  readonly #seen = new Map<string, number>()
  /** Those that are being shared anew: a person may hold one as long as it pleases. */
  readonly #busy = new Map<string, Promise<void>>()

  /** @param init `everyMs`: from one look to the next, default 15 s */
  constructor(deps: LinkedFilesDeps, init: { readonly everyMs?: number } = {}) {
    this.#deps = deps
    this.#everyMs = init.everyMs ?? 15_000
  }

  async start(): Promise<void> {
    await this.#loop.start()
  }

  async stop(): Promise<void> {
    await this.#loop.stop()
    await Promise.all(this.#busy.values())
    this.#seen.clear()
  }

  async #rounds(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const isClosed = new Map<string, boolean>()
      const looked = new Map<string, boolean>()
      for (const [path, { linked }] of this.#deps.index.files) {
        if (signal.aborted) return
        if (!linked || this.#busy.has(path)) continue
        const dir = dirname(path)
        const closed = isClosed.get(dir) ?? (await this.#deps.homes.around(dir, looked)) !== null
        isClosed.set(dir, closed)
        if (closed) this.#deps.closed(path)
        else await this.#look(path, signal)
      }
      await this.#deps.clock.sleep(this.#everyMs, { signal }).catch(() => {})
    }
  }

  async #look(path: string, signal: AbortSignal): Promise<void> {
    const { index, changed, gone } = this.#deps
    const facts = await stat(path).catch((error: unknown) => systemCode(error) ?? 'EIO')
    const entry = index.files.get(path)
    if (entry === undefined || signal.aborted) return
    if (typeof facts === 'string') {
      if (facts === 'ENOENT' && (await isThere(dirname(path)))) gone(path, entry.cid)
      return
    }
    const { size: sizeBytes, mtimeMs } = facts
    if (sizeBytes === entry.sizeBytes && mtimeMs === entry.mtimeMs) {
      this.#seen.delete(path)
      return
    }
    const isStill = this.#seen.get(path) === mtimeMs
    this.#seen.set(path, mtimeMs)
    // An empty file is one that has not begun, unless it was shared so.
    if (!isStill || (sizeBytes === 0 && entry.sizeBytes > 0) || this.#busy.size >= atATime) return
    const file = { path, name: entry.name ?? path, sizeBytes, mtimeMs }
    const work = changed(file, { signal })
      .catch(() => {})
      .finally(() => this.#busy.delete(path))
    this.#busy.set(path, work)
  }
}

const isThere = (dir: string): Promise<boolean> =>
  stat(dir).then(
    (facts) => facts.isDirectory(),
    () => false,
  )
