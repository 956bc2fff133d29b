import type { ReactNode } from 'react'
import { useStore } from 'zustand'
import { useStores } from '../state/context.ts'
import { Simulated } from './KindIcon.tsx'

interface NamedProps {
  /** One element that shrinks where room is short, and chips, which never do. */
  readonly children: ReactNode
  readonly simulated: boolean
  readonly self?: boolean
}

/** A name and what must always be said beside it: the name gives way, the chips never do. */
export function Named({ children, simulated, self = false }: NamedProps) {
  return (
    <span className="named">
      {children}
      {simulated ? <Simulated /> : null}
      {self ? <span className="chip">this peer</span> : null}
    </span>
  )
}

/** As `Named`, for a peer of which only the id is at hand. */
export function NamedPeer({ peer, children }: { readonly peer: string; readonly children: ReactNode }) {
  const { fleet } = useStores()
  const simulated = useStore(
    fleet.store,
    (state) => state.phase === 'ready' && state.items.get(peer)?.simulated === true,
  )
  return <Named simulated={simulated}>{children}</Named>
}
