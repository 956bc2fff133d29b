import { useEffect } from 'react'
import { useStore } from 'zustand'
import type { AsyncStore } from './async-store.ts'
import { useStores } from './context.ts'

/**
 * Asks for a value once the line to the peer is open, and again each time that it is back: a page that is opened by its
 * address stands before the line does.
 * @param everyMs ask so often meanwhile; absent: once is enough
 */
export function useAsked(asked: Pick<AsyncStore<unknown>, 'load'>, everyMs?: number): void {
  const { bridge } = useStores()
  const open = useStore(bridge.connection, (line) => line.phase === 'open')
  useEffect(() => {
    if (!open) return undefined
    void asked.load()
    if (everyMs === undefined) return undefined
    const timer = setInterval(() => void asked.load(), everyMs)
    return () => clearInterval(timer)
  }, [asked, open, everyMs])
}
