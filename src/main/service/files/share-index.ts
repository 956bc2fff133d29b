import { readFile, rename } from 'node:fs/promises'
import { z } from 'zod'
import { isCid, isRecordId, type Cid, type RecordId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { Log } from '../../base/log.ts'
import { writeFileAtomicLater } from '../../store/atomic-file.ts'
import { systemCode } from './disk-error.ts'
import type { OwnShare } from './share-record.ts'

const cid = z.custom<Cid>((value) => typeof value === 'string' && isCid(value))
const recordId = z.custom<RecordId>((value) => typeof value === 'string' && isRecordId(value))
const size = z.number().int().nonnegative()

/** What records told of a file that is here: still known when they are gone. */
const saidSchema = z.object({
  name: z.string().max(1_024),
  sha1: z.string().length(40).nullable(),
  channel: z.string().max(63).nullable(),
  modifiedAtMs: z.number().optional(),
  sharedAtMs: z.number().optional(),
  simulated: z.boolean().optional(),
})
export type Said = z.infer<typeof saidSchema>
const saidKeys = saidSchema.keyof().options

/** File channels that one file is shared on, all counted as one: as many as a peer can be on. */
export const maxChannels = 64

const indexSchema = z.object({
  v: z.literal(1),
  /** By full path: what a file was when it was shared, and under which record. */
  files: z.record(
    z.string(),
    z.object({
      sizeBytes: size,
      mtimeMs: z.number(),
      cid,
      recordId,
      sharedAtMs: z.number(),
      /** As the record tells it; a file of the share folder has the name that it has there. */
      name: z.string().max(1_024).nullable().default(null),
      /** It is shared where it lies, outside the share folder. */
      linked: z.boolean().default(false),
      channel: z.string().max(63).nullable().default(null),
      /** Further ones. */
      also: z
        .array(z.string().max(63).nullable())
        .max(maxChannels - 1)
        .optional(),
      /** Of a copy, what it was made from. */
      from: z.string().max(4_096).optional(),
    }),
  ),
  /** Files that are whole in the store, by CID. A copy was fetched, and stays when no file here has that content. */
  held: z.record(
    z.string(),
    z.object({ sizeBytes: size, copy: z.boolean().default(true), said: saidSchema.optional() }),
  ),
})
type Index = z.infer<typeof indexSchema>
export type IndexedFile = Index['files'][string]
type Plain = Partial<Pick<IndexedFile, 'name' | 'linked' | 'channel' | 'also' | 'from'>>
export type Held = Index['held'][string]

/** With whom a file is shared; null: with all. */
export const channelsOf = ({
  channel,
  also = [],
}: Pick<IndexedFile, 'channel' | 'also'>): readonly (string | null)[] => [channel, ...also]

/** No file is of this time. */
const neverMs = -1
/** Written at most this often while many files come. */
const saveAfterMs = 1_000

/**
 * What was hashed before, so that a restart does not read every file again. It can be lost without harm: everything
 * in it is found out anew by reading the files.
 */
export class ShareIndex {
  readonly #files = new Map<string, IndexedFile>()
  readonly #held = new Map<Cid, Held>()
  /** Paths that have a content. */
  readonly #uses = new Map<Cid, Set<string>>()
  /** When each path was last set, by the monotonic clock of this run. */
  readonly #setAtMs = new Map<string, number>()
  /** A file of the share folder whose content no other file there has, and that is no fetched copy, went away. */
  onReleased: () => void = () => {}
  readonly #deps: { readonly clock: Clock; readonly counters: Counters; readonly log: Log }
  readonly #path: string
  #dirty = false
  #saving: Promise<void> | null = null
  #hurry = new AbortController()
  /** What putting the last one into words took, on this thread. */
  #tookMs = 0

  constructor(
    deps: { readonly clock: Clock; readonly counters: Counters; readonly log: Log },
    init: { readonly path: string },
  ) {
    this.#deps = deps
    this.#path = init.path
  }

  /** Files of the share folder by full path. */
  get files(): ReadonlyMap<string, IndexedFile> {
    return this.#files
  }

  /** Files that are whole in the store. */
  get held(): ReadonlyMap<Cid, Held> {
    return this.#held
  }

  /** A file of the share folder, as it is now in the store too. What was at this path before is forgotten. */
  setFile(path: string, facts: Omit<IndexedFile, keyof Plain> & Plain): void {
    const file = { name: null, linked: false, channel: null, ...facts }
    const before = this.#files.get(path)
    this.#put(path, file)
    this.#setAtMs.set(path, this.#deps.clock.monotonic())
    const { sizeBytes } = file
    this.#held.set(file.cid, { copy: false, ...this.#held.get(file.cid), sizeBytes })
    if (before !== undefined && before.cid !== file.cid) this.#release(before.cid, path)
  }

  /** The paths that have this content. */
  pathsOf(cid: Cid): readonly string[] {
    return [...(this.#uses.get(cid) ?? [])]
  }

  /** Whether a file here is what a share tells of: two of the same name and content are told of by one. */
  isToldBy({ id, cid, name, channel }: Pick<OwnShare, 'id' | 'cid' | 'name' | 'channel'>): boolean {
    for (const path of this.#uses.get(cid) ?? []) {
      const file = this.#files.get(path)
      if (file?.recordId === id || (file?.name === name && channelsOf(file).includes(channel))) return true
    }
    return false
  }

  #put(path: string, file: IndexedFile): void {
    this.#files.set(path, file)
    const uses = this.#uses.get(file.cid)
    if (uses === undefined) this.#uses.set(file.cid, new Set([path]))
    else uses.add(path)
  }

  /** Whether a path was set after that time of the monotonic clock. */
  isNewer(path: string, thanMs: number): boolean {
    return (this.#setAtMs.get(path) ?? -Infinity) >= thanMs
  }

  dropFile(path: string): void {
    const before = this.#files.get(path)
    this.#files.delete(path)
    this.#setAtMs.delete(path)
    if (before !== undefined) this.#release(before.cid, path)
  }

  /** A file is said to be shared by another record now. */
  setRecord(path: string, recordId: IndexedFile['recordId']): void {
    const file = this.#files.get(path)
    if (file !== undefined) this.#files.set(path, { ...file, recordId })
  }

  /** What lies at a path is to be read anew, though it may be what it was. */
  unread(path: string): void {
    const file = this.#files.get(path)
    if (file !== undefined) this.#files.set(path, { ...file, mtimeMs: neverMs })
  }

  /** A fetched file is whole in the store, and stays there. */
  keepCopy(cid: Cid, sizeBytes: number): void {
    this.#held.set(cid, { ...this.#held.get(cid), sizeBytes, copy: true })
  }

  /** What records tell of a file that is whole here. True when it was not known. */
  remember(cid: Cid, said: Said): boolean {
    const held = this.#held.get(cid)
    const before = held?.said
    const isSame = saidKeys.every((key) => before?.[key] === said[key])
    if (held === undefined || (before !== undefined && isSame)) return false
    this.#held.set(cid, { ...held, said })
    return true
  }

  /** A file is not whole in the store after all. */
  dropHeld(cid: Cid): void {
    this.#held.delete(cid)
  }

  #release(cid: Cid, path: string): void {
    const uses = this.#uses.get(cid)
    uses?.delete(path)
    if (uses !== undefined && uses.size > 0) return
    this.#uses.delete(cid)
    if (this.#held.get(cid)?.copy === true) return
    this.#held.delete(cid)
    this.onReleased()
  }

  async load(): Promise<void> {
    this.#files.clear()
    this.#held.clear()
    this.#uses.clear()
    this.#setAtMs.clear()
    let text: string
    try {
      text = await readFile(this.#path, 'utf8')
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') this.#lost(error)
      return
    }
    try {
      const index = indexSchema.parse(JSON.parse(text))
      for (const [path, file] of Object.entries(index.files)) this.#put(path, file)
      for (const [key, held] of Object.entries(index.held)) if (isCid(key)) this.#held.set(key, held)
    } catch (error) {
      this.#lost(error)
      await rename(this.#path, `${this.#path}.corrupt-${this.#deps.clock.now()}`).catch(() => {})
    }
  }

  /** Tells that it changed; saved soon. */
  changed(signal: AbortSignal): void {
    this.#dirty = true
    if (this.#saving !== null) return
    // Of many thousand files saving takes its time, which must stay a small part of all.
    const afterMs = Math.max(saveAfterMs, 50 * this.#tookMs)
    this.#hurry = new AbortController()
    this.#saving = this.#deps.clock
      .sleep(afterMs, { signal: AbortSignal.any([signal, this.#hurry.signal]) })
      .catch(() => {})
      .then(() => this.#saveLater())
      .finally(() => {
        this.#saving = null
        // What changed while it was being written.
        if (this.#dirty && !signal.aborted) this.changed(signal)
      })
  }

  /** Saves now what is not saved. */
  async save(): Promise<void> {
    this.#hurry.abort()
    await this.#saving
    await this.#saveLater()
  }

  /** A disk that is full costs the index, not the peer. Never rejects. */
  async #saveLater(): Promise<void> {
    if (!this.#dirty) return
    this.#dirty = false
    try {
      const startedMs = this.#deps.clock.monotonic()
      const index: Index = {
        v: 1,
        files: Object.fromEntries(this.#files),
        held: Object.fromEntries(this.#held),
      }
      const text = JSON.stringify(index)
      this.#tookMs = this.#deps.clock.monotonic() - startedMs
      await writeFileAtomicLater(this.#path, text)
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
