import type { FlightCause } from '../../../shared/recorder-views.ts'

export interface Flown {
  readonly cause: FlightCause
  readonly atMs: number
}

/** A fault that comes and goes tells nothing new for a while. */
const sameEveryMs = 15 * 60_000
/** Faults come in groups: one that is hot is throttled next. The first has the minutes before. */
const anyEveryMs = 2 * 60_000
/** On a bad day: with 128 MiB each a card of 32 GB still has room. */
const maxADay = 12
/** People may know better, but a script that marks in a loop does not. */
const markEveryMs = 5_000
const maxMarksADay = 48
const dayMs = 24 * 60 * 60_000
/** Kept at most; the oldest go first. */
export const maxFlights = 24
export const maxFlightBytes = 128 * 1_024 * 1_024
export const maxAllBytes = 1_024 ** 3

/** Why nothing is saved now, as a sentence for people; null: it is. */
export function refusal(flown: readonly Flown[], cause: FlightCause, nowMs: number): string | null {
  // A clock that was set back must not silence the recorder for years.
  const ages = flown.map((one) => ({ ...one, agoMs: Math.abs(nowMs - one.atMs) })).filter(({ agoMs }) => agoMs < dayMs)
  const byHand = cause === 'mark'
  const alike = ages.filter((one) => (one.cause === 'mark') === byHand)
  if (alike.length >= (byHand ? maxMarksADay : maxADay)) {
    return `${alike.length} were saved within a day already, which is the most${byHand ? ' by hand' : ''}.`
  }
  const newest = Math.min(...alike.map(({ agoMs }) => agoMs))
  if (byHand) return newest < markEveryMs ? 'One was saved a moment ago.' : null
  if (newest < anyEveryMs) return 'One was saved within the last 2 minutes.'
  const same = Math.min(...alike.filter((one) => one.cause === cause).map(({ agoMs }) => agoMs))
  return same < sameEveryMs ? 'One was saved for the same fault within the last 15 minutes.' : null
}

/** Those that have to go, oldest first. @param flown newest first */
export function surplus<Flight extends { readonly sizeBytes: number }>(flown: readonly Flight[]): readonly Flight[] {
  let bytes = 0
  const kept = flown.findIndex((flight, index) => index >= maxFlights || (bytes += flight.sizeBytes) > maxAllBytes)
  return kept < 0 ? [] : flown.slice(kept).toReversed()
}
