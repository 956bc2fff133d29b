import { useMemo } from 'react'
import { useStore } from 'zustand'
import { shortId } from '../format.ts'
import { useStores } from './context.ts'

/** The names of machines by their peer ids; the short id of one that is not known. Follows the fleet. */
export function useNameOf(): (peer: string) => string {
  const { fleet } = useStores()
  const live = useStore(fleet.store)
  return useMemo(
    () => (peer) => (live.phase === 'ready' ? (live.items.get(peer)?.name ?? shortId(peer)) : shortId(peer)),
    [live],
  )
}
