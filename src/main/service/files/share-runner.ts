import { SwarmError } from '../../../shared/errors.ts'
import type { TransferView } from '../../../shared/views.ts'
import type { Counters } from '../../base/counters.ts'
import type { Log } from '../../base/log.ts'
import type { FileOptions } from './file-sharer.ts'
import type { SharedFile } from './file-wish.ts'
import type { ShareIndex } from './share-index.ts'
import { SharePlaces, ShareWork } from './share-work.ts'
import type { Transfer, TransferList } from './transfer-list.ts'

export interface ShareRunnerDeps {
  readonly index: ShareIndex
  readonly transfers: TransferList
  readonly counters: Counters
  readonly log: Log
  /** Aborts when the service stops. */
  readonly signal: () => AbortSignal
  readonly finished: (view: TransferView) => void
}

/** Runs what shares files: each with its turn, what a person may do about it, and how it ends. */
export class ShareRunner {
  readonly places = new SharePlaces()
  readonly #deps: ShareRunnerDeps
  readonly #under = new Set<Promise<void>>()

  constructor(deps: ShareRunnerDeps) {
    this.#deps = deps
  }

  /** Resolves once nothing runs any more; the signal must have been aborted. */
  async stopped(): Promise<void> {
    while (this.#under.size > 0) await Promise.all(this.#under)
  }

  /** Runs one transfer of one file, with its turn and what a person may do about it. Rejects as the work does. */
  async one(
    transfer: Transfer,
    sizeBytes: number,
    other: AbortSignal | undefined,
    share: (options: FileOptions) => Promise<SharedFile>,
    held: { readonly now: boolean; readonly changed: (isHeld: boolean) => void } = notRemembered,
  ): Promise<void> {
    const { finished } = this.#deps
    const signals = [transfer.signal, this.#deps.signal(), ...(other === undefined ? [] : [other])]
    const signal = AbortSignal.any(signals)
    const steps = { waiting: 'waiting for its turn', running: 'hashing', paused: 'held' }
    const work = new ShareWork(this.places, {
      sizeBytes,
      priority: () => transfer.view.priority,
      signal,
      now: (state) => transfer.set({ state, step: steps[state] }),
    })
    transfer.control = {
      pause: () => {
        work.pause()
        held.changed(true)
      },
      resume: () => {
        work.resume()
        held.changed(false)
      },
    }
    const ended = (async () => {
      if (held.now) work.pause()
      return share({
        work,
        signal,
        onBytes: (bytes) => transfer.advance(bytes),
        onStep: (step) => transfer.set({ step }),
      })
    })()
    this.keep(ended)
    try {
      const { cid, sizeBytes: size, path, before, note } = await ended
      if (before) transfer.set({ doneBytes: size })
      const step = note ?? (before ? 'shared already' : undefined)
      transfer.done({ cid, sizeBytes: size, path, ...(step === undefined ? {} : { step }) })
      finished(transfer.view)
    } catch (error) {
      this.ended(transfer, signal.aborted ? signal.reason : error)
      throw error
    } finally {
      work.end()
    }
  }

  /** It did not end well. */
  ended(transfer: Transfer, error: unknown): void {
    const view = transfer.fail(error)
    this.#deps.index.onReleased()
    if (view.state !== 'failed') return
    this.note(error, view.name)
    this.#deps.finished(view)
  }

  note(err: unknown, name: string): void {
    const { counters, log } = this.#deps
    counters.add(`files.share-failed:${err instanceof SwarmError ? err.code : 'INTERNAL'}`)
    log.warn({ err, name }, 'a file could not be shared')
  }

  /** Takes one off the list. */
  forget(id: string): void {
    this.#deps.transfers.forget(id)
  }

  /** A stop waits for it; whoever it is for was told how it ended. */
  keep(work: Promise<unknown>): void {
    const ended: Promise<void> = work
      .then(
        () => {},
        () => {},
      )
      .finally(() => this.#under.delete(ended))
    this.#under.add(ended)
  }
}

/** Of what comes anew by itself. */
const notRemembered = { now: false, changed: (): void => {} }
