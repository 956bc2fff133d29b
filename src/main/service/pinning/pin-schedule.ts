import type { Clock } from '../../base/clock.ts'
import type { KnownPin } from './pin-book.ts'

/** What is on its way changes soon, and later less: from 5 s after it was asked for, a quarter of its age, to 5 min. */
const leastMs = 5_000
const mostMs = 5 * 60_000
/** A pin that stands is looked at again, because services let go of what is not paid for. */
const standsMs = 60 * 60_000

/**
 * When a pin is to be asked for, by the monotonic clock; Infinity: not by itself.
 * @param triedAtMs when it was last asked for in this run; undefined: not yet
 */
export function dueMs(pin: KnownPin, triedAtMs: number | undefined, clock: Pick<Clock, 'now' | 'monotonic'>): number {
  if (pin.state === 'gone' || pin.state === 'failed') return Infinity
  // Clocks may be set back: then it is as if it had been asked for just now.
  const agoMs = Math.max(0, clock.now() - pin.checkedAtMs)
  const lastMs = triedAtMs ?? clock.monotonic() - agoMs
  if (pin.state === 'pinned') return lastMs + standsMs
  const ageMs = Math.max(0, clock.now() - pin.sinceMs)
  return lastMs + Math.min(mostMs, Math.max(leastMs, ageMs / 4))
}
