import { SwarmError } from '../../../shared/errors.ts'

/** What a person is told in a native box when the app cannot go on. A SwarmError's message is written to be read. */
export function failureText(error: unknown): string {
  if (error instanceof SwarmError) return error.message
  const what = error instanceof Error ? error.message : String(error)
  return `${what}\n\nThis is a fault in dt-swarm. Start it from a terminal to see its log.`
}
