import { Button } from '@mantine/core'
import { useState } from 'react'
import type { AskView, TrustView } from '../../../shared/trust-views.ts'
import { maySteer } from '../../state/trust-words.ts'
import { Age } from '../Age.tsx'
import { Simulated } from '../KindIcon.tsx'
import { AdmitDialog, type Candidate } from './AdmitDialog.tsx'
import { RevokeDialog } from './RevokeDialog.tsx'

export function candidateOf(ask: AskView): Candidate {
  return { peer: ask.peer, name: ask.name, fingerprint: ask.fingerprint, roles: [ask.role], asks: true }
}

/** Peers that want to be admitted. */
export function AsksPanel({ trust }: { readonly trust: TrustView }) {
  const [chosen, setChosen] = useState<AskView | null>(null)
  const [refused, setRefused] = useState<AskView | null>(null)
  const may = maySteer(trust)
  return (
    <section className="panel" aria-label="Asking to be admitted">
      <h2>Asking to be admitted</h2>
      {trust.asks.length === 0 ? (
        <p className="dim">
          Nobody asks. A machine that joins with an invite without a role, or whose invite is used up, appears here.
        </p>
      ) : null}
      <ul className="rows">
        {trust.asks.map((ask) => (
          <li key={ask.peer} className="row" aria-label={ask.name}>
            <div className="row-text">
              <strong dir="auto">{ask.name}</strong> wants to join as {ask.role} {ask.simulated ? <Simulated /> : null}
              <div className="dim">
                <span className="mono">{ask.fingerprint}</span> · asked <Age atMs={ask.askedAtMs} />
                {ask.invite === null ? '' : ' · with an invite that was made here'}
              </div>
            </div>
            <div className="row-acts">
              <Button
                size="compact-sm"
                variant="subtle"
                color="red"
                className="danger"
                disabled={!may}
                aria-label={`Revoke ${ask.name}…`}
                onClick={() => setRefused(ask)}
              >
                Revoke…
              </Button>
              <Button
                size="compact-sm"
                disabled={!may}
                title={may ? undefined : 'Only operators and root keys admit'}
                aria-label={`Admit ${ask.name}…`}
                onClick={() => setChosen(ask)}
              >
                Admit…
              </Button>
            </div>
          </li>
        ))}
      </ul>
      {chosen === null ? null : (
        <AdmitDialog candidate={candidateOf(chosen)} trust={trust} onClose={() => setChosen(null)} />
      )}
      {refused === null ? null : (
        <RevokeDialog
          member={{ ...refused, standing: 'stranger', roles: [] }}
          trust={trust}
          onClose={() => setRefused(null)}
        />
      )}
    </section>
  )
}
