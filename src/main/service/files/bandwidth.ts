import type { Bandwidth, FileSettings } from '../../../shared/file-views.ts'
import type { Clock } from '../../base/clock.ts'
import { Throttle } from '../../base/throttle.ts'

type Limits = Pick<FileSettings, 'bandwidth' | 'hours'>

/**
 * The limits in force at a time of day, in minutes since midnight: those of the first span of hours that holds it, else
 * the general ones. A span whose end is before its begin goes over midnight; one from a time to the same is all day.
 */
export function limitsAt({ bandwidth, hours }: Limits, minute: number): Bandwidth {
  const { downBytesPerS, upBytesPerS } = hours.find(({ from, to }) => isWithin(minute, from, to)) ?? bandwidth
  return { downBytesPerS, upBytesPerS }
}

function isWithin(minute: number, from: number, to: number): boolean {
  return from < to ? minute >= from && minute < to : minute >= from || minute < to
}

/** How fast blocks may come and go: by the settings, which may change at any time, and by the time of day. */
export class FileBandwidth {
  readonly down: Throttle
  readonly up: Throttle
  readonly #minuteOfDay: () => number
  #limits: Limits

  /** @param init `minuteOfDay`: of the machine's own time zone; default: by the clock */
  constructor(deps: { readonly clock: Clock; readonly minuteOfDay?: () => number }, init: Limits) {
    const { clock } = deps
    this.#limits = init
    this.#minuteOfDay = deps.minuteOfDay ?? (() => minuteOf(clock.now()))
    this.down = new Throttle({ clock, limit: () => this.now().downBytesPerS })
    this.up = new Throttle({ clock, limit: () => this.now().upBytesPerS })
  }

  /** The limits in force now. */
  now(): Bandwidth {
    return limitsAt(this.#limits, this.#minuteOfDay())
  }

  apply(limits: Limits): void {
    this.#limits = limits
  }
}

function minuteOf(ms: number): number {
  const date = new Date(ms)
  return date.getHours() * 60 + date.getMinutes()
}
