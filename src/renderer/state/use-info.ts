import { useStore } from 'zustand'
import type { InfoView } from '../../shared/views.ts'
import { useStores } from './context.ts'

/** Who we are; null until the peer has said so. */
export function useInfo(): InfoView | null {
  return useStore(useStores().system.info.store, (state) => (state.phase === 'ready' ? state.value : null))
}
