import { Button } from '@mantine/core'
import { useState } from 'react'
import type { ProposalView, TrustView } from '../../../shared/trust-views.ts'
import { hrefOf } from '../../route.ts'
import { useStores } from '../../state/context.ts'
import { useAct } from '../../state/use-act.ts'
import { Age } from '../Age.tsx'
import { Dialog } from '../Dialog.tsx'
import { ProblemNote } from '../Problem.tsx'
import { Signers } from '../Signers.tsx'

/** Changes of trust that lack signatures. */
export function ProposalsPanel({ trust }: { readonly trust: TrustView }) {
  const [chosen, setChosen] = useState<ProposalView | null>(null)
  if (trust.proposals.length === 0) return null
  return (
    <section className="panel" aria-label="Waiting for signatures">
      <h2>Waiting for signatures</h2>
      <ul className="rows">
        {trust.proposals.map((proposal) => (
          <li key={proposal.recordId} className="row" aria-label={proposal.what}>
            <div className="row-text">
              <strong>{proposal.what}</strong>
              <div className="dim">
                {proposal.missing} · proposed <Age atMs={proposal.proposedAtMs} /> ·{' '}
                <a href={hrefOf({ page: 'records', bucket: 'trust', record: proposal.recordId })}>its record</a>
              </div>
              <Signers signers={proposal.signers} />
            </div>
            <div className="row-acts">
              {proposal.mine ? (
                <Button size="compact-sm" onClick={() => setChosen(proposal)}>
                  Sign or dismiss…
                </Button>
              ) : (
                <span className="dim">not yours to sign</span>
              )}
            </div>
          </li>
        ))}
      </ul>
      {chosen === null ? null : <SignDialog proposal={chosen} onClose={() => setChosen(null)} />}
    </section>
  )
}

function SignDialog({ proposal, onClose }: { readonly proposal: ProposalView; readonly onClose: () => void }) {
  const { bridge } = useStores()
  const { busy, problem, run } = useAct()
  const attest = (verdict: 'endorse' | 'dismiss'): void =>
    run(async () => {
      await bridge.api.records.attest({ id: proposal.recordId, verdict })
      onClose()
    })
  return (
    <Dialog title="Sign this change of trust?" opened onClose={onClose}>
      <p>
        <strong>{proposal.what}</strong>
      </p>
      <p className="dim">
        {proposal.missing}. Your signature is final and everybody sees it. Once enough have signed, every machine of the
        swarm follows.
      </p>
      <Signers signers={proposal.signers} />
      <ProblemNote problem={problem} />
      <div className="dialog-foot">
        <Button variant="default" onClick={onClose}>
          Not now
        </Button>
        <Button variant="outline" color="red" className="danger" loading={busy} onClick={() => attest('dismiss')}>
          Dismiss
        </Button>
        <Button loading={busy} onClick={() => attest('endorse')}>
          Sign
        </Button>
      </div>
    </Dialog>
  )
}
