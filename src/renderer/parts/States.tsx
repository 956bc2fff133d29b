import { Button, Skeleton } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Problem } from '../bridge/problem.ts'
import { CopyWord } from './Copy.tsx'

interface EmptyProps {
  readonly title: string
  readonly children: ReactNode
  readonly picture?: ReactNode
  readonly actions?: ReactNode
}

/** An empty page: what will appear here, and how to make it. */
export function Empty({ title, children, picture, actions }: EmptyProps) {
  return (
    <section className="state">
      {picture}
      <h2>{title}</h2>
      <div className="dim">{children}</div>
      {actions === undefined ? null : <div className="state-actions">{actions}</div>}
    </section>
  )
}

interface FailedProps {
  readonly title: string
  readonly problem: Problem
  readonly onRetry: () => void
}

/** A failure: the thing, its cause, and what can be done. */
export function Failed({ title, problem, onRetry }: FailedProps) {
  return (
    <section className="state" role="alert">
      <h2 className="level-act">{title}</h2>
      <p>{problem.message}</p>
      <p className="dim mono">{problem.code}</p>
      <div className="state-actions">
        <Button size="xs" onClick={onRetry}>
          Try again
        </Button>
        <CopyWord label="Copy details" text={`${title}\n${problem.code}: ${problem.message}`} />
      </div>
    </section>
  )
}

/** The outline of what is being loaded. */
export function Loading({ label, rows = 6, heightRem = 2.4 }: { label: string; rows?: number; heightRem?: number }) {
  return (
    <section className="loading" aria-busy aria-label={label}>
      {Array.from({ length: rows }, (_, i) => (
        <Skeleton key={i} height={`${heightRem}rem`} radius="md" />
      ))}
    </section>
  )
}
