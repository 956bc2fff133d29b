import type { Startable } from './lifecycle.ts'

/** Work that goes on from `start` to `stop`: it is handed a signal, and ends soon after that aborts. */
export class Loop implements Startable {
  readonly #work: (signal: AbortSignal) => Promise<void>
  #run: { readonly stop: AbortController; readonly ended: Promise<void> } | null = null

  /** @param work rejects only for what nobody foresaw: `stop` rejects with it */
  constructor(work: (signal: AbortSignal) => Promise<void>) {
    this.#work = work
  }

  async start(): Promise<void> {
    if (this.#run !== null) return
    const stop = new AbortController()
    this.#run = { stop, ended: this.#work(stop.signal) }
  }

  /** Resolves once the work has ended. */
  async stop(): Promise<void> {
    const run = this.#run
    this.#run = null
    run?.stop.abort()
    await run?.ended
  }
}
