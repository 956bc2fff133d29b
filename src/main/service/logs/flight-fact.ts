import type { LogInfo } from '../../../shared/log-views.ts'
import { causeWords, flightOf } from '../../../shared/recorder-views.ts'

/** As many as a record takes. */
const maxFacts = 12

/** Says of a file that the flight recorder saved why it did: its name tells, also after a restart. */
export function withFlight(info: LogInfo | null, name: string): LogInfo | null {
  const flight = flightOf(name)
  if (info === null || flight === null) return info
  const time = new Date(flight.atMs).toISOString().slice(0, 19).replace('T', ' ')
  const fact: LogInfo['facts'][number] = ['Flight recorder', `${causeWords[flight.cause]}, ${time} UTC`]
  return { ...info, facts: [fact, ...info.facts].slice(0, maxFacts) }
}
