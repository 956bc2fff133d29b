import { SwarmError } from '../../../shared/errors.ts'
import type { Clock } from '../../base/clock.ts'
import type { FileSharer } from './file-sharer.ts'
import type { FileWish, SharedFile } from './file-wish.ts'
import { shown } from './left-out.ts'
import { patiently } from './share-patience.ts'
import { smallBytes, ShareWork, type SharePlaces } from './share-work.ts'
import type { Transfer, TransferList } from './transfer-list.ts'

export interface ShareDropDeps {
  readonly sharer: FileSharer
  readonly places: SharePlaces
  readonly transfers: TransferList
  readonly clock: Clock
  /** Aborts when the service stops. */
  readonly signal: () => AbortSignal
  /** A file of it could not be shared; the service counts it and tells its log. */
  readonly failed: (error: unknown, name: string) => void
}

interface Failure {
  readonly wish: FileWish
  readonly error: unknown
  readonly transfer: Transfer
}

/** Files of one drop under way: many wait to be signed together, and large ones must not keep small ones from it. */
const windowFiles = 128
/** Failures that are shown and can be tried again; the others are counted. */
const maxFailures = 50
/** The head's words change this often at most. */
const tellEveryMs = 200

/** Many files that are shared as one: folders, or what was dropped at once. Its head shows progress in all. */
export class ShareDrop {
  readonly #deps: ShareDropDeps
  readonly #head: Transfer
  #wishes: readonly FileWish[]
  readonly #refused: number
  readonly #working = new Map<ShareWork, Transfer | null>()
  #failures: Failure[] = []
  #failed = 0
  #done = 0
  #before = 0
  /** What whoever dropped them should know: the same of all, mostly. */
  #note: string | null = null
  #going: PromiseWithResolvers<void> | null = null
  #toldAtMs = -Infinity

  /** @param refused what was chosen besides and cannot be shared; told already */
  constructor(deps: ShareDropDeps, head: Transfer, wishes: readonly FileWish[], refused: number) {
    this.#deps = deps
    this.#head = head
    this.#wishes = wishes
    this.#refused = refused
  }

  /** Resolves when all were tried, some perhaps in vain: then those are what is left. Rejects when it is given up. */
  async run(): Promise<void> {
    const signal = AbortSignal.any([this.#head.signal, this.#deps.signal()])
    const wishes = this.#wishes
    this.#failures = []
    this.#failed = 0
    this.#done = 0
    this.#before = 0
    this.#note = null
    this.#head.set({ sizeBytes: wishes.reduce((sum, { file }) => sum + file.sizeBytes, 0), doneBytes: 0 })
    this.#tell(true)
    const running = new Set<Promise<void>>()
    const gone = new Promise<void>((resolve) => {
      if (signal.aborted) resolve()
      else signal.addEventListener('abort', () => resolve(), { once: true })
    })
    for (const wish of wishes) {
      while (running.size >= windowFiles) await Promise.race(running)
      if (this.#going !== null) await Promise.race([this.#going.promise, gone])
      if (signal.aborted) break
      const one: Promise<void> = this.#one(wish, signal).finally(() => running.delete(one))
      running.add(one)
    }
    await Promise.all(running)
    signal.throwIfAborted()
  }

  /** What to say at the end. */
  get outcome(): { readonly step: string } | { readonly error: SwarmError } {
    const of = this.#wishes.length
    if (this.#failed === 0) {
      const before = this.#before === 0 ? '' : `, ${this.#before} of them before`
      const refused = this.#refused === 0 ? '' : `, ${this.#refused} could not be`
      const note = this.#note === null ? '' : `; ${this.#note}`
      return { step: `${counted(of)} shared${before}${refused}${note}` }
    }
    const [first] = this.#failures
    const why = first?.error instanceof Error ? first.error.message : ''
    const code = first?.error instanceof SwarmError ? first.error.code : 'INTERNAL'
    return {
      error: new SwarmError(code, `${this.#failed} of ${counted(of)} could not be shared. ${why}`, {
        cause: first?.error,
      }),
    }
  }

  /** Leaves only what failed to be done: of those beyond the ones that are remembered, all are gone through again. */
  leaveFailures(): void {
    for (const { transfer } of this.#failures) this.#deps.transfers.forget(transfer.id)
    if (this.#failed === this.#failures.length) this.#wishes = this.#failures.map(({ wish }) => wish)
  }

  pause(): void {
    this.#going ??= Promise.withResolvers<void>()
    for (const work of this.#working.keys()) {
      try {
        work.pause()
      } catch {
        // Too many are held elsewhere: this one file is read to its end.
      }
    }
    this.#head.set({ state: 'paused' })
    this.#tell(true)
  }

  resume(): void {
    this.#going?.resolve()
    this.#going = null
    for (const work of this.#working.keys()) work.resume()
    this.#head.set({ state: 'running' })
    this.#tell(true)
  }

  /** Never rejects. */
  async #one(wish: FileWish, whole: AbortSignal): Promise<void> {
    const { transfers, sharer, places, clock } = this.#deps
    const { sizeBytes, name } = wish.file
    const { group } = this.#head.view
    // A small file is done before anybody could read its line.
    const transfer = sizeBytes < smallBytes ? null : transfers.add('share', name, { cid: null, sizeBytes, group })
    const signal = transfer === null ? whole : AbortSignal.any([whole, transfer.signal])
    const work = new ShareWork(places, {
      sizeBytes,
      priority: () => this.#head.view.priority,
      signal,
      now: (state) => transfer?.set({ state, step: state === 'paused' ? 'held' : 'waiting for its turn' }),
    })
    if (transfer !== null) transfer.control = { pause: () => work.pause(), resume: () => work.resume() }
    this.#working.set(work, transfer)
    let counted = 0
    const count = (bytes: number): void => {
      counted += bytes
      this.#head.advance(bytes)
      transfer?.advance(bytes)
    }
    try {
      const shared = await patiently(wish, {
        clock,
        signal,
        again: () => {
          this.#head.set({ doneBytes: this.#head.view.doneBytes - counted })
          transfer?.set({ state: 'waiting', step: 'waiting for it to stop growing', doneBytes: 0 })
          counted = 0
        },
        share: (now) => sharer.share(now, { work, signal, onBytes: count, onStep: (step) => transfer?.set({ step }) }),
      })
      this.#shared(shared, sizeBytes - counted)
      if (transfer !== null) {
        transfer.done({ cid: shared.cid, path: shared.path })
        transfers.forget(transfer.id)
      }
    } catch (error) {
      if (!whole.aborted) this.#fail(wish, error, transfer, sizeBytes - counted)
      else if (transfer !== null) {
        transfer.fail(whole.reason)
        transfers.forget(transfer.id)
      }
    } finally {
      work.end()
      this.#working.delete(work)
      this.#tell(false)
    }
  }

  #shared({ before, note }: SharedFile, restBytes: number): void {
    this.#done += 1
    this.#note ??= note ?? null
    if (before) this.#before += 1
    if (restBytes > 0) this.#head.advance(restBytes)
  }

  #fail(wish: FileWish, error: unknown, listed: Transfer | null, restBytes: number): void {
    const { transfers, failed } = this.#deps
    const { name, sizeBytes } = wish.file
    // One of them called off by itself is no failure of the others, but not shared either.
    const isCancelled = listed?.signal.aborted === true
    this.#head.advance(restBytes)
    this.#failed += 1
    const why = isCancelled ? new SwarmError('INVALID_INPUT', `${shown(name)} was cancelled.`) : error
    if (!isCancelled) failed(error, name)
    if (this.#failures.length >= maxFailures && listed === null) return
    const transfer = listed ?? transfers.add('share', name, { cid: null, sizeBytes, group: this.#head.view.group })
    transfer.control = {}
    transfer.fail(error)
    if (this.#failures.length < maxFailures) this.#failures.push({ wish, error: why, transfer })
  }

  #tell(now: boolean): void {
    const nowMs = this.#deps.clock.monotonic()
    if (!now && nowMs - this.#toldAtMs < tellEveryMs) return
    this.#toldAtMs = nowMs
    const failed = this.#failed === 0 ? '' : `, ${this.#failed} failed`
    this.#head.set({ step: `${this.#done} of ${counted(this.#wishes.length)} shared${failed}` })
  }
}

const counted = (files: number): string => (files === 1 ? '1 file' : `${files} files`)
