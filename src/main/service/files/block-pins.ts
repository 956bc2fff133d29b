import { readFileSync, rmSync } from 'node:fs'
import { CID } from 'multiformats/cid'
import { z } from 'zod'
import type { Cid } from '../../../shared/ids.ts'
import type { Counters } from '../../base/counters.ts'
import type { Log } from '../../base/log.ts'
import { writeFileAtomic } from '../../store/atomic-file.ts'
import { systemCode } from './disk-error.ts'

/** Checkpoints kept, those on their way, and imported ones: a handful. */
const maxPins = 64
/** The chunks, index blocks and root of the largest checkpoint. */
const maxBlocksPerPin = 70_000

const pinsSchema = z.object({
  v: z.literal(1),
  pins: z.record(z.string().max(128), z.array(z.string().max(128)).max(maxBlocksPerPin)),
})

/**
 * Blocks that stay though no file needs them, by the name of what needs them; remembered in one small file. Losing it
 * costs the blocks, which whoever pinned them makes or fetches again.
 */
export class BlockPins {
  readonly #deps: { readonly counters: Counters; readonly log: Log }
  readonly #path: string
  readonly #pins = new Map<string, readonly CID[]>()

  constructor(deps: { readonly counters: Counters; readonly log: Log }, init: { readonly path: string }) {
    this.#deps = deps
    this.#path = init.path
  }

  load(): void {
    this.#pins.clear()
    try {
      const { pins } = pinsSchema.parse(JSON.parse(readFileSync(this.#path, 'utf8')))
      for (const [name, cids] of Object.entries(pins).slice(0, maxPins)) {
        this.#pins.set(
          name,
          cids.map((cid) => CID.parse(cid)),
        )
      }
    } catch (err) {
      if (systemCode(err) === 'ENOENT') return
      this.#pins.clear()
      this.#deps.counters.add('files.pins:corrupt')
      this.#deps.log.warn({ err }, 'the list of pinned blocks cannot be read; they are made or fetched again')
      rmSync(this.#path, { force: true })
    }
  }

  /** Keeps these blocks under a name, instead of what was kept under it; they need not be here yet. */
  set(name: string, cids: Iterable<CID>): void {
    this.#pins.delete(name)
    this.#pins.set(name, [...cids].slice(0, maxBlocksPerPin))
    const oldest = this.#pins.keys().next().value
    if (this.#pins.size > maxPins && oldest !== undefined) this.#pins.delete(oldest)
    this.#save()
  }

  /** Tells whether there was one. */
  delete(name: string): boolean {
    const had = this.#pins.delete(name)
    if (had) this.#save()
    return had
  }

  names(): readonly string[] {
    return [...this.#pins.keys()]
  }

  *all(): Generator<CID, undefined> {
    for (const cids of this.#pins.values()) yield* cids
  }

  #save(): void {
    const pins = Object.fromEntries(
      [...this.#pins].map(([name, cids]) => [name, cids.map((cid) => cid.toString() as Cid)]),
    )
    try {
      writeFileAtomic(this.#path, JSON.stringify({ v: 1, pins }))
    } catch (err) {
      this.#deps.counters.add('files.pins:not-saved')
      this.#deps.log.warn({ err }, 'the list of pinned blocks cannot be saved; they may be lost at the next start')
    }
  }
}
