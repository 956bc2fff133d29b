import type { SwarmTimeView } from '../../shared/trust-views.ts'
import type { Clock } from './clock.ts'
import { Emitter, type EventSource } from './emitter.ts'

export interface SwarmClockEvents {
  /** `now()` goes on from another time than it would have, or by another source. */
  readonly 'time:changed': { readonly time: SwarmTimeView }
}

/** Between two looks quartz clocks do not drift by this: somebody has set it. */
const setMs = 1_000

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
  /** What neighbours bore out: the machine's own clock minus the monotonic one then; null: nothing. */
  #surelyOverMs: number | null = null

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

  /**
   * What the time rests on: neighbours that bear it out, this machine's own clock alone, or a word that nobody else confirms.
   * Nobody has borne out where the own clock was set to since.
   */
  get basis(): 'borne-out' | 'own' | 'told' {
    const { source } = this.#time
    const isSet = this.#surelyOverMs !== null && Math.abs(this.#ownOverMs() - this.#surelyOverMs) > setMs
    if (this.#surelyOverMs !== null && (this.#overMonotonicMs !== null || !isSet)) return 'borne-out'
    return source === 'own' ? 'own' : 'told'
  }

  /** What is added to the machine's own clock just now. */
  get offsetMs(): number {
    return this.#overMonotonicMs === null ? 0 : this.now() - this.system.now()
  }

  view(): SwarmTimeView {
    return { ...this.#time, offsetMs: this.offsetMs }
  }

  /** @param options.sure neighbours bear it out */
  set(time: SwarmTimeView, { sure = false }: { readonly sure?: boolean } = {}): void {
    this.#surelyOverMs = sure ? this.#ownOverMs() : null
    const before = this.#time
    const jumpMs = Math.abs(time.offsetMs - this.offsetMs)
    this.#time = time
    // The same offset again must not make time creep by the rounding.
    if (jumpMs >= 1 || (time.offsetMs === 0) !== (this.#overMonotonicMs === null)) this.#steer(time)
    if (jumpMs >= 1 || before.source !== time.source) this.#events.emit('time:changed', { time: this.view() })
  }

  #ownOverMs(): number {
    return this.system.now() - this.system.monotonic()
  }

  #steer({ offsetMs, source }: SwarmTimeView): void {
    const isOwn = source === 'own' && offsetMs === 0
    this.#overMonotonicMs = isOwn ? null : this.system.now() + offsetMs - this.system.monotonic()
  }
}
