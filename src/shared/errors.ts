/**
 * Error codes that may cross a boundary (API, CLI, window). Callers switch on the code, never on the text.
 * A message names the thing, the cause and the remedy; it may be shown to a person as it is.
 */
export const swarmErrorCodes = [
  'INVALID_INPUT',
  'NOT_FOUND',
  'UNSUPPORTED',
  'NO_DAEMON',
  'HOME_IN_USE',
  'IDENTITY_UNREADABLE',
  'SWARM_UNREADABLE',
  'DATABASE_CORRUPT',
  'DISK_FULL',
  'PERMISSION_DENIED',
  'FILE_CHANGED',
  'FETCH_FAILED',
  'KUBO_UNREACHABLE',
  'ADDRESS_IN_USE',
  'UNAUTHORIZED',
  'NOT_TRUSTED',
  'BAD_INVITE',
  'UNREACHABLE',
  'TOO_LARGE',
  'LIMIT_REACHED',
  'TIMEOUT',
  'INTERNAL',
] as const

export type SwarmErrorCode = (typeof swarmErrorCodes)[number]

/** Thrown when our own machine or code breaks a promise, or a caller asked for the impossible. */
export class SwarmError extends Error {
  override readonly name = 'SwarmError'
  readonly code: SwarmErrorCode
  readonly detail: Readonly<Record<string, string | number | boolean>>

  constructor(
    code: SwarmErrorCode,
    message: string,
    options: { readonly detail?: Readonly<Record<string, string | number | boolean>>; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.detail = options.detail ?? {}
  }
}

/** True for the error of an AbortSignal: an abort is a wish, not a failure. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || ('code' in error && error.code === 'ABORT_ERR'))
}
