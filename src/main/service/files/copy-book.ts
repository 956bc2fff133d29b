import { z } from 'zod'
import { isCid, type Cid } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import { StateFile, type StateBookDeps } from './state-file.ts'

/** Copies that are remembered: more than a disk of files that are worth fetching. */
const maxCopies = 200_000
/** A look into a file is written down only now and then: what it is for needs no better. */
const saveAfterMs = 2_000

const booksSchema = z.object({
  v: z.literal(1),
  copies: z.record(z.string(), z.object({ usedAtMs: z.number(), kept: z.boolean().default(false) })),
})
type Book = z.infer<typeof booksSchema>

/** Which files a person wants kept here, and when each copy was last of use: what a quota needs to know. */
export class CopyBook {
  readonly #file: StateFile<Book>
  readonly #deps: { readonly clock: Clock; readonly signal: () => AbortSignal }
  readonly #copies = new Map<Cid, { readonly usedAtMs: number; readonly kept: boolean }>()

  constructor(deps: StateBookDeps, init: { readonly path: string }) {
    this.#deps = deps
    this.#file = new StateFile(deps, {
      ...init,
      schema: booksSchema,
      name: 'copies',
      cost: 'it is forgotten which files are to be kept',
      afterMs: saveAfterMs,
    })
  }

  load(): void {
    this.#copies.clear()
    for (const [cid, copy] of Object.entries(this.#file.load()?.copies ?? {})) {
      if (isCid(cid) && this.#copies.size < maxCopies) this.#copies.set(cid, copy)
    }
  }

  isKept(cid: Cid): boolean {
    return this.#copies.get(cid)?.kept === true
  }

  kept(): readonly Cid[] {
    return [...this.#copies].flatMap(([cid, { kept }]) => (kept ? [cid] : []))
  }

  /** When it was last fetched or read here; 0 for what is not known. */
  usedAtMs(cid: Cid): number {
    return this.#copies.get(cid)?.usedAtMs ?? 0
  }

  /** Saved at once: a person asked for it. */
  keep(cid: Cid, kept: boolean): void {
    this.#set(cid, { usedAtMs: this.#deps.clock.now(), kept })
    this.#file.save()
  }

  /** Saved soon: they are many. */
  keepAll(cids: readonly Cid[]): void {
    for (const cid of cids) this.#set(cid, { usedAtMs: this.#deps.clock.now(), kept: true })
  }

  used(cid: Cid): void {
    this.#set(cid, { usedAtMs: this.#deps.clock.now(), kept: this.isKept(cid) })
  }

  forget(cid: Cid): void {
    if (this.#copies.delete(cid)) this.#changed()
  }

  save(): void {
    this.#file.save()
  }

  #set(cid: Cid, copy: { readonly usedAtMs: number; readonly kept: boolean }): void {
    this.#copies.delete(cid)
    this.#copies.set(cid, copy)
    if (this.#copies.size > maxCopies) {
      const oldest = [...this.#copies].find(([, { kept }]) => !kept)
      if (oldest !== undefined) this.#copies.delete(oldest[0])
    }
    this.#changed()
  }

  #changed(): void {
    this.#file.changed(() => ({ v: 1, copies: Object.fromEntries(this.#copies) }), this.#deps.signal())
  }
}
