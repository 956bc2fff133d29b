import type { SystemStatusView } from '../../shared/views.ts'
import type { Bridge } from '../bridge/bridge.ts'
import { createAsyncStore, type AsyncStore } from './async-store.ts'
import { createLiveStore, type LiveStore } from './live-store.ts'
import type { InfoView } from '../../shared/views.ts'

export interface SystemStore {
  /** Who we are and what this peer can do; asked again whenever the line is back, for it may be another version. */
  readonly info: AsyncStore<InfoView>
  /** One entry, `status`: the live status in the form of the other live lists. */
  readonly status: LiveStore<SystemStatusView>
  readonly start: () => void
  readonly stop: () => void
}

export function createSystemStore(bridge: Bridge): SystemStore {
  const info = createAsyncStore(() => bridge.api.system.info())
  const status = createLiveStore<SystemStatusView>(
    bridge.connection,
    async (signal) => {
      const stream = await bridge.api.system.watch(undefined, { signal })
      return (async function* () {
        for await (const item of stream) yield { type: 'snapshot', items: [item], left: 0 } as const
      })()
    },
    () => 'status',
  )
  let undo: (() => void) | null = null
  return {
    info,
    status,
    start: () => {
      if (undo !== null) return
      status.start()
      if (bridge.connection.getState().phase === 'open') void info.load()
      undo = bridge.connection.subscribe((now, before) => {
        if (now.phase === 'open' && before.phase !== 'open') void info.load()
      })
    },
    stop: () => {
      status.stop()
      undo?.()
      undo = null
    },
  }
}
