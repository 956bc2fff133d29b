import { useEffect, useMemo } from 'react'
import { useStore } from 'zustand'
import type { ShareView } from '../../../shared/views.ts'
import { createAsyncStore } from '../../state/async-store.ts'
import { useStores } from '../../state/context.ts'
import { EvidenceList } from '../Why.tsx'

/** The records behind a file. They are as long as all else that is told of it, so the list goes without and the open file asks. */
export function FileEvidence({ share }: { readonly share: ShareView }) {
  const { bridge } = useStores()
  const { cid } = share
  const one = useMemo(() => createAsyncStore(() => bridge.api.files.get({ cid })), [bridge, cid])
  // What is told of it changes with its records.
  useEffect(() => void one.load(), [one, share])
  const asked = useStore(one.store)
  if (asked.phase === 'failed') return <p className="dim">{asked.problem.message}</p>
  return asked.phase === 'ready' ? <EvidenceList evidence={asked.value.evidence} /> : <p className="dim">Asking…</p>
}
