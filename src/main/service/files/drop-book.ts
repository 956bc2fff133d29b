import { z } from 'zod'
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
export const maxDrops = 200
/** As many as a peer may share in all. */
const maxUnshared = 50_000

const stateSchema = z.object({
  v: z.literal(1),
  drops: z.array(dropSchema).max(maxDrops),
  unshared: z.array(path).max(maxUnshared),
})

/** What people said about sharing and a restart must not forget: drops under way, and files that are not to be shared. */
export class DropBook {
  readonly #file: StateFile<z.infer<typeof stateSchema>>
  readonly #signal: () => AbortSignal
  readonly #drops = new Map<string, DropOrder>()
  /** Files of the share folder that somebody stopped sharing. */
  readonly #unshared = new Set<string>()

  constructor(deps: StateBookDeps, init: { readonly path: string }) {
    this.#signal = deps.signal
    this.#file = new StateFile(deps, {
      path: init.path,
      schema: stateSchema,
      name: 'drops',
      cost: 'shares under way are not gone on with, and what was unshared in the share folder is shared again',
    })
  }

  get drops(): readonly DropOrder[] {
    return [...this.#drops.values()]
  }

  load(): void {
    this.#drops.clear()
    this.#unshared.clear()
    const state = this.#file.load()
    for (const drop of state?.drops ?? []) this.#drops.set(drop.id, drop)
    for (const one of state?.unshared ?? []) this.#unshared.add(one)
  }

  put(drop: DropOrder): void {
    this.#drops.set(drop.id, drop)
    this.#changed()
  }

  forget(id: string): void {
    if (this.#drops.delete(id)) this.#changed()
  }

  isUnshared(file: string): boolean {
    return this.#unshared.has(file)
  }

  get unshared(): ReadonlySet<string> {
    return this.#unshared
  }

  /** Remembers that a file of the share folder is not to be shared, or no longer so. */
  setUnshared(file: string, isUnshared: boolean): void {
    if (this.#unshared.has(file) === isUnshared) return
    if (!isUnshared) this.#unshared.delete(file)
    else if (this.#unshared.size < maxUnshared) this.#unshared.add(file)
    this.#changed()
  }

  save(): void {
    this.#file.save()
  }

  #changed(): void {
    this.#file.changed(
      () => ({ v: 1, drops: [...this.#drops.values()], unshared: [...this.#unshared] }),
      this.#signal(),
    )
  }
}
