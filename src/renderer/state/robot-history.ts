import { createStore, type StoreApi } from 'zustand/vanilla'
import type { PeerId } from '../../shared/ids.ts'
import { whenOpen } from '../bridge/connection.ts'
import type { Bridge } from '../bridge/bridge.ts'
import { problemOf, type Problem } from '../bridge/problem.ts'
import { pause, retryDelayMs } from '../bridge/retry.ts'
import { createRun } from './run.ts'
import { appendSample, rowsOf, type ChartRow } from './select-history.ts'

export type RobotHistory =
  | { readonly phase: 'loading' }
  | { readonly phase: 'ready'; readonly rows: readonly ChartRow[]; readonly stepMs: number }
  | { readonly phase: 'failed'; readonly problem: Problem }

export interface HistoryStore {
  readonly store: StoreApi<RobotHistory>
  readonly start: () => void
  readonly stop: () => void
  readonly retry: () => void
}

/** Points a chart draws: more than a wide screen shows would only cost time. */
const maxPoints = 300

/** The past of one machine over one range, and what is heard from now on. Read anew now and then, so that points stay evenly spaced. */
export function createHistoryStore(
  bridge: Bridge,
  peer: PeerId,
  rangeMs: number,
  now: () => number = Date.now,
): HistoryStore {
  const store = createStore<RobotHistory>(() => ({ phase: 'loading' }))

  const readPast = async (signal: AbortSignal): Promise<void> => {
    const refreshMs = Math.max(30_000, rangeMs / 60)
    for (let attempt = 0; !signal.aborted;) {
      try {
        await whenOpen(bridge.connection, signal)
        const toMs = now()
        const history = await bridge.api.diagnostics.history(
          { peer, fromMs: toMs - rangeMs, toMs, maxPoints },
          { signal },
        )
        if (signal.aborted) return
        attempt = 0
        store.setState({ phase: 'ready', rows: rowsOf(history), stepMs: history.stepMs }, true)
        await pause(refreshMs, signal)
      } catch (error) {
        if (signal.aborted) return
        if (store.getState().phase !== 'ready') store.setState({ phase: 'failed', problem: problemOf(error) }, true)
        await pause(retryDelayMs(attempt++), signal)
      }
    }
  }

  const followNow = async (signal: AbortSignal): Promise<void> => {
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      try {
        await whenOpen(bridge.connection, signal)
        for await (const health of await bridge.api.diagnostics.watch({ peer }, { signal })) {
          attempt = 0
          const state = store.getState()
          if (signal.aborted) return
          if (state.phase !== 'ready') continue
          store.setState({ ...state, rows: appendSample(state.rows, health, rangeMs) }, true)
        }
      } catch {
        // The past is read again by itself and says what is wrong; here only the live end is missing for a while.
        if (signal.aborted) return
      }
      await pause(retryDelayMs(attempt), signal)
    }
  }

  const { start, stop } = createRun((signal) => {
    void readPast(signal)
    void followNow(signal)
  })
  return {
    store,
    start,
    stop,
    retry: () => {
      stop()
      store.setState({ phase: 'loading' }, true)
      start()
    },
  }
}
