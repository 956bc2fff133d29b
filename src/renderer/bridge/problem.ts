/** What went wrong, in a form that can be shown, copied and acted on. */
export interface Problem {
  readonly code: string
  readonly message: string
}

/** Makes a problem of anything thrown: API errors carry a code and a message written for people. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Error) {
    const code = 'code' in error && typeof error.code === 'string' ? error.code : 'INTERNAL'
    return { code, message: error.message === '' ? error.name : error.message }
  }
  return { code: 'INTERNAL', message: String(error) }
}

/** A problem of our own making. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  readonly code: string

  constructor(problem: Problem) {
    super(problem.message)
    this.code = problem.code
  }
}
