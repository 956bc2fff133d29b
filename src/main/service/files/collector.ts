import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { Log } from '../../base/log.ts'
import type { ContentStore, KeptRoots } from './content-store.ts'

export interface CollectorDeps {
  readonly store: Pick<ContentStore, 'collect'>
  readonly kept: () => KeptRoots
  readonly clock: Clock
  readonly counters: Counters
  readonly log: Log
}

/** Nothing is lost by waiting a little, and files that change together are collected together. */
const defaultAfterMs = 60_000
/** A collection may take a twentieth of the time: a log folder that rotates every few seconds costs no more. */
const restFactor = 19

/** Frees the blocks that no file needs any more: some time after a file went away, and after the start. */
export class Collector implements Startable {
  readonly #deps: CollectorDeps
  readonly #afterMs: number
  #run: { readonly stop: AbortController; readonly ended: Promise<void> } | null = null
  #due = Promise.withResolvers<void>()
  /** Who waits for a collection that begins from now on. */
  #urgent: PromiseWithResolvers<boolean> | null = null
  #hurry = (): void => {}

  /** @param init `afterMs`: from a withdrawal, or the start, to the collection; default 60 s */
  constructor(deps: CollectorDeps, init: { readonly afterMs?: number } = {}) {
    this.#deps = deps
    this.#afterMs = init.afterMs ?? defaultAfterMs
  }

  async start(): Promise<void> {
    if (this.#run !== null) return
    const stop = new AbortController()
    this.soon()
    this.#run = { stop, ended: this.#loop(stop.signal) }
  }

  async stop(): Promise<void> {
    const run = this.#run
    this.#run = null
    run?.stop.abort()
    this.soon()
    await run?.ended
  }

  /** Something may have become free. */
  soon(): void {
    this.#due.resolve()
  }

  /**
   * Collects without waiting. A collection under way is followed by another.
   * @returns false when it was put off, or failed: then what is needed no more is still there
   */
  async now({ signal }: { readonly signal: AbortSignal }): Promise<boolean> {
    signal.throwIfAborted()
    if (this.#run === null) return false
    this.#urgent ??= Promise.withResolvers()
    const { promise } = this.#urgent
    this.#hurry()
    this.soon()
    const isDone = await orAborted(promise, signal)
    signal.throwIfAborted()
    return isDone
  }

  async #loop(signal: AbortSignal): Promise<void> {
    try {
      await this.#rounds(signal)
    } finally {
      // Who asked during the last collection has no other to wait for.
      this.#urgent?.resolve(false)
      this.#urgent = null
    }
  }

  async #rounds(signal: AbortSignal): Promise<void> {
    const { clock, counters, log } = this.#deps
    let restMs = 0
    while (!signal.aborted) {
      await this.#due.promise
      await this.#rest(Math.max(this.#afterMs, restMs), signal)
      const urgent = this.#urgent
      this.#urgent = null
      if (signal.aborted) {
        urgent?.resolve(false)
        return
      }
      this.#due = Promise.withResolvers<void>()
      const startedMs = clock.monotonic()
      let isDone = false
      try {
        isDone = await this.#collect(signal)
      } catch (err) {
        if (signal.aborted) {
          urgent?.resolve(false)
          return
        }
        counters.add('files.collect:failed')
        log.warn({ err }, 'blocks that no file needs could not be removed; trying again')
        this.soon()
      }
      urgent?.resolve(isDone)
      restMs = restFactor * (clock.monotonic() - startedMs)
    }
  }

  /** Waits, unless somebody is in a hurry, or gets into one. */
  async #rest(ms: number, signal: AbortSignal): Promise<void> {
    const hurried = new AbortController()
    this.#hurry = () => hurried.abort()
    if (this.#urgent === null) {
      await this.#deps.clock.sleep(ms, { signal: AbortSignal.any([signal, hurried.signal]) }).catch(() => {})
    }
    this.#hurry = () => {}
  }

  async #collect(signal: AbortSignal): Promise<boolean> {
    const { store, kept, counters, log } = this.#deps
    const collected = await store.collect(kept, { signal })
    if (collected === null) {
      // It is repaired, or no longer offered, and then there is another collection.
      counters.add('files.collect:put-off')
      return false
    }
    counters.add('files.collect:done')
    if (collected.freedBlocks === 0) return true
    counters.add('files.collect:blocks', collected.freedBlocks)
    counters.add('files.collect:bytes', collected.freedBytes)
    log.info({ ...collected }, 'blocks that no file needs were removed')
    return true
  }
}

/** Resolves as the promise does, or with false when it is no longer waited for. */
async function orAborted(promise: Promise<boolean>, signal: AbortSignal): Promise<boolean> {
  const { promise: aborted, resolve } = Promise.withResolvers<boolean>()
  const onAbort = (): void => resolve(false)
  signal.addEventListener('abort', onAbort, { once: true })
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', onAbort))
}
