import type { Clock } from '../../base/clock.ts'
import { RecentMap } from '../../base/recent-map.ts'

/** Neighbours that each bring another version of a record, the older ones first; more of one are made to be brought. */
const freeVersions = 4
const perMs = 10 * 60_000
/** About 5 MiB: all announcements of 1,000 robots, several times over. Past this the one that came longest ago is forgotten. */
const maxSlots = 20_000

interface Slot {
  versions: number
  readonly untilMs: number
}

/**
 * How often the same thing came anew by catching up: another version of a keyed record, or of somebody's word about a
 * record. Whoever was away needs the newest of each, once from each neighbour; many more can be made only to keep us
 * busy, whether they were asked for or not: what is offered is made up as easily.
 */
export class CatchUpSlots {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #slots = new RecentMap<string, Slot>(maxSlots)

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
  }

  /** Whether one more version is free; of what is not, whoever signed it has to answer for it by its rate. */
  isFree(slot: string): boolean {
    const now = this.#clock.monotonic()
    const known = this.#slots.get(slot)
    if (known !== undefined && known.untilMs > now) {
      if (known.versions >= freeVersions) return false
      known.versions += 1
      return true
    }
    this.#slots.set(slot, { versions: 1, untilMs: now + perMs })
    return true
  }

  get size(): number {
    return this.#slots.size
  }
}
