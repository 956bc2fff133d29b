import { isDeepStrictEqual } from 'node:util'
import { SwarmError } from '../../../shared/errors.ts'
import type { Cid } from '../../../shared/ids.ts'
import type { ShareView, TransferView } from '../../../shared/views.ts'
import { reconciled, type FetchOrderState } from './fetch-order-state.ts'
import { failureOf, lastStepOf, stepOf } from './fetch-order-words.ts'
import { maxFetches, type FetchTarget } from './fetch-queue.ts'
import type { FetchOptions } from './fetcher.ts'
import type { FetchAllQuery, FolderTarget, WantedFile } from './wanted-files.ts'
import type { Transfer, TransferList } from './transfer-list.ts'

export interface FetchOrderDeps {
  readonly transfers: TransferList
  readonly downloadDir: () => string
  readonly wanted: (query: FetchAllQuery, to: FolderTarget) => readonly WantedFile[]
  readonly share: (cid: Cid) => Pick<ShareView, 'local' | 'sizeBytes'> | undefined
  /** Tells the fetch, which may be one that somebody else asked for. @throws SwarmError */
  readonly fetch: (cid: Cid, options: FetchOptions) => Pick<TransferView, 'group'>
  /** Where one goes that waits, runs or is held. */
  readonly goesTo: (cid: Cid) => FetchTarget | undefined
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
  /** It was on its way for somebody else: it is wanted, though it may be here by now. */
  readonly wasAside?: true
}

const byCid = (a: Waiting, b: Waiting): number => (a.cid < b.cid ? -1 : 1)
const bytesOf = (files: Iterable<{ readonly sizeBytes: number }>): number =>
  [...files].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)

/**
 * More files than can wait to be fetched, as one: they are begun by and by, in the order of their CIDs, and its transfer
 * stands for all of them until the last has ended.
 */
export class FetchOrder {
  readonly head: Transfer
  readonly #deps: FetchOrderDeps
  #state: FetchOrderState
  #waiting: Waiting[] = []
  /** On their way. */
  readonly #active = new Map<Cid, { readonly sizeBytes: number; readonly isOurs: boolean }>()
  /** On their way to another place: their turn is when they are there. */
  readonly #aside = new Map<Cid, Waiting>()
  /** Those that failed since the start of the peer; `failed` of the state counts all. */
  readonly #failed = new Map<Cid, { readonly sizeBytes: number; readonly error: TransferView['error'] }>()

  /** It is not known what is left of it. */
  #isLost = false

  /** Begins with `open`, then `fill`. */
  constructor(deps: FetchOrderDeps, state: FetchOrderState) {
    this.#deps = deps
    this.#state = state
    const { id, name, sizeBytes } = state
    this.head = deps.transfers.addGroup('fetch', name, { id, sizeBytes })
    this.head.setPriority(state.priority)
    this.head.control = {
      pause: () => this.#hold(true),
      resume: () => this.#goOn(),
      prioritised: () => this.#prioritised(),
    }
    this.head.signal.addEventListener('abort', () => this.#cancelled(), { once: true })
  }

  get state(): FetchOrderState {
    if (this.#isLost) return this.#state
    const others = [...this.#active].flatMap(([cid, { isOurs }]) => (isOurs ? [] : cid))
    const again = this.#waiting.flatMap(({ cid, wasAside }) => (wasAside ? cid : []))
    return { ...this.#state, aside: [...others, ...this.#aside.keys(), ...again].slice(0, maxFetches) }
  }

  /** @param files what is wanted of it now; of these all up to `after` have begun */
  open(files: readonly WantedFile[]): void {
    const { id, after, aside, paused } = this.#state
    const sizes = new Map(files.map(({ share }) => [share.cid, share.sizeBytes]))
    const sizeOf = (cid: Cid): number => sizes.get(cid) ?? this.#deps.share(cid)?.sizeBytes ?? 0
    this.#isLost = false
    this.#active.clear()
    this.#aside.clear()
    this.#failed.clear()
    for (const cid of this.#deps.begun(id)) this.#active.set(cid, { sizeBytes: sizeOf(cid), isOurs: true })
    const wereAside = new Set(aside)
    this.#waiting = [
      ...[...wereAside].map((cid) => ({ cid, sizeBytes: sizeOf(cid), wasAside: true as const })),
      ...[...sizes]
        .filter(([cid]) => (after === null || cid > after) && !wereAside.has(cid))
        .map(([cid, sizeBytes]) => ({ cid, sizeBytes })),
    ]
      .filter(({ cid }) => !this.#active.has(cid))
      .toSorted(byCid)
    const left = [...this.#active.values(), ...this.#waiting]
    this.#state = reconciled(this.#state, { files: left.length, bytes: bytesOf(left) })
    const { sizeBytes, doneBytes } = this.#state
    this.head.set({ state: paused ? 'paused' : 'running', sizeBytes, doneBytes })
  }

  /** It cannot be looked up what is left of it. It stays remembered, and can be tried again. */
  lost(error: unknown): void {
    this.#isLost = true
    this.head.fail(error)
  }

  /** Begins as many as there is room for. */
  fill(): void {
    if (this.head.over || this.head.signal.aborted) return
    try {
      // Of those that are looked up none may be left to begin.
      while (!this.#state.paused && this.#active.size <= whenLeft && this.#begin());
    } catch (error) {
      // All that was left is looked up when it is tried again.
      this.#state = { ...this.#state, failed: this.#state.failed + this.#left() }
      this.#waiting = []
      this.#aside.clear()
      this.#active.clear()
      this.#end(error)
      return
    }
    if (this.#left() === 0) this.#end(failureOf(this.#state, [...this.#failed.values()][0]?.error?.message))
    else this.#tell()
  }

  /** A file has ended, whoever asked for it. What there is room for now begins with `fill`. */
  ended({ cid, state, error }: Pick<TransferView, 'cid' | 'state' | 'error'>): void {
    if (cid === null) return
    const aside = this.#aside.get(cid)
    if (aside !== undefined) {
      this.#aside.delete(cid)
      this.#waiting.unshift({ ...aside, wasAside: true })
      return
    }
    const one = this.#active.get(cid)
    if (one === undefined) return this.#cameLate(cid, state)
    this.#active.delete(cid)
    if (state === 'failed') this.#fail(cid, one.sizeBytes, error)
    else if (state === 'done') this.#has(one.sizeBytes)
    else this.#count({ off: this.#state.off + 1 })
  }

  /** The peer stops: it goes on with the next start. */
  stop(reason: unknown): void {
    this.head.control = {}
    this.head.fail(reason)
  }

  /** False: none could be looked at. */
  #begin(): boolean {
    const { room, wanted } = this.#deps
    const count = Math.min(room(), atATime - this.#active.size)
    const next = this.#waiting.slice(0, Math.max(0, count))
    if (next.length === 0) return false
    const { query, to } = this.#state
    const files = new Map(wanted({ ...query, cids: next.map(({ cid }) => cid) }, to).map((one) => [one.share.cid, one]))
    this.#waiting = this.#waiting.slice(next.length)
    for (const one of next) this.#beginOne(one, files.get(one.cid)?.to)
    const after = [this.#state.after ?? '', ...next.map(({ cid }) => cid)].reduce((a, b) => (a > b ? a : b)) as Cid
    this.#count({ after })
    return true
  }

  #beginOne(one: Waiting, found: FetchTarget | undefined): void {
    const { cid, sizeBytes, wasAside } = one
    const { query, to: place, id, name, priority } = this.#state
    const { share, fetch, goesTo } = this.#deps
    // Of a folder that is written out what is here is meant as well, and found; else it is no longer in that folder.
    const isWrittenOut = query.folder !== undefined && place !== 'store'
    const isHere = share(cid)?.local === true && !isWrittenOut
    const to = found ?? (isHere && wasAside ? place : undefined)
    if (to === undefined) return isHere ? this.#has(sizeBytes) : this.#count({ off: this.#state.off + 1 })
    const going = goesTo(cid)
    if (going !== undefined && going !== 'store' && to !== 'store' && !isDeepStrictEqual(going, to)) {
      this.#aside.set(cid, one)
      return
    }
    try {
      const { group } = fetch(cid, { to, priority, group: { id, name } })
      this.#active.set(cid, { sizeBytes, isOurs: group?.id === id })
    } catch (error) {
      const { code, message } = error instanceof SwarmError ? error : new SwarmError('INTERNAL', String(error))
      this.#fail(cid, sizeBytes, { code, message })
    }
  }

  #has(sizeBytes: number): void {
    this.head.advance(sizeBytes)
    this.#count({ done: this.#state.done + 1, doneBytes: this.#state.doneBytes + sizeBytes })
  }

  #fail(cid: Cid, sizeBytes: number, error: TransferView['error']): void {
    this.#failed.set(cid, { sizeBytes, error })
    this.#count({ failed: this.#state.failed + 1 })
  }

  /** One that had failed was tried again by itself, or by a person. */
  #cameLate(cid: Cid, state: TransferView['state']): void {
    const failed = this.#failed.get(cid)
    if (failed === undefined || state !== 'done') return
    this.#failed.delete(cid)
    this.#count({ failed: this.#state.failed - 1 })
    this.#has(failed.sizeBytes)
  }

  #count(change: Partial<FetchOrderState>): void {
    this.#state = { ...this.#state, ...change }
    this.#deps.changed(this.#state)
  }

  #end(error: unknown): void {
    this.#deps.changed(null)
    const { to } = this.#state
    if (error !== null) this.head.fail(error)
    else {
      const path = to === 'store' ? null : to === 'downloads' ? this.#deps.downloadDir() : to.folder
      this.head.done({ step: lastStepOf(this.#state), path })
    }
  }

  #tell(): void {
    this.head.set({ state: this.#state.paused ? 'paused' : 'running', step: stepOf(this.#state) })
  }

  #hold(paused: boolean): void {
    this.#count({ paused })
    for (const one of this.#members()) this.#ask(() => (paused ? one.pause() : one.resume()))
    this.fill()
  }

  /** Goes on when it is held; when it has ended with failures it tries these again. @throws SwarmError as `wanted` */
  #goOn(): void {
    if (!this.head.over) return this.#hold(false)
    const { query, to, failed } = this.#state
    if (failed > 0 && failed === this.#failed.size) {
      this.#waiting = [...this.#failed].map(([cid, { sizeBytes }]) => ({ cid, sizeBytes })).toSorted(byCid)
      this.#failed.clear()
      // After a restart all is looked at once more: what is here is not fetched again.
      this.#state = { ...this.#state, after: null, failed: 0, paused: false }
      this.head.reopen()
      this.head.set({ state: 'running', doneBytes: this.#state.doneBytes })
    } else {
      const files = this.#deps.wanted(query, to)
      // What is written out once more is not counted twice.
      const done = Math.max(0, this.#state.done - files.filter(({ share }) => share.local).length)
      this.#state = { ...this.#state, after: null, aside: [], done, off: 0, failed: 0, paused: false }
      this.head.reopen()
      this.open(files)
    }
    this.#count({})
    this.fill()
  }

  #prioritised(): void {
    const { priority } = this.head.view
    this.#count({ priority })
    for (const one of this.#members()) one.setPriority(priority)
  }

  #cancelled(): void {
    this.#waiting = []
    this.#aside.clear()
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

  #left(): number {
    return this.#waiting.length + this.#aside.size + this.#active.size
  }
}
