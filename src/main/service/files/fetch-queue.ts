import { dirname } from 'node:path'
import { z } from 'zod'
import { isCid, type Cid } from '../../../shared/ids.ts'
import { transferSchema } from '../../../shared/views.ts'
import { StateFile, type StateBookDeps } from './state-file.ts'

/** Fetches that wait or run at a time: the contract lets one call name so many files. */
export const maxFetches = 10_000

/** Names that one file gets: in the folders of a software many files are empty, and so the same. A peer shares no more. */
export const maxNames = 50_000

const fetchTargetSchema = z.union([
  /**
   * Below a folder of the user's choice, or (null) the download folder: with the folders that are in these names, which
   * records gave it.
   */
  z.object({
    folder: z.string().min(1).max(4_096).nullable(),
    as: z.array(z.string().max(1_024)).min(1).max(maxNames),
  }),
  z.literal('downloads'),
  z.literal('store'),
  z.object({ path: z.string().min(1).max(4_096) }),
  /** A folder of the user's choice. */
  z.object({ folder: z.string().min(1).max(4_096) }),
])
/**
 * Where a fetched file goes: the download folder, the store alone, or a place of the user's choice. Files that were asked
 * for together lie there in the folders of their names; one that was asked for alone has only the last step of its name.
 */
export type FetchTarget = z.infer<typeof fetchTargetSchema>

/** The folder of a person's choice that it goes to; null where none was chosen. */
export function folderOf(to: FetchTarget): string | null {
  if (typeof to === 'string') return null
  return 'folder' in to ? to.folder : dirname(to.path)
}

const entrySchema = z.object({
  cid: z.custom<Cid>((value) => typeof value === 'string' && isCid(value)),
  to: fetchTargetSchema,
  priority: transferSchema.shape.priority.default('normal'),
  paused: z.boolean().default(false),
  group: transferSchema.shape.group.default(null),
  patient: z.boolean().default(true),
})
/** A fetch that goes on after a restart. */
export type QueuedFetch = Readonly<z.infer<typeof entrySchema>>

const queueSchema = z.object({ v: z.literal(1), fetches: z.array(entrySchema).max(maxFetches) })

/** What is to be fetched, in the order of asking; remembered in one file. */
export class FetchQueue {
  readonly #file: StateFile<z.infer<typeof queueSchema>>
  readonly #signal: () => AbortSignal
  readonly #entries = new Map<Cid, QueuedFetch>()
  readonly #max: number

  /** @param init `max`: so many wait or run at a time, at most and by default 10,000 */
  constructor(deps: StateBookDeps, { max = maxFetches, ...init }: { readonly path: string; readonly max?: number }) {
    this.#signal = deps.signal
    this.#max = max
    this.#file = new StateFile(deps, {
      ...init,
      schema: queueSchema,
      name: 'fetches',
      cost: 'fetches under way have to be begun again',
    })
  }

  load(): void {
    this.#entries.clear()
    for (const entry of this.#file.load()?.fetches ?? []) this.#entries.set(entry.cid, entry)
  }

  /** So many more may wait. */
  get room(): number {
    return Math.max(0, this.#max - this.#entries.size)
  }

  get full(): boolean {
    return this.#entries.size >= this.#max
  }

  has(cid: Cid): boolean {
    return this.#entries.has(cid)
  }

  get(cid: Cid): QueuedFetch | undefined {
    return this.#entries.get(cid)
  }

  all(): readonly QueuedFetch[] {
    return [...this.#entries.values()]
  }

  cids(): Iterable<Cid> {
    return this.#entries.keys()
  }

  /** Adds one, or changes it where it is. */
  set(cid: Cid, change: Partial<Omit<QueuedFetch, 'cid'>> & { readonly to: FetchTarget }): void {
    const before = this.#entries.get(cid)
    this.#entries.set(cid, { priority: 'normal', paused: false, group: null, patient: true, ...before, ...change, cid })
    this.#changed()
  }

  delete(cid: Cid): void {
    if (this.#entries.delete(cid)) this.#changed()
  }

  save(): void {
    this.#file.save()
  }

  #changed(): void {
    this.#file.changed(() => ({ v: 1, fetches: this.all().slice(0, maxFetches) }), this.#signal())
  }
}
