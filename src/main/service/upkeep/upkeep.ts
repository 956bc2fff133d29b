import { isAbort } from '../../../shared/errors.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { Log } from '../../base/log.ts'

/** Work that is done now and then so that nothing grows without end. */
export interface Chore {
  readonly name: string
  readonly everyMs: number
  /** Does a bounded piece; true when there is more to do at once. */
  run(): boolean
}

export interface UpkeepDeps {
  readonly clock: Clock
  readonly log: Log
  readonly counters: Counters
}

/** Between two pieces of one chore others get their turn. */
const pauseMs = 50

/** Runs chores: sweeping expired records, thinning old metrics. A chore that fails is counted and tried again next time. */
export class Upkeep implements Startable {
  readonly #deps: UpkeepDeps
  readonly #chores: readonly Chore[]
  #run: AbortController | null = null
  #loops: Promise<void>[] = []

  constructor(deps: UpkeepDeps, init: { readonly chores: readonly Chore[] }) {
    this.#deps = deps
    this.#chores = init.chores
  }

  async start(): Promise<void> {
    if (this.#run !== null) return
    const run = new AbortController()
    this.#run = run
    this.#loops = this.#chores.map((chore) => this.#repeat(chore, run.signal))
  }

  async stop(): Promise<void> {
    this.#run?.abort()
    this.#run = null
    await Promise.all(this.#loops)
    this.#loops = []
  }

  async #repeat(chore: Chore, signal: AbortSignal): Promise<void> {
    const { clock, log, counters } = this.#deps
    try {
      while (!signal.aborted) {
        let more = false
        try {
          more = chore.run()
        } catch (err) {
          counters.add(`upkeep.failed:${chore.name}`)
          log.warn({ err, chore: chore.name }, 'upkeep failed; it is tried again')
        }
        await clock.sleep(more ? pauseMs : chore.everyMs, { signal })
      }
    } catch (error) {
      if (!isAbort(error)) throw error
    }
  }
}
