/** No robot of today recorded before: a time that is older is counted from 0, as a simulation or a stopwatch does. */
const firstDateMs = Date.UTC(2000, 0, 1)

/** It says a day and an hour, not only how long after something else. */
export function isDated(atMs: number): boolean {
  return atMs >= firstDateMs
}
