import { createStore, type StoreApi } from 'zustand/vanilla'
import type { InvitePreview } from '../../shared/trust-views.ts'
import type { Bridge } from '../bridge/bridge.ts'
import { problemOf, type Problem } from '../bridge/problem.ts'

/**
 * Changing to another swarm, as this window sees it. `moving`: the peer stops and starts anew, and the line drops
 * meanwhile. It ends with what the peer says of itself afterwards.
 */
export type Joining =
  | { readonly phase: 'no' }
  | { readonly phase: 'moving'; readonly preview: InvitePreview; readonly dropped: boolean }
  | { readonly phase: 'joined'; readonly name: string }
  | { readonly phase: 'failed'; readonly problem: Problem }

export interface JoiningStore {
  readonly store: StoreApi<Joining>
  join(link: string, preview: InvitePreview): Promise<void>
  /** The line broke. */
  dropped(): void
  /** The peer has said in which swarm it is. */
  inSwarm(id: string, name: string): void
  forget(): void
}

export function createJoining(bridge: Bridge): JoiningStore {
  const store = createStore<Joining>(() => ({ phase: 'no' }))
  return {
    store,
    join: async (link, preview) => {
      store.setState({ phase: 'moving', preview, dropped: false }, true)
      try {
        await bridge.api.trust.join({ link })
      } catch (error) {
        // The line may drop before the answer is through: what came of it is known once it is back.
        const state = store.getState()
        if (state.phase !== 'moving' || state.dropped || bridge.connection.getState().phase !== 'open') return
        store.setState({ phase: 'failed', problem: problemOf(error) }, true)
      }
    },
    dropped: () => {
      const state = store.getState()
      if (state.phase === 'moving') store.setState({ ...state, dropped: true }, true)
    },
    inSwarm: (id, name) => {
      const state = store.getState()
      if (state.phase !== 'moving') return
      if (id === state.preview.swarm.id) {
        store.setState({ phase: 'joined', name }, true)
        return
      }
      if (!state.dropped) return
      const message = `${state.preview.swarm.name} was not joined: this peer could not start in it and went back to ${name}. Its log says why.`
      store.setState({ phase: 'failed', problem: { code: 'NOT_JOINED', message } }, true)
    },
    forget: () => store.setState({ phase: 'no' }, true),
  }
}
