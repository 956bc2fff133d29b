import { isAbsolute } from 'node:path'
import { z } from 'zod'
import { copyRiskSchema } from '../../../shared/file-views.ts'
import { isCid, type Cid } from '../../../shared/ids.ts'
import { peerIdSchema } from '../../../shared/ids-schema.ts'
import { logFormatSchema } from '../../../shared/log-views.ts'
import { SwarmError } from '../../../shared/errors.ts'
import { transferSchema, type TransferView } from '../../../shared/views.ts'
import type { FetchOptions } from './fetcher.ts'
import type { FetchAllQuery, FolderTarget, WantedFile } from './wanted-files.ts'
import type { Transfer, TransferList } from './transfer-list.ts'

const text = z.string().max(1_024).optional()

/** What was asked for, and how far it has come: what is remembered of it, however many files it is of. */
export const fetchOrderSchema = z.object({
  id: z.uuid(),
  name: z.string().max(200),
  query: z.object({
    origin: peerIdSchema.optional(),
    search: text,
    topic: text,
    format: logFormatSchema.optional(),
    channel: text,
    folder: text,
    risk: copyRiskSchema.exclude(['none']).optional(),
    fromMs: z.number().optional(),
    toMs: z.number().optional(),
  }),
  to: z.union([
    z.enum(['downloads', 'store']),
    z.object({
      folder: z
        .string()
        .min(1)
        .max(4_096)
        .refine((folder) => isAbsolute(folder)),
    }),
  ]),
  /** All up to this CID were begun; null: none. */
  after: z.custom<Cid>((value) => typeof value === 'string' && isCid(value)).nullable(),
  files: z.number().int().nonnegative(),
  sizeBytes: z.number().nonnegative(),
  priority: transferSchema.shape.priority,
  paused: z.boolean(),
})
export type FetchOrderState = Readonly<z.infer<typeof fetchOrderSchema>>

export interface FetchOrderDeps {
  readonly transfers: TransferList
  readonly downloadDir: () => string
  readonly wanted: (query: FetchAllQuery, to: FolderTarget) => readonly WantedFile[]
  /** @throws SwarmError */
  readonly fetch: (cid: Cid, options: FetchOptions) => void
  /** How many more may wait. */
  readonly room: () => number
  /** Files of this order that are on their way already. */
  readonly begun: (id: string) => readonly Cid[]
  /** It is to be remembered as it is now; null: it has ended. */
  readonly changed: (order: FetchOrderState | null) => void
}

/** Of one order at most so many are on their way at a time: half of what may wait, so that others can. */
const atATime = 5_000
/** More begin when so few are left: each time these are looked up in the records anew. */
const whenLeft = 4_500

interface Waiting {
  readonly cid: Cid
  readonly sizeBytes: number
}

/**
 * More files than can wait to be fetched, as one: they are begun by and by, in the order of their CIDs, and its transfer
 * stands for all of them until the last has ended.
 */
export class FetchOrder {
  readonly head: Transfer
  readonly #deps: FetchOrderDeps
  #state: FetchOrderState
  #waiting: Waiting[]
  /** On their way, with their sizes. */
  readonly #active = new Map<Cid, number>()
  /** Called off by a person, or shared no more. */
  #off = 0
  readonly #failed = new Map<Cid, { readonly sizeBytes: number; readonly error: TransferView['error'] }>()

  /** Begins with `fill`. @throws SwarmError as `wanted` */
  constructor(deps: FetchOrderDeps, state: FetchOrderState, files: readonly WantedFile[]) {
    this.#deps = deps
    this.#state = state
    const { id, name, after, sizeBytes } = state
    const sizes = new Map(files.map(({ share }) => [share.cid, share.sizeBytes]))
    for (const cid of deps.begun(id)) this.#active.set(cid, sizes.get(cid) ?? 0)
    this.#waiting = [...sizes]
      .filter(([cid]) => after === null || cid > after)
      .map(([cid, bytes]) => ({ cid, sizeBytes: bytes }))
      .toSorted((a, b) => (a.cid < b.cid ? -1 : 1))
    this.head = deps.transfers.addGroup('fetch', name, { id, sizeBytes })
    this.head.set({ state: state.paused ? 'paused' : 'running', doneBytes: Math.max(0, sizeBytes - this.#leftBytes()) })
    this.head.setPriority(state.priority)
    this.head.control = {
      pause: () => this.#hold(true),
      resume: () => this.#goOn(),
      prioritised: () => this.#prioritised(),
    }
    this.head.signal.addEventListener('abort', () => this.#cancelled(), { once: true })
  }

  get state(): FetchOrderState {
    return this.#state
  }

  /** Begins as many as there is room for. */
  fill(): void {
    if (this.head.over || this.head.signal.aborted) return
    try {
      if (!this.#state.paused && this.#active.size <= whenLeft) this.#begin()
    } catch (error) {
      this.#waiting = []
      this.#end(error)
      return
    }
    if (this.#waiting.length === 0 && this.#active.size === 0) this.#end(this.#failure())
    else this.#tell()
  }

  /** A file has ended, whoever asked for it. */
  ended({ cid, state, error }: Pick<TransferView, 'cid' | 'state' | 'error'>): void {
    const sizeBytes = cid === null ? undefined : this.#active.get(cid)
    if (cid === null || sizeBytes === undefined) return
    this.#active.delete(cid)
    if (state === 'failed') this.#failed.set(cid, { sizeBytes, error })
    else if (state === 'done') this.head.advance(sizeBytes)
    else this.#off += 1
    this.fill()
  }

  /** The peer stops: it goes on with the next start. */
  stop(reason: unknown): void {
    this.head.control = {}
    this.head.fail(reason)
  }

  #begin(): void {
    const { room, wanted, fetch, changed } = this.#deps
    const next = this.#waiting.splice(0, Math.min(room(), atATime - this.#active.size))
    if (next.length === 0) return
    const { query, to, id, name, priority } = this.#state
    const files = new Map(wanted({ ...query, cids: next.map(({ cid }) => cid) }, to).map((one) => [one.share.cid, one]))
    for (const { cid, sizeBytes } of next) {
      const file = files.get(cid)
      if (file === undefined) {
        // Of a folder nobody shares it any more; else it may be here by now.
        if (query.folder !== undefined) this.#off += 1
        continue
      }
      this.#active.set(cid, sizeBytes)
      try {
        fetch(cid, { to: file.to, priority, group: { id, name } })
      } catch (error) {
        this.#active.delete(cid)
        const failure = error instanceof SwarmError ? error : new SwarmError('INTERNAL', String(error))
        this.#failed.set(cid, { sizeBytes, error: { code: failure.code, message: failure.message } })
      }
    }
    this.#state = { ...this.#state, after: next.at(-1)?.cid ?? this.#state.after }
    changed(this.#state)
  }

  #end(error: unknown): void {
    this.#deps.changed(null)
    const { files, to } = this.#state
    if (error !== null) this.head.fail(error)
    else {
      const path = to === 'store' ? null : to === 'downloads' ? this.#deps.downloadDir() : to.folder
      const others = '; the others were called off, or are shared no more'
      const step =
        this.#off === 0 ? `${files} files fetched` : `${files - this.#off} of ${files} files fetched${others}`
      this.head.done({ step, path })
    }
  }

  #failure(): SwarmError | null {
    const [first] = this.#failed.values()
    if (first === undefined) return null
    const why = first.error?.message ?? ''
    return new SwarmError(
      'FETCH_FAILED',
      `${this.#failed.size} of ${this.#state.files} files could not be fetched. ${why}`.trim(),
    )
  }

  #tell(): void {
    const { files, paused } = this.#state
    const left = this.#waiting.length + this.#active.size
    const failed = this.#failed.size === 0 ? '' : `, ${this.#failed.size} failed`
    const step = `${Math.max(0, files - left - this.#off - this.#failed.size)} of ${files} files fetched${failed}`
    this.head.set({ state: paused ? 'paused' : 'running', step: paused ? `held: ${step}` : step })
  }

  #hold(paused: boolean): void {
    this.#state = { ...this.#state, paused }
    this.#deps.changed(this.#state)
    for (const one of this.#members()) this.#ask(() => (paused ? one.pause() : one.resume()))
    this.fill()
  }

  /** Goes on when it is held; when it has ended with failures it tries these again. */
  #goOn(): void {
    if (!this.head.over) return this.#hold(false)
    const again = [...this.#failed].map(([cid, { sizeBytes }]) => ({ cid, sizeBytes }))
    this.#waiting = again.toSorted((a, b) => (a.cid < b.cid ? -1 : 1))
    this.#failed.clear()
    // After a restart all is looked at once more: what is here is not fetched again.
    this.#state = { ...this.#state, after: null, paused: false }
    this.#deps.changed(this.#state)
    this.head.reopen()
    this.head.set({ state: 'running', doneBytes: Math.max(0, this.#state.sizeBytes - this.#leftBytes()) })
    this.fill()
  }

  #prioritised(): void {
    const { priority } = this.head.view
    this.#state = { ...this.#state, priority }
    this.#deps.changed(this.#state)
    for (const one of this.#members()) one.setPriority(priority)
  }

  #cancelled(): void {
    this.#waiting = []
    this.#deps.changed(null)
    this.head.fail(this.head.signal.reason)
    for (const one of this.#members()) one.cancel()
  }

  /** Those on their way that were asked for by this order alone. */
  #members(): readonly Transfer[] {
    const { id } = this.head
    return this.#deps.transfers.all().filter((one) => one !== this.head && !one.over && one.view.group?.id === id)
  }

  /** One that cannot be held, or tried again, does not keep the others from it. */
  #ask(act: () => void): void {
    try {
      act()
    } catch (error) {
      if (!(error instanceof SwarmError)) throw error
    }
  }

  #leftBytes(): number {
    const waiting = this.#waiting.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    return [...this.#active.values()].reduce((sum, bytes) => sum + bytes, waiting)
  }
}
