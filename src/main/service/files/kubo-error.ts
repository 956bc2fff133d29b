import { isAbort, SwarmError } from '../../../shared/errors.ts'

/** Kubo's words for a full disk and a full repository come from the system it runs on. */
const full = /no space left|disk quota exceeded|ENOSPC/i
/** Names of codes by which Node tells why no answer came. */
const unanswered: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection broke',
  UND_ERR_SOCKET: 'the connection broke',
  EPIPE: 'the connection broke',
  ENOTFOUND: 'its host is not known',
  EAI_AGAIN: 'its host is not known',
  EHOSTUNREACH: 'there is no way to its host',
  ENETUNREACH: 'there is no way to its host',
  ETIMEDOUT: 'it does not answer',
  UND_ERR_CONNECT_TIMEOUT: 'it does not answer',
  UND_ERR_HEADERS_TIMEOUT: 'it does not answer',
  UND_ERR_BODY_TIMEOUT: 'it stopped in the middle of an answer',
}

/** A block, a pin or a file is not there: an answer of Kubo's RPC, no failure. What says 404 is another server. */
export function isMissing(error: unknown): boolean {
  if (!(error instanceof Error) || statusOf(error) !== 500) return false
  return /not found|could not find|is not pinned|not pinned or pinned/i.test(error.message)
}

/** Kubo cannot be used: what is meant to be in it waits. */
export function unreachable(url: string, why: string, cause?: unknown): SwarmError {
  return new SwarmError(
    'KUBO_UNREACHABLE',
    `Kubo at ${url} cannot be used: ${why}. Start it ("ipfs daemon"), or choose another store in Settings.`,
    { cause, detail: { url } },
  )
}

/** What went wrong between us and Kubo, as an error that names the remedy. An abort of the caller stays one. */
export function kuboError(error: unknown, { url, doing }: { readonly url: string; readonly doing: string }): unknown {
  if (error instanceof SwarmError) return error
  const status = statusOf(error)
  const text = error instanceof Error ? error.message : String(error)
  if (status === 401 || status === 403) {
    return unreachable(url, `it refuses us (${status}); name and password belong into its address, API.Authorizations`)
  }
  if (status === 404 || status === 405) return unreachable(url, noKubo)
  if (status !== null) {
    if (full.test(text)) {
      return new SwarmError(
        'DISK_FULL',
        `The disk of Kubo at ${url} is full: ${doing} stopped. Free some space there ("ipfs repo gc") and try again.`,
        { cause: error, detail: { url } },
      )
    }
    return failed(url, doing, text, error)
  }
  const code = codeOf(error)
  if (code !== null) return unreachable(url, unanswered[code] ?? code, error)
  const late = error instanceof Error && error.name === 'TimeoutError'
  if (late || isAbort(error) || error instanceof TypeError) return unreachable(url, 'it does not answer', error)
  if (error instanceof SyntaxError) return unreachable(url, noKubo, error)
  return failed(url, doing, text, error)
}

const noKubo = 'what listens there is no Kubo (its RPC port is 5001)'

function failed(url: string, doing: string, text: string, cause: unknown): SwarmError {
  return new SwarmError('INTERNAL', `Kubo at ${url} failed while ${doing}: ${text.slice(0, 200)}`, { cause })
}

/** The HTTP status with which it was refused. */
function statusOf(error: unknown): number | null {
  if (!(error instanceof Error) || !('response' in error)) return null
  const { response } = error
  return response instanceof Response ? response.status : null
}

function codeOf(error: unknown): string | null {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if ('code' in at && typeof at.code === 'string' && /^(E[A-Z_]+|UND_ERR_[A-Z_]+)$/.test(at.code)) return at.code
    if (at instanceof AggregateError && at.errors.length > 0) {
      const inner = codeOf(at.errors[0])
      if (inner !== null) return inner
    }
  }
  return null
}
