import { useEffect } from 'react'
import { useStore } from 'zustand'
import type { SystemStatusView } from '../../shared/views.ts'
import type { TrustView } from '../../shared/trust-views.ts'
import { useStores } from './context.ts'
import type { Live, LiveStore } from './live-store.ts'
import { valueIn } from './live-value.ts'

/** Listens to a live store as long as the page that wants it is there. */
export function useLive<Item>(live: LiveStore<Item>): Live<Item> {
  useEffect(() => {
    live.start()
    return live.stop
  }, [live])
  return useStore(live.store)
}

/** The live status; null until the peer has said it. */
export function useStatus(): SystemStatusView | null {
  return useStore(useStores().system.status.store, (live) =>
    live.phase === 'ready' ? (live.items.get('status') ?? null) : null,
  )
}

/** Who may say what; null until the peer has said it. */
export function useTrust(): TrustView | null {
  return useStore(useStores().trust.store, valueIn)
}

/** The version of the trust root in force, as this peer knows it. */
export function useRootVersion(): number | null {
  return useStore(useStores().trust.store, (live) => valueIn(live)?.root?.version ?? null)
}
