import { createStore, type StoreApi } from 'zustand/vanilla'

/**
 * The state of the line to the peer behind this window.
 * `denied`: the server wants its token, which only a fresh link brings.
 */
export type ConnectionState =
  | { readonly phase: 'connecting' }
  | { readonly phase: 'open'; readonly sinceMs: number }
  | { readonly phase: 'lost'; readonly sinceMs: number; readonly nextTryAtMs: number | null }
  | { readonly phase: 'denied' }

export type ConnectionStore = StoreApi<ConnectionState>

export function createConnectionStore(): ConnectionStore {
  return createStore<ConnectionState>(() => ({ phase: 'connecting' }))
}

/** Resolves once the line is open; rejects with the signal's reason when that comes first. */
export function whenOpen(connection: ConnectionStore, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason)
      return
    }
    if (connection.getState().phase === 'open') {
      resolve()
      return
    }
    const settle = (): void => {
      undo()
      signal.removeEventListener('abort', aborted)
    }
    const aborted = (): void => {
      settle()
      reject(signal.reason)
    }
    const undo = connection.subscribe((state) => {
      if (state.phase !== 'open') return
      settle()
      resolve()
    })
    signal.addEventListener('abort', aborted, { once: true })
  })
}
