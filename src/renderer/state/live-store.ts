import { createStore, type StoreApi } from 'zustand/vanilla'
import type { LiveEvent } from '../../shared/contract/live.ts'
import { whenOpen, type ConnectionStore } from '../bridge/connection.ts'
import { problemOf, type Problem } from '../bridge/problem.ts'
import { pause, retryDelayMs } from '../bridge/retry.ts'
import { createRun } from './run.ts'

/** A live list: what is known, and whether it is still being told (`current`) or only remembered. */
export type Live<Item> =
  | { readonly phase: 'idle' }
  | { readonly phase: 'loading' }
  | { readonly phase: 'ready'; readonly items: ReadonlyMap<string, Item>; readonly current: boolean }
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
 * marked as no longer current, until a new snapshot replaces them. Items that did not change keep their identity.
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
        for await (const event of await open(signal)) {
          if (signal.aborted) return
          attempt = 0
          apply(store, event, idOf)
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

function apply<Item>(store: StoreApi<Live<Item>>, event: LiveEvent<Item>, idOf: (item: Item) => string): void {
  if (event.type === 'snapshot') {
    store.setState(
      { phase: 'ready', items: new Map(event.items.map((item) => [idOf(item), item])), current: true },
      true,
    )
    return
  }
  const state = store.getState()
  // Changes without a snapshot cannot be read; the next stream begins with one.
  if (state.phase !== 'ready') return
  const items = new Map(state.items)
  for (const item of event.changed) items.set(idOf(item), item)
  for (const id of event.removed) items.delete(id)
  store.setState({ phase: 'ready', items, current: true }, true)
}

/** A first load that fails is a failure of the page; one after a snapshot only ages what is shown. */
function fail<Item>(store: StoreApi<Live<Item>>, connection: ConnectionStore, error: unknown): void {
  if (store.getState().phase === 'ready' || connection.getState().phase !== 'open') return
  store.setState({ phase: 'failed', problem: problemOf(error) }, true)
}
