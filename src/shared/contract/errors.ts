import { oc } from '@orpc/contract'
import { z } from 'zod'

const detail = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional()

/**
 * What every call may answer with instead of its output. Codes are those of `SwarmError`; the message is fit to be
 * shown to a person. Anything else is INTERNAL, without a stack.
 */
export const base = oc.errors({
  INVALID_INPUT: { status: 400, data: detail },
  UNAUTHORIZED: { status: 401, data: detail },
  PERMISSION_DENIED: { status: 403, data: detail },
  /** This peer's role does not allow it. */
  NOT_TRUSTED: { status: 403, data: detail },
  BAD_INVITE: { status: 400, data: detail },
  NOT_FOUND: { status: 404, data: detail },
  TIMEOUT: { status: 408, data: detail },
  FILE_CHANGED: { status: 409, data: detail },
  TOO_LARGE: { status: 413, data: detail },
  LIMIT_REACHED: { status: 429, data: detail },
  INTERNAL: { status: 500, data: detail },
  UNSUPPORTED: { status: 501, data: detail },
  /** No channel reaches that peer just now. */
  UNREACHABLE: { status: 502, data: detail },
  FETCH_FAILED: { status: 502, data: detail },
  /** The Kubo daemon that keeps this peer's files does not answer. */
  KUBO_UNREACHABLE: { status: 503, data: detail },
  DISK_FULL: { status: 507, data: detail },
})
