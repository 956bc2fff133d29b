import { causeWords, flightOf } from '../../../shared/recorder-views.ts'
import { formatExact } from '../../format.ts'

/** Says of a file that the flight recorder of its robot saved it, and why. */
export function FlightMark({ name }: { readonly name: string }) {
  const flight = flightOf(name)
  if (flight === null) return null
  const words = causeWords[flight.cause]
  return (
    <span className="chip" title={`Saved by the flight recorder at ${formatExact(flight.atMs)}: ${words}`}>
      flight recorder
    </span>
  )
}
