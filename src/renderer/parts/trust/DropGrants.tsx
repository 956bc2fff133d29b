import { Checkbox } from '@mantine/core'
import { useState } from 'react'
import { useStore } from 'zustand'
import type { PeerId } from '../../../shared/ids.ts'
import type { RestingView } from '../../../shared/trust-views.ts'
import { plural } from '../../format.ts'
import { createAsyncStore } from '../../state/async-store.ts'
import { useStores } from '../../state/context.ts'
import { useAsked } from '../../state/use-asked.ts'
import { memberName } from '../../state/trust-words.ts'
import { ScrollBox } from '../preview/ScrollBox.tsx'
import { rolesWords } from '../Standing.tsx'
import { Failed, Loading } from '../States.tsx'

interface DropGrantsProps {
  readonly peer: PeerId
  readonly name: string
  readonly checked: boolean
  readonly onChange: (checked: boolean) => void
}

/** What becomes of whom a key has admitted, when the key itself loses its weight: kept, unless a person lets it go. */
export function DropGrants({ peer, name, checked, onChange }: DropGrantsProps) {
  const { bridge } = useStores()
  const [resting] = useState(() => createAsyncStore(() => bridge.api.trust.resting({ peer })))
  const state = useStore(resting.store)
  useAsked(resting)
  if (state.phase === 'idle' || state.phase === 'loading') {
    return <Loading label={`Looking for what hangs on the key of ${name}`} rows={2} />
  }
  if (state.phase === 'failed') {
    return (
      <Failed
        title={`What hangs on the key of ${name} could not be read; it is kept`}
        problem={state.problem}
        onRetry={() => void resting.load()}
      />
    )
  }
  const grants = state.value.words.filter((word) => !word.revokes)
  // Grants come first: those that are not listed are grants only where the list is full of them.
  const more = state.value.total - state.value.words.length
  const revocations = state.value.words.length - grants.length
  if (state.value.total === 0) return null
  return (
    <section className="dialog-part" aria-label={`What hangs on the key of ${name}`}>
      {grants.length === 0 ? null : (
        <>
          <Checkbox
            label="Also drop what this key granted"
            description={
              checked
                ? `${count(grants.length, more)} ${name} alone has admitted become strangers, until somebody admits them again.`
                : `${count(grants.length, more)} ${name} alone has admitted stay: you sign for them in its place.`
            }
            checked={checked}
            onChange={(event) => onChange(event.currentTarget.checked)}
          />
          <ScrollBox label={checked ? 'Dropped with it' : 'Kept'} className="resting">
            <ul>
              {grants.map((word) => (
                <Grant key={word.recordId} word={word} />
              ))}
              {more > 0 ? <li className="dim">and {more} more</li> : null}
            </ul>
          </ScrollBox>
        </>
      )}
      {revocations === 0 ? null : (
        <p className="dim">
          {plural(revocations, 'revocation')} that it signed {revocations === 1 ? 'stays' : 'stay'} in force, signed by
          you.
        </p>
      )}
    </section>
  )
}

function Grant({ word }: { readonly word: RestingView['words'][number] }) {
  return (
    <li>
      <span dir="auto">{memberName(word)}</span>{' '}
      <span className="dim">{word.roles.length === 0 ? 'no role' : rolesWords(word.roles)}</span>
    </li>
  )
}

function count(listed: number, more: number): string {
  return more > 0 ? `The ${listed} and more whom` : listed === 1 ? 'The one whom' : `The ${listed} whom`
}
