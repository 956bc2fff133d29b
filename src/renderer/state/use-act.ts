import { useCallback, useRef, useState } from 'react'
import { problemOf, type Problem } from '../bridge/problem.ts'

export interface Act {
  readonly busy: boolean
  /** Why the last one failed; null once another is tried. */
  readonly problem: Problem | null
  /** Does one thing at a time; a second call while one runs does nothing. */
  readonly run: (work: () => Promise<unknown>) => void
}

/** A deed of a person in a dialog: its failure is said there, where it can be tried again. */
export function useAct(): Act {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem | null>(null)
  const running = useRef(false)
  const run = useCallback((work: () => Promise<unknown>): void => {
    if (running.current) return
    running.current = true
    setBusy(true)
    setProblem(null)
    work()
      .catch((error: unknown) => setProblem(problemOf(error)))
      .finally(() => {
        running.current = false
        setBusy(false)
      })
  }, [])
  return { busy, problem, run }
}
