import { Checkbox } from '@mantine/core'
import { useState } from 'react'
import type { PeerId } from '../../../shared/ids.ts'
import type { RestingView } from '../../../shared/trust-views.ts'
import { plural } from '../../format.ts'
import { createAsyncStore } from '../../state/async-store.ts'
import { useStores } from '../../state/context.ts'
import { memberName } from '../../state/trust-words.ts'
import { Asked } from '../Asked.tsx'
import { ScrollBox } from '../preview/ScrollBox.tsx'
import { rolesWords } from '../Standing.tsx'

interface DropGrantsProps {
  readonly peer: PeerId
  readonly name: string
  readonly checked: boolean
  readonly onChange: (checked: boolean) => void
}

/** What becomes of whom a key has admitted, when the key itself loses its weight: kept, unless a person lets it go. */
export function DropGrants(props: DropGrantsProps) {
  const { peer, name } = props
  const { bridge } = useStores()
  const [resting] = useState(() => createAsyncStore(() => bridge.api.trust.resting({ peer })))
  return (
    <Asked
      of={resting}
      failed={`What hangs on the key of ${name} could not be read; it is kept`}
      loading={`Looking for what hangs on the key of ${name}`}
      rows={2}
    >
      {(found) => <Grants {...props} found={found} />}
    </Asked>
  )
}

function Grants({ name, checked, onChange, found }: DropGrantsProps & { readonly found: RestingView }) {
  const grants = found.words.filter((word) => !word.revokes)
  // Grants come first: those that are not listed are grants only where the list is full of them.
  const more = found.total - found.words.length
  const revocations = found.words.length - grants.length
  if (found.total === 0) return null
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
