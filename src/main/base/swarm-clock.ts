import type { SwarmTimeView } from '../../shared/trust-views.ts'
import type { Clock } from './clock.ts'
import { Emitter, type EventSource } from './emitter.ts'

export interface SwarmClockEvents {
  /** `now()` goes on from another time than it would have, or by another source. */
  readonly 'time:changed': { readonly time: SwarmTimeView }
}

/**
 * The machine's clock, set right by what the swarm knows. Everybody in a peer stamps and judges by it; whoever keeps it
 * (`TimeSync`) calls `set`.
 *
 * While it differs from the machine's clock it runs by the monotonic one: when NTP sets a clock that said 1970 right,
 * an offset of half a century on top of it would make everything expire at once.
 */
export class SwarmClock implements Clock {
  /** The machine's own. */
  readonly system: Clock
  readonly #events = new Emitter<SwarmClockEvents>()
  #time: SwarmTimeView
  /** Swarm time minus the monotonic clock; null: the machine's own clock is the swarm's time. */
  #overMonotonicMs: number | null = null

  constructor(system: Clock, time: SwarmTimeView) {
    this.system = system
    this.#time = time
    this.#steer(time)
  }

  get events(): EventSource<SwarmClockEvents> {
    return this.#events
  }

  now(): number {
    if (this.#overMonotonicMs === null) return this.system.now()
    return Math.trunc(this.#overMonotonicMs + this.system.monotonic())
  }

  monotonic(): number {
    return this.system.monotonic()
  }

  sleep(ms: number, options?: { readonly signal?: AbortSignal }): Promise<void> {
    return this.system.sleep(ms, options)
  }

  /** False while this machine's clock cannot be right and nobody has told it better. */
  get isKnown(): boolean {
    return this.#time.source !== 'floor'
  }

  /** What is added to the machine's own clock just now. */
  get offsetMs(): number {
    return this.#overMonotonicMs === null ? 0 : this.now() - this.system.now()
  }

  view(): SwarmTimeView {
    return { ...this.#time, offsetMs: this.offsetMs }
  }

  set(time: SwarmTimeView): void {
    const before = this.#time
    const jumpMs = Math.abs(time.offsetMs - this.offsetMs)
    this.#time = time
    // The same offset again must not make time creep by the rounding.
    if (jumpMs >= 1 || (time.offsetMs === 0) !== (this.#overMonotonicMs === null)) this.#steer(time)
    if (jumpMs >= 1 || before.source !== time.source) this.#events.emit('time:changed', { time: this.view() })
  }

  #steer({ offsetMs, source }: SwarmTimeView): void {
    const isOwn = source === 'own' && offsetMs === 0
    this.#overMonotonicMs = isOwn ? null : this.system.now() + offsetMs - this.system.monotonic()
  }
}
