import { implement } from '@orpc/server'
import { contract } from '../../../shared/contract/contract.ts'
import type { Counters } from '../../base/counters.ts'
import type { Log } from '../../base/log.ts'
import { toApiError } from './api-errors.ts'
import type { ApiContext } from './context.ts'

/** The contract, ready to be implemented: whatever a handler throws becomes an error that the contract declares. */
export function createBuilder(deps: { readonly log: Log; readonly counters: Counters }) {
  return implement(contract)
    .$context<ApiContext>()
    .use(async ({ next, path }) => {
      try {
        return await next()
      } catch (error) {
        throw toApiError(error, path.join('.'), deps)
      }
    })
}

export type Builder = ReturnType<typeof createBuilder>
