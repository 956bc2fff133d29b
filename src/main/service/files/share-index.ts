import { readFile, rename } from 'node:fs/promises'
import { z } from 'zod'
import { isCid, isRecordId, type Cid, type RecordId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { Log } from '../../base/log.ts'
import { writeFileAtomic } from '../../store/atomic-file.ts'
import { systemCode } from './disk-error.ts'

const cid = z.custom<Cid>((value) => typeof value === 'string' && isCid(value))
const recordId = z.custom<RecordId>((value) => typeof value === 'string' && isRecordId(value))
const size = z.number().int().nonnegative()

const fetchTargetSchema = z.union([
  z.literal('downloads'),
  z.literal('store'),
  z.object({ path: z.string().min(1).max(4_096) }),
])
/** Where a fetched file goes: the download folder, the store alone, or a file of the user's choice. */
export type FetchTarget = z.infer<typeof fetchTargetSchema>

const indexSchema = z.object({
  v: z.literal(1),
  /** By full path: what a file was when it was shared, and under which record. */
  files: z.record(
    z.string(),
    z.object({ sizeBytes: size, mtimeMs: z.number(), cid, recordId, sharedAtMs: z.number() }),
  ),
  /** Files that are whole in the store, by CID. */
  held: z.record(z.string(), z.object({ sizeBytes: size })),
  /** Fetches under way: they go on after a restart. */
  fetches: z.array(z.object({ cid, to: fetchTargetSchema })).max(1_000),
})
type Index = z.infer<typeof indexSchema>
export type IndexedFile = Index['files'][string]

/** Written at most this often while many files come. */
const saveAfterMs = 1_000

/**
 * What was hashed before, so that a restart does not read every file again. It can be lost without harm: everything
 * in it is found out anew by reading the files.
 */
export class ShareIndex {
  readonly files = new Map<string, IndexedFile>()
  readonly held = new Map<Cid, { readonly sizeBytes: number }>()
  readonly fetches = new Map<Cid, FetchTarget>()
  readonly #deps: { readonly clock: Clock; readonly counters: Counters; readonly log: Log }
  readonly #path: string
  #dirty = false
  #saveDue = false

  constructor(
    deps: { readonly clock: Clock; readonly counters: Counters; readonly log: Log },
    init: { readonly path: string },
  ) {
    this.#deps = deps
    this.#path = init.path
  }

  async load(): Promise<void> {
    this.files.clear()
    this.held.clear()
    this.fetches.clear()
    let text: string
    try {
      text = await readFile(this.#path, 'utf8')
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') this.#lost(error)
      return
    }
    try {
      const index = indexSchema.parse(JSON.parse(text))
      for (const [path, file] of Object.entries(index.files)) this.files.set(path, file)
      for (const [key, held] of Object.entries(index.held)) if (isCid(key)) this.held.set(key, held)
      for (const fetch of index.fetches) this.fetches.set(fetch.cid, fetch.to)
    } catch (error) {
      this.#lost(error)
      await rename(this.#path, `${this.#path}.corrupt-${this.#deps.clock.now()}`).catch(() => {})
    }
  }

  /** Tells that it changed; saved soon. */
  changed(signal: AbortSignal): void {
    this.#dirty = true
    if (this.#saveDue) return
    this.#saveDue = true
    void this.#deps.clock
      .sleep(saveAfterMs, { signal })
      .catch(() => {})
      .then(() => {
        this.#saveDue = false
        this.save()
      })
  }

  /** Saves now when there is anything to save. A disk that is full costs the index, not the peer. */
  save(): void {
    if (!this.#dirty) return
    this.#dirty = false
    try {
      const index: Index = {
        v: 1,
        files: Object.fromEntries(this.files),
        held: Object.fromEntries(this.held),
        fetches: [...this.fetches].slice(0, 1_000).map(([cid, to]) => ({ cid, to })),
      }
      writeFileAtomic(this.#path, JSON.stringify(index))
    } catch (error) {
      this.#deps.counters.add('files.index:not-saved')
      this.#deps.log.warn(
        { err: error },
        'the index of shared files cannot be saved; files are hashed again after a restart',
      )
    }
  }

  #lost(error: unknown): void {
    this.#deps.counters.add('files.index:corrupt')
    this.#deps.log.warn({ err: error }, 'the index of shared files cannot be read; files are hashed again')
  }
}
