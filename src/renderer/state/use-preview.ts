import { useEffect, useMemo } from 'react'
import { useStore } from 'zustand'
import type { LogPreview } from '../../shared/log-views.ts'
import type { ShareView } from '../../shared/views.ts'
import { createAsyncStore, type Async } from './async-store.ts'
import { useStores } from './context.ts'

export type PreviewState = Async<LogPreview> & { readonly load: () => void }

/**
 * A look into a file: at once where it is here or somebody who holds it is heard; else when it is asked for. Goes with
 * the panel, and with it what is being read for it.
 */
export function usePreview(share: ShareView): PreviewState {
  const { bridge } = useStores()
  const { cid, local } = share
  const made = useMemo(() => {
    let run = new AbortController()
    const asked = createAsyncStore(() => bridge.api.files.preview({ cid }, { signal: run.signal }))
    return {
      asked,
      load: () => {
        run.abort()
        run = new AbortController()
        void asked.load()
      },
      stop: () => {
        run.abort()
        asked.reset()
      },
    }
  }, [bridge, cid])
  const reachable = local || share.copies.some((copy) => copy.alive)
  useEffect(() => made.stop, [made])
  useEffect(() => {
    const { phase } = made.asked.store.getState()
    if (reachable && phase !== 'ready' && phase !== 'loading') made.load()
  }, [made, reachable])
  const state = useStore(made.asked.store)
  return { ...state, load: made.load }
}
