import { createStore, type StoreApi } from 'zustand/vanilla'
import type { LiveEvent } from '../../shared/contract/live.ts'
import { whenOpen, type ConnectionStore } from '../bridge/connection.ts'
import { problemOf, type Problem } from '../bridge/problem.ts'
import { pause, retryDelayMs } from '../bridge/retry.ts'
import { createLivePieces } from './live-pieces.ts'
import { createRun } from './run.ts'

/**
 * A live list: what is known, whether it is still being told (`current`) or only remembered, and how many items of a long
 * one are still to come (`left`).
 */
export type Live<Item> =
  | { readonly phase: 'idle' }
  | { readonly phase: 'loading' }
  | {
      readonly phase: 'ready'
      readonly items: ReadonlyMap<string, Item>
      readonly current: boolean
      readonly left: number
    }
  | { readonly phase: 'failed'; readonly problem: Problem }

export interface LiveStore<Item> {
  readonly store: StoreApi<Live<Item>>
  /** Begins to listen; a second call does nothing. */
  readonly start: () => void
  readonly stop: () => void
  /** Asks again now, after a failure. */
  readonly retry: () => void
  /** Forgets what is known, for it is of another swarm; goes on listening where it did. */
  readonly reset: () => void
}

/**
 * Keeps a map by id from a snapshot and its changes. A stream that ends or a line that breaks leaves the values,
 * marked as no longer current, until a new snapshot is whole. Items that did not change keep their identity.
 */
export function createLiveStore<Item>(
  connection: ConnectionStore,
  open: (signal: AbortSignal) => Promise<AsyncIterable<LiveEvent<Item>>>,
  idOf: (item: Item) => string,
): LiveStore<Item> {
  const store = createStore<Live<Item>>(() => ({ phase: 'idle' }))

  const follow = async (signal: AbortSignal): Promise<void> => {
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      try {
        await whenOpen(connection, signal)
        const pieces = createLivePieces(knownIn(store.getState()), idOf)
        for await (const event of await open(signal)) {
          if (signal.aborted) return
          attempt = 0
          if (!pieces.take(event)) continue
          store.setState({ phase: 'ready', items: pieces.items(), current: true, left: pieces.left }, true)
        }
      } catch (error) {
        if (signal.aborted) return
        fail(store, connection, error)
      }
      const state = store.getState()
      if (state.phase === 'ready') store.setState({ ...state, current: false }, true)
      await pause(retryDelayMs(attempt), signal)
    }
  }

  const { start, stop, isRunning } = createRun((signal) => {
    if (store.getState().phase === 'idle') store.setState({ phase: 'loading' }, true)
    void follow(signal)
  })

  return {
    store,
    start,
    stop,
    retry: () => {
      stop()
      if (store.getState().phase === 'failed') store.setState({ phase: 'loading' }, true)
      start()
    },
    reset: () => {
      const wanted = isRunning()
      stop()
      store.setState({ phase: 'idle' }, true)
      if (wanted) start()
    },
  }
}

function knownIn<Item>(state: Live<Item>): ReadonlyMap<string, Item> {
  return state.phase === 'ready' ? state.items : new Map()
}

/** A first load that fails is a failure of the page; one after a snapshot only ages what is shown. */
function fail<Item>(store: StoreApi<Live<Item>>, connection: ConnectionStore, error: unknown): void {
  if (store.getState().phase === 'ready' || connection.getState().phase !== 'open') return
  store.setState({ phase: 'failed', problem: problemOf(error) }, true)
}
