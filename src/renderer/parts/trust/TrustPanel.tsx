import type { TrustView } from '../../../shared/trust-views.ts'
import { Warnings } from '../Warnings.tsx'
import { rolesWords, StandingWord } from '../Standing.tsx'
import { AsksPanel } from './AsksPanel.tsx'
import { MembersPanel } from './MembersPanel.tsx'
import { PoliciesPanel } from './PoliciesPanel.tsx'
import { ProposalsPanel } from './ProposalsPanel.tsx'
import { RootPanel } from './RootPanel.tsx'

/** Who may say what in this swarm, and how that is changed. */
export function TrustPanel({ trust }: { readonly trust: TrustView }) {
  const { self } = trust
  return (
    <div className="stack">
      <Warnings warnings={trust.problems} />
      <p>
        This peer: <StandingWord standing={self.standing} reason={self.reason} />
        {self.roles.length === 0 ? '' : `, ${rolesWords(self.roles)}`}. <span className="dim">{self.reason}</span>
      </p>
      <div className="columns" style={{ alignItems: 'start' }}>
        <AsksPanel trust={trust} />
        <RootPanel trust={trust} />
      </div>
      <ProposalsPanel trust={trust} />
      <MembersPanel trust={trust} />
      <PoliciesPanel trust={trust} />
    </div>
  )
}
