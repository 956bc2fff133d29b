import type { Clock } from './base/clock.ts'
import { SwarmClock } from './base/swarm-clock.ts'
import { decideTime } from './model/clock-sync.ts'
import type { SwarmStore } from './store/swarm-store.ts'

/** The clock by which a peer stamps and judges: the machine's own, or the last swarm time seen where that cannot be. */
export function openClock(system: Clock, swarm: SwarmStore): SwarmClock {
  const ownMs = system.now()
  const { lastTimeMs: lastSeenMs, rootRecord } = swarm.get()
  const rootKnown = rootRecord !== null
  return new SwarmClock(system, decideTime({ samples: [], ownMs, ownUnset: false, lastSeenMs, rootKnown, offsetMs: 0 }))
}

/** When the peer was made, in ms since the epoch: by what the clock said then, or as it was later found to have been. */
export class SinceStart {
  readonly #clock: SwarmClock
  readonly #monotonicMs: number
  #atMs: number

  constructor(clock: SwarmClock) {
    this.#clock = clock
    this.#monotonicMs = clock.monotonic()
    this.#atMs = clock.now()
  }

  /** The same for as long as nobody has set the clock: it tells one run of a peer from the next. */
  get atMs(): number {
    const atMs = Math.trunc(this.#clock.now() - (this.#clock.monotonic() - this.#monotonicMs))
    // Clocks drift; a minute is more than they do in a day.
    if (Math.abs(atMs - this.#atMs) > 60_000) this.#atMs = atMs
    return this.#atMs
  }
}
