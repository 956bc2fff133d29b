import { createStore, type StoreApi } from 'zustand/vanilla'
import { problemOf, type Problem } from '../bridge/problem.ts'

/** One value that is asked for. */
export type Async<Value> =
  | { readonly phase: 'idle' }
  | { readonly phase: 'loading' }
  /** `failing`: why the last attempt to read it anew failed; the value is of `atMs`. */
  | {
      readonly phase: 'ready'
      readonly value: Value
      readonly atMs: number
      readonly failing: Problem | null
    }
  | { readonly phase: 'failed'; readonly problem: Problem }

export interface AsyncStore<Value> {
  readonly store: StoreApi<Async<Value>>
  /** Asks (again). A value that is there stays until its successor comes; an older answer never replaces a newer one. */
  load(): Promise<void>
  /** Takes a value that came another way, such as the answer to a change. */
  set(value: Value): void
  /**
   * Changes the value where it lives and takes the answer. Answers to what was asked before, or to a change that
   * another one followed, are of the past and are not taken. Where the change fails the value is asked for anew.
   */
  change(make: () => Promise<Value>): Promise<void>
  /** Forgets the value, for it is of another swarm. */
  reset(): void
}

export function createAsyncStore<Value>(ask: () => Promise<Value>, now: () => number = Date.now): AsyncStore<Value> {
  const store = createStore<Async<Value>>(() => ({ phase: 'idle' }))
  let turn = 0
  const load = async (): Promise<void> => {
    const mine = ++turn
    if (store.getState().phase !== 'ready') store.setState({ phase: 'loading' }, true)
    try {
      const value = await ask()
      if (mine === turn) store.setState({ phase: 'ready', value, atMs: now(), failing: null }, true)
    } catch (error) {
      if (mine !== turn) return
      const problem = problemOf(error)
      const state = store.getState()
      store.setState(state.phase === 'ready' ? { ...state, failing: problem } : { phase: 'failed', problem }, true)
    }
  }
  return {
    store,
    load,
    set: (value) => {
      turn += 1
      store.setState({ phase: 'ready', value, atMs: now(), failing: null }, true)
    },
    change: async (make) => {
      const mine = ++turn
      try {
        const value = await make()
        if (mine === turn) store.setState({ phase: 'ready', value, atMs: now(), failing: null }, true)
      } catch {
        if (mine === turn) await load()
      }
    },
    reset: () => {
      turn += 1
      store.setState({ phase: 'idle' }, true)
    },
  }
}
