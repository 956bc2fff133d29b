import { useEffect, useMemo } from 'react'
import { useStore } from 'zustand'
import type { RecordId } from '../../../shared/ids.ts'
import { createAsyncStore } from '../../state/async-store.ts'
import { useStores } from '../../state/context.ts'
import { CopyIcon } from '../Copy.tsx'
import { Failed, Loading } from '../States.tsx'
import { SidePanel } from '../SidePanel.tsx'
import { RecordKey } from './RecordKey.tsx'
import { RecordPanel } from './RecordPanel.tsx'

interface ChosenRecordProps {
  readonly id: RecordId
  /** When the list beside it was last read: the record is read anew along with it. */
  readonly changedAtMs: number
  readonly onClose: () => void
  readonly onChanged: () => void
}

/** The record of the address, in whatever bucket, beside the list. */
export function ChosenRecord({ id, changedAtMs, onClose, onChanged }: ChosenRecordProps) {
  const { bridge } = useStores()
  const asked = useMemo(() => createAsyncStore(() => bridge.api.records.get({ id })), [bridge, id])
  useEffect(() => void asked.load(), [asked, changedAtMs])
  const state = useStore(asked.store)
  const title =
    state.phase === 'ready' ? (
      <span title={state.value.key}>
        <RecordKey text={state.value.key} />
      </span>
    ) : (
      'Record'
    )
  return (
    <SidePanel label="Record" title={title} onClose={onClose}>
      {state.phase === 'ready' ? (
        <RecordPanel
          record={state.value}
          onChanged={(record) => {
            asked.set(record)
            onChanged()
          }}
        />
      ) : null}
      {state.phase === 'ready' && state.failing !== null ? (
        <output className="dim">It could not be read anew: {state.failing.message}</output>
      ) : null}
      {state.phase === 'failed' && state.problem.code === 'NOT_FOUND' ? (
        <section className="state">
          <h2>This peer does not hold that record</h2>
          <p className="dim">It may have ended and been swept, been dismissed, or not come here yet.</p>
          <p className="dim mono">
            {id} <CopyIcon text={id} label="Copy record id" />
          </p>
        </section>
      ) : null}
      {state.phase === 'failed' && state.problem.code !== 'NOT_FOUND' ? (
        <Failed title="The record could not be read" problem={state.problem} onRetry={() => void asked.load()} />
      ) : null}
      {state.phase === 'idle' || state.phase === 'loading' ? <Loading label="Loading the record" rows={6} /> : null}
    </SidePanel>
  )
}
