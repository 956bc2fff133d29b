import type { Clock } from '../base/clock.ts'
import type { TrustTime } from '../model/validity.ts'

/**
 * What the time in use rests on. borne-out: trusted neighbours agree with it. own: this machine's clock alone. told: a
 * single neighbour's word, strangers', or the last time that was known; nobody's patience makes that any truer.
 */
export type TimeBasis = 'borne-out' | 'own' | 'told'

/** A clock that was set wrong - a dual boot, a dead battery, before NTP - is right again within that, or nobody sees to it. */
export const patienceMs = 2 * 60 * 60_000
/** Drift, and NTP's small steps. */
const driftMs = 60_000

/**
 * The time by which things may be over. A clock that went ahead is believed once neighbours bear it out, or after hours in
 * which it ran on evenly: one minute of a wrong clock must not take away what nobody can bring back.
 */
export class SteadyTime {
  readonly #clock: Pick<Clock, 'now' | 'monotonic'>
  readonly #basis: () => TimeBasis
  /** The clock minus the monotonic one, as it has been for long. */
  #baseMs: number
  /** The same as it is since lately. */
  #newMs: { readonly overMs: number; readonly sinceMs: number } | null = null
  /** Since when the clock has run evenly, by the monotonic one. */
  #evenSinceMs: number
  #settled = false

  constructor(clock: Pick<Clock, 'now' | 'monotonic'>, basis: () => TimeBasis) {
    this.#clock = clock
    this.#basis = basis
    this.#evenSinceMs = clock.monotonic()
    this.#baseMs = clock.now() - this.#evenSinceMs
  }

  /** @param nowMs default: what the clock says */
  at(nowMs: number = this.#clock.now()): TrustTime {
    const basis = this.#basis()
    const monotonicMs = this.#clock.monotonic()
    const over = nowMs - monotonicMs
    if (basis === 'borne-out') {
      if (Math.abs(over - this.#baseMs) > driftMs) this.#evenSinceMs = monotonicMs
      this.#baseMs = over
      this.#newMs = null
      this.#settled = true
    } else this.#watch(over, monotonicMs, basis)
    return { now: nowMs, overMs: Math.min(nowMs, this.#baseMs + monotonicMs), sure: basis === 'borne-out' }
  }

  /**
   * Whether what nobody can bring back may be taken away: as soon as neighbours have borne out the time, else hours after
   * the start. As of the last `at`.
   */
  get isSettled(): boolean {
    return this.#settled
  }

  /** Whether neighbours bear out the time, or our own clock has run evenly for so long. */
  isEven(forMs: number): boolean {
    const { sure } = this.at()
    if (sure) return true
    return this.#basis() === 'own' && this.#newMs === null && this.#clock.monotonic() - this.#evenSinceMs >= forMs
  }

  #watch(over: number, monotonicMs: number, basis: TimeBasis): void {
    if (basis === 'told') {
      this.#evenSinceMs = monotonicMs
      if (this.#newMs !== null) this.#newMs = { overMs: over, sinceMs: monotonicMs }
    } else if (monotonicMs - this.#evenSinceMs >= patienceMs && this.#newMs === null) this.#settled = true
    if (Math.abs(over - this.#baseMs) <= driftMs) {
      this.#baseMs = over
      this.#newMs = null
      return
    }
    if (this.#newMs === null || Math.abs(over - this.#newMs.overMs) > driftMs) {
      this.#newMs = { overMs: over, sinceMs: monotonicMs }
      return
    }
    if (basis !== 'own' || monotonicMs - this.#newMs.sinceMs < patienceMs) return
    this.#evenSinceMs = this.#newMs.sinceMs
    this.#baseMs = over
    this.#newMs = null
  }
}
