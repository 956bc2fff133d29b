import { ORPCError, ValidationError } from '@orpc/server'
import { base } from '../../../shared/contract/errors.ts'
import { isAbort, SwarmError } from '../../../shared/errors.ts'
import type { Counters } from '../../base/counters.ts'
import type { Log } from '../../base/log.ts'

type ErrorMap = (typeof base)['~orpc']['errorMap']
type DeclaredCode = keyof ErrorMap

const declared: ErrorMap = base['~orpc'].errorMap

function isDeclared(code: string): code is DeclaredCode {
  return Object.hasOwn(declared, code)
}

function answer(code: DeclaredCode, message: string, data?: SwarmError['detail']): ORPCError<string, unknown> {
  return new ORPCError(code, { defined: true, status: declared[code].status, message, data })
}

/** "files.fetch: cid: a CID: bafy… or Qm…" */
function sentenceOf(issues: ValidationError['issues']): string {
  const parts = issues.slice(0, 3).map((issue) => {
    const path = (issue.path ?? []).map((step) => String(typeof step === 'object' ? step.key : step)).join('.')
    return path === '' ? issue.message : `${path}: ${issue.message}`
  })
  return parts.join('; ')
}

/**
 * What a caller is told about an error. A SwarmError keeps its code and message; bad input is INVALID_INPUT and says
 * which field; all else is INTERNAL with a plain sentence, while the error itself is logged and counted as
 * `api.failed:internal`. Never a stack.
 */
export function toApiError(
  error: unknown,
  call: string,
  deps: { readonly log: Log; readonly counters: Counters },
): ORPCError<string, unknown> {
  if (error instanceof ORPCError && error.defined) return error
  if (error instanceof SwarmError) {
    deps.counters.add(`api.failed:${error.code.toLowerCase()}`)
    if (isDeclared(error.code)) return answer(error.code, error.message, error.detail)
    return answer('INTERNAL', error.message, { ...error.detail, code: error.code })
  }
  if (error instanceof ORPCError && error.code === 'BAD_REQUEST') {
    deps.counters.add('api.failed:invalid_input')
    const why = error.cause instanceof ValidationError ? sentenceOf(error.cause.issues) : error.message
    return answer('INVALID_INPUT', `${call}: ${why}`)
  }
  if (isAbort(error)) return answer('TIMEOUT', `${call} was given up before it was done`)
  deps.counters.add('api.failed:internal')
  deps.log.error({ err: error, call }, 'an API call failed')
  return answer('INTERNAL', `${call} failed inside this peer; its log has the details`)
}
