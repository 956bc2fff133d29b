import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import type { DraftState } from '../state/use-settings-draft.ts'
import { ProblemNote } from './Problem.tsx'

interface DraftFormProps {
  /** Its name for those who cannot see where it stands. */
  readonly label: string
  readonly title: string
  readonly form: DraftState
  /** What is said once it is saved. Default: that it is. */
  readonly savedWords?: ReactNode
  /** What is said while something waits to be saved. */
  readonly unsavedWords?: string
  readonly children: ReactNode
}

/** A panel of settings that are in force once they are saved. */
export function DraftForm({ label, title, form, savedWords, unsavedWords, children }: DraftFormProps) {
  const { fine, dirty, busy, problem, saved, save, undo } = form
  return (
    <form
      className="panel"
      aria-label={label}
      onSubmit={(event) => {
        event.preventDefault()
        if (dirty && fine) save()
      }}
    >
      <h2>{title}</h2>
      <div className="form">
        {children}
        <ProblemNote problem={problem} />
        <div className="form-foot">
          <Button type="submit" size="xs" disabled={!dirty || !fine} loading={busy}>
            Save
          </Button>
          {dirty ? (
            <Button size="xs" variant="default" disabled={busy} onClick={undo}>
              Undo changes
            </Button>
          ) : null}
          <output>
            {saved === null ? null : (savedWords ?? <span className="level-ok">✓ Saved</span>)}
            {dirty && saved === null ? <span className="dim">{unsavedWords ?? 'not saved yet'}</span> : null}
          </output>
        </div>
      </div>
    </form>
  )
}
