import { z } from 'zod'
import { SwarmError } from '../../../shared/errors.ts'
import { StateFile, type StateBookDeps } from './state-file.ts'

const path = z.string().min(1).max(4_096)

/** Files and folders that a person chose to be shared, in one go. */
const dropSchema = z.object({
  /** Of its transfer. */
  id: z.string().min(1).max(64),
  paths: z.array(path).min(1).max(10_000),
  /** copy: into the share folder. link: where they lie. */
  how: z.enum(['copy', 'link']),
  channel: z.string().max(63).nullable(),
  paused: z.boolean(),
})
export type DropOrder = z.infer<typeof dropSchema>

/** Drops that wait or run; a script that makes more should wait for the first to end. */
const maxDrops = 200

const stateSchema = z.object({
  v: z.literal(1),
  drops: z.array(dropSchema).max(maxDrops),
  /** Once; now it has a file of its own. */
  unshared: z.unknown().optional(),
})

/** Drops under way, which a restart must not forget. */
export class DropBook {
  readonly #file: StateFile<z.infer<typeof stateSchema>>
  readonly #signal: () => AbortSignal
  readonly #drops = new Map<string, DropOrder>()

  constructor(deps: StateBookDeps, init: { readonly path: string }) {
    this.#signal = deps.signal
    this.#file = new StateFile(deps, {
      path: init.path,
      schema: stateSchema,
      name: 'drops',
      cost: 'shares under way are not gone on with',
    })
  }

  get drops(): readonly DropOrder[] {
    return [...this.#drops.values()]
  }

  /** Tells what was read, of which others may know a part. */
  load(): unknown {
    this.#drops.clear()
    const state = this.#file.load()
    for (const drop of state?.drops ?? []) this.#drops.set(drop.id, drop)
    if (state?.unshared !== undefined) this.#changed()
    return state
  }

  /** @throws SwarmError LIMIT_REACHED for one more than may be under way: such a state would not be read again */
  put(drop: DropOrder): void {
    if (!this.#drops.has(drop.id) && this.#drops.size >= maxDrops) {
      throw new SwarmError(
        'LIMIT_REACHED',
        `${maxDrops} drops are under way already: wait for the first of them to end.`,
      )
    }
    this.#drops.set(drop.id, drop)
    this.#changed()
  }

  /** One that is over stays so. */
  hold(id: string, paused: boolean): void {
    const drop = this.#drops.get(id)
    if (drop !== undefined) this.put({ ...drop, paused })
  }

  forget(id: string): void {
    if (this.#drops.delete(id)) this.#changed()
  }

  save(): void {
    this.#file.save()
  }

  #changed(): void {
    this.#file.changed(() => ({ v: 1, drops: [...this.drops] }), this.#signal())
  }
}
