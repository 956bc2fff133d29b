import type { Clock } from '../../base/clock.ts'

/** Long enough to skip a few periodic sessions, short enough that a quota with room again is soon used. */
const rememberedMs = 30 * 60_000
/** What came too fast is welcome again soon. */
const overRateMs = 60_000
/** A clock that was set by more judges otherwise what is expired, or from the future. */
const setMs = 60_000
/** About 4 MiB; past this the oldest are forgotten, and fetched once more. */
const maxRemembered = 20_000

/**
 * Items that a neighbour has and that were not taken when it sent them (a full quota, another clock), or that it did
 * not take: they are not fetched from it, or sent to it, again for a while. Kept by neighbour (a peer that is linked, or a
 * link of a channel: see `judgedAs`), so that one who answers with nothing cannot hide another's records.
 */
export class RefusedIds {
  readonly #clock: Clock
  readonly #maxRemembered: number
  /** When each is to be forgotten, the oldest first. */
  readonly #until = new Map<string, number>()
  /** Swarm time where the monotonic clock is 0, as of the last look. */
  #zeroMs: number

  constructor(deps: { readonly clock: Clock }, init: { readonly maxRemembered?: number } = {}) {
    this.#clock = deps.clock
    this.#maxRemembered = init.maxRemembered ?? maxRemembered
    this.#zeroMs = deps.clock.now() - deps.clock.monotonic()
  }

  /** @param isOverRate it was refused because there was too much of it: for what says so first this is remembered */
  add(neighbour: string, item: Uint8Array, { isOverRate = false }: { readonly isOverRate?: boolean } = {}): void {
    this.#lookAtClock()
    const key = keyOf(neighbour, item)
    const now = this.#clock.monotonic()
    const until = this.#until.get(key) ?? 0
    if (until > now && until <= now + overRateMs) return
    this.#until.delete(key)
    this.#until.set(key, now + (isOverRate ? overRateMs : rememberedMs))
    for (const oldest of this.#until.keys()) {
      if (this.#until.size <= this.#maxRemembered) break
      this.#until.delete(oldest)
    }
  }

  has(neighbour: string, item: Uint8Array): boolean {
    if (this.#until.size === 0) return false
    this.#lookAtClock()
    const key = keyOf(neighbour, item)
    const until = this.#until.get(key)
    if (until === undefined) return false
    if (until > this.#clock.monotonic()) return true
    this.#until.delete(key)
    return false
  }

  /** Forgets all: what was not taken may be welcome now. @returns whether there was anything */
  clear(): boolean {
    const any = this.#until.size > 0
    this.#until.clear()
    return any
  }

  get size(): number {
    return this.#until.size
  }

  #lookAtClock(): void {
    const zeroMs = this.#clock.now() - this.#clock.monotonic()
    if (Math.abs(zeroMs - this.#zeroMs) < setMs) return
    this.#zeroMs = zeroMs
    this.#until.clear()
  }
}

const keyOf = (neighbour: string, item: Uint8Array): string =>
  `${neighbour} ${Buffer.from(item.buffer, item.byteOffset, item.length).toString('latin1')}`
