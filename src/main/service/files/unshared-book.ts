import { z } from 'zod'
import { StateFile, type StateBookDeps } from './state-file.ts'

const path = z.string().min(1).max(4_096)
/** As many as a peer may share in all. */
const maxUnshared = 50_000
const unsharedSchema = z.array(path).max(maxUnshared)
const stateSchema = z.object({ v: z.literal(1), unshared: unsharedSchema })
/** Where it was kept at first: beside the drops. */
const oldSchema = z.object({ unshared: unsharedSchema })

/**
 * Files of share folders that somebody stopped sharing. They have a file of their own, so that nothing that happens to
 * another costs it: what a person took back would be shared again.
 */
export class UnsharedBook {
  readonly #file: StateFile<z.infer<typeof stateSchema>>
  readonly #signal: () => AbortSignal
  readonly #paths = new Set<string>()

  constructor(deps: StateBookDeps, init: { readonly path: string }) {
    this.#signal = deps.signal
    this.#file = new StateFile(deps, {
      path: init.path,
      schema: stateSchema,
      name: 'unshared',
      cost: 'what was unshared in the share folder is shared again',
    })
  }

  /** @param old the state of the drops, in which it may be from before */
  load(old: unknown = null): void {
    this.#paths.clear()
    const before = oldSchema.safeParse(old)
    for (const one of this.#file.load()?.unshared ?? []) this.#paths.add(one)
    if (!before.success) return
    for (const one of before.data.unshared) this.set(one, true)
    // Before it is no longer there.
    this.save()
  }

  has(file: string): boolean {
    return this.#paths.has(file)
  }

  get paths(): ReadonlySet<string> {
    return this.#paths
  }

  /** Remembers that a file of the share folder is not to be shared, or no longer so. */
  set(file: string, isUnshared: boolean): void {
    if (this.#paths.has(file) === isUnshared) return
    if (!isUnshared) this.#paths.delete(file)
    else if (this.#paths.size >= maxUnshared || !path.safeParse(file).success) return
    else this.#paths.add(file)
    this.#file.changed(() => ({ v: 1, unshared: [...this.#paths] }), this.#signal())
  }

  save(): void {
    this.#file.save()
  }
}
