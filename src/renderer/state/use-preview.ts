import { useEffect, useMemo } from 'react'
import { useStore } from 'zustand'
import type { Cid } from '../../shared/ids.ts'
import type { LogPreview } from '../../shared/log-views.ts'
import type { ShareView } from '../../shared/views.ts'
import type { Bridge } from '../bridge/bridge.ts'
import { createAsyncStore, type Async } from './async-store.ts'
import { useStores } from './context.ts'

export type PreviewState = Async<LogPreview> & { readonly load: () => void }

/** One look into a file: asked for, asked anew, and let go with what is being read for it. */
function createPreview(bridge: Bridge, cid: Cid) {
  let run = new AbortController()
  const asked = createAsyncStore(() => bridge.api.files.preview({ cid }, { signal: run.signal }))
  return {
    store: asked.store,
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
}

/**
 * A look into a file: at once where it is here or somebody who holds it is heard; else when it is asked for. Goes with
 * the panel.
 */
export function usePreview(share: ShareView): PreviewState {
  const { bridge } = useStores()
  const { cid, local } = share
  const preview = useMemo(() => createPreview(bridge, cid), [bridge, cid])
  const reachable = local || share.copies.some((copy) => copy.alive)
  useEffect(() => preview.stop, [preview])
  useEffect(() => {
    const { phase } = preview.store.getState()
    if (reachable && phase === 'idle') preview.load()
  }, [preview, reachable])
  const state = useStore(preview.store)
  return { ...state, load: preview.load }
}
