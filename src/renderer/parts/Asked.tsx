import type { ReactNode } from 'react'
import { useStore } from 'zustand'
import type { AsyncStore } from '../state/async-store.ts'
import { useAsked } from '../state/use-asked.ts'
import { Age } from './Age.tsx'
import { Failed, Loading } from './States.tsx'

interface AskedProps<Value> {
  readonly of: AsyncStore<Value>
  /** Asked again so often while it is looked at; absent: once, and each time that the line is back. */
  readonly everyMs?: number
  /** What is said where it cannot be read. */
  readonly failed: string
  /** What is said while it is read for the first time. */
  readonly loading: string
  /** About as many lines as it will have. */
  readonly rows?: number
  readonly children: (value: Value) => ReactNode
}

/** Asks for a value and draws it once it is there: until then its outline, and where it cannot be read, why. */
export function Asked<Value>({ of, everyMs, failed, loading, rows, children }: AskedProps<Value>) {
  const state = useStore(of.store)
  useAsked(of, everyMs)
  if (state.phase === 'failed') {
    return <Failed title={failed} problem={state.problem} onRetry={() => void of.load()} />
  }
  if (state.phase !== 'ready') return <Loading label={loading} {...(rows === undefined ? {} : { rows })} />
  return (
    <>
      {state.failing === null ? null : (
        <p className="level-look">
          <output>{state.failing.message}</output> This is as it was <Age atMs={state.atMs} />.
        </p>
      )}
      {children(state.value)}
    </>
  )
}
