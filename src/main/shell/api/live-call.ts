import { toApiError } from './api-errors.ts'
import type { ApiPeer } from './api-peer.ts'
import type { ApiContext } from './context.ts'
import type { LiveOptions } from './live.ts'

/** What a handler is given of the call that it answers. */
export interface LiveCall {
  readonly context: ApiContext
  readonly path: readonly string[]
  readonly signal?: AbortSignal | undefined
}

/** For an answer that goes on: it counts for its connection, ends with the call, and fails as every call does. */
export function liveOptions({ context, path, signal }: LiveCall, peer: ApiPeer): LiveOptions {
  return {
    clock: peer.clock,
    slots: context.liveSlots,
    signal,
    onError: (error) => toApiError(error, path.join('.'), peer),
  }
}

/**
 * The view at each call, or null where it says what it said at the last.
 * @param untold a field at the top of the view, or within, whose changes alone are not worth telling
 */
export function whenChanged<View>(view: () => View, untold?: string): () => View | null {
  let shown = ''
  return () => {
    const now = view()
    const facts = JSON.stringify(now, (key, value: unknown) => (key === untold ? 0 : value))
    if (facts === shown) return null
    shown = facts
    return now
  }
}
