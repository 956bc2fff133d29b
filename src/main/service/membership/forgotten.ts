import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import { peerIdSchema } from '../../../shared/ids-schema.ts'
import type { PeerId } from '../../../shared/ids.ts'
import type { Log } from '../../base/log.ts'
import { makeFolderSync } from '../../base/make-folder.ts'
import { writeFileAtomic } from '../../store/atomic-file.ts'

/** As many as a table holds; the oldest wish is dropped first. */
const maxForgotten = 10_000
const fileForm = z.record(peerIdSchema, z.number())

/** Machines that a person hid until they are heard again, kept in a small file of the peer's home. */
export class Forgotten {
  readonly #path: string
  readonly #log: Log
  #spokeAtMs = new Map<PeerId, number>()

  constructor(deps: { readonly log: Log }, init: { readonly path: string }) {
    this.#log = deps.log
    this.#path = init.path
  }

  /** A missing file is no wish at all; a damaged one is told and left behind by the next wish: little is lost with it. */
  load(): void {
    try {
      const parsed = fileForm.parse(JSON.parse(readFileSync(this.#path, 'utf8')))
      this.#spokeAtMs = new Map(Object.entries(parsed) as [PeerId, number][])
    } catch (err) {
      if (err instanceof Error && 'code' in err && err.code === 'ENOENT') return
      this.#log.warn({ err, path: this.#path }, 'the list of forgotten machines is unreadable; they are shown again')
    }
  }

  /** True while the machine has not been heard since it was forgotten. @param spokeAtMs when it was last heard */
  hides(peer: PeerId, spokeAtMs: number | undefined): boolean {
    const forgottenAt = this.#spokeAtMs.get(peer)
    return forgottenAt !== undefined && (spokeAtMs === undefined || spokeAtMs <= forgottenAt)
  }

  /** @throws SwarmError when the list cannot be written: the wish holds for this run only */
  add(peer: PeerId, spokeAtMs: number): void {
    this.#spokeAtMs.set(peer, spokeAtMs)
    for (const oldest of this.#spokeAtMs.keys()) {
      if (this.#spokeAtMs.size <= maxForgotten) break
      this.#spokeAtMs.delete(oldest)
    }
    makeFolderSync(dirname(this.#path), { mode: 0o700 })
    writeFileAtomic(this.#path, JSON.stringify(Object.fromEntries(this.#spokeAtMs)))
  }
}
