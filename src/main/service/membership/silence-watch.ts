import { isAbort } from '../../../shared/errors.ts'
import type { PeerId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { Log } from '../../base/log.ts'
import type { MachineTable } from './machine-table.ts'

export interface SilenceWatchDeps {
  readonly clock: Clock
  readonly log: Log
  readonly table: MachineTable
  /** Told which machines have been silent long enough for another status. */
  readonly onDue: (peers: readonly PeerId[]) => void
}

/** A wall clock that moves so much against the monotonic one was set, or the machine slept. */
const clockJumpMs = 5_000
/** After that, nobody is doubted until everybody had time to speak again. */
const graceMs = 30_000

/**
 * Notices silence: sleeps until the first status can change by it, then looks at all machines. Once in a while, not
 * once a second, because what is heard only moves the time on.
 */
export class SilenceWatch implements Startable {
  readonly #deps: SilenceWatchDeps
  #run: AbortController | undefined
  #loop: Promise<void> = Promise.resolve()
  #wakeAtMs = Infinity
  #wake = new AbortController()
  #clockOffsetMs = 0
  #graceUntilMs = -Infinity

  constructor(deps: SilenceWatchDeps) {
    this.#deps = deps
  }

  async start(): Promise<void> {
    if (this.#run !== undefined) return
    const { clock } = this.#deps
    this.#clockOffsetMs = clock.now() - clock.monotonic()
    this.#run = new AbortController()
    this.#loop = this.#watch(this.#run.signal)
  }

  async stop(): Promise<void> {
    this.#run?.abort()
    this.#run = undefined
    await this.#loop
  }

  /** A status can change as early as `dueMs`: wakes up for it if that is earlier than what was known. */
  dueBy(dueMs: number): void {
    if (Math.max(dueMs, this.#graceUntilMs) < this.#wakeAtMs) this.#wake.abort()
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { clock, log, onDue } = this.#deps
    while (!signal.aborted) {
      this.#checkClock()
      const now = clock.now()
      if (now >= this.#graceUntilMs) {
        const due = this.#due(now)
        if (due.length > 0) onDue(due)
      }
      this.#wakeAtMs = Math.max(this.#nextDueMs(), this.#graceUntilMs)
      this.#wake = new AbortController()
      // Half a minute at most, so that a clock that was set is noticed; a quarter second at least, so that a
      // thousand machines that fall silent one by one cost four looks a second.
      const waitMs = Math.min(30_000, Math.max(250, this.#wakeAtMs - now))
      await clock.sleep(waitMs, { signal: AbortSignal.any([signal, this.#wake.signal]) }).catch((err: unknown) => {
        if (!isAbort(err)) log.error({ err }, 'watching for silence failed')
      })
    }
  }

  #due(nowMs: number): PeerId[] {
    const { table } = this.#deps
    return [...table.all()].map(({ peer }) => peer).filter((peer) => table.dueMs(peer) <= nowMs)
  }

  #nextDueMs(): number {
    const { table } = this.#deps
    let next = Infinity
    for (const { peer } of table.all()) next = Math.min(next, table.dueMs(peer))
    return next
  }

  #checkClock(): void {
    const { clock, table } = this.#deps
    const now = clock.now()
    const offsetMs = now - clock.monotonic()
    const jumpMs = offsetMs - this.#clockOffsetMs
    if (Math.abs(jumpMs) < clockJumpMs) return
    this.#clockOffsetMs = offsetMs
    this.#graceUntilMs = now + graceMs
    if (jumpMs < 0) table.clampTo(now)
  }
}
