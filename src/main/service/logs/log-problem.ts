/** Something is wrong with the file itself. Its message is the end of a sentence for people: "its index points past its end". */
export class LogProblem extends Error {
  override readonly name = 'LogProblem'
}

/** As much was read as may be read of one file: what was found so far is the answer. */
export class EnoughRead extends Error {
  override readonly name = 'EnoughRead'
}

/** The sentence about it. Anything but a `LogProblem` is what a library says about bytes that it cannot read. */
export function problemOf(error: unknown): string {
  if (error instanceof LogProblem) return error.message
  return error instanceof Error ? error.message : String(error)
}

/** Why going over a file without an index ended early. */
export function stopped(error: unknown): string {
  return error instanceof EnoughRead ? 'it has no index, and only its beginning was looked at' : problemOf(error)
}
