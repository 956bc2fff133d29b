import { Button } from '@mantine/core'
import { useMemo, useState } from 'react'
import type { MemberView, TrustView } from '../../../shared/trust-views.ts'
import { plural } from '../../format.ts'
import { hrefOf } from '../../route.ts'
import { useNow } from '../../state/clock.ts'
import { memberName, maySteer } from '../../state/trust-words.ts'
import { useInfo } from '../../state/use-info.ts'
import { formatExact, formatUntil } from '../../format.ts'
import { DataTable, type Column } from '../DataTable.tsx'
import { NamedPeer } from '../PeerName.tsx'
import { rolesWords, StandingWord } from '../Standing.tsx'
import { AdmitDialog } from './AdmitDialog.tsx'
import { RevokeDialog } from './RevokeDialog.tsx'

const idOf = (member: MemberView): string => member.peer
const isAged = (member: MemberView): boolean => member.standing === 'revoked'

/** Those the trust records speak of, and what may be changed about them. */
export function MembersPanel({ trust }: { readonly trust: TrustView }) {
  const [changing, setChanging] = useState<MemberView | null>(null)
  const [revoking, setRevoking] = useState<MemberView | null>(null)
  const may = maySteer(trust)
  const columns = useMemo(() => columnsOf(may, setChanging, setRevoking), [may])
  return (
    <section aria-label="Members" className="stack">
      <h2>
        Members <span className="dim">{plural(trust.members.length, 'key')}</span>
      </h2>
      <DataTable label="Members of the swarm" columns={columns} items={trust.members} idOf={idOf} isAged={isAged} />
      {changing === null ? null : (
        <AdmitDialog
          candidate={{
            peer: changing.peer,
            name: memberName(changing),
            fingerprint: changing.fingerprint,
            roles: changing.roles,
            asks: changing.standing === 'revoked',
            member: changing,
          }}
          trust={trust}
          onClose={() => setChanging(null)}
        />
      )}
      {revoking === null ? null : <RevokeDialog member={revoking} trust={trust} onClose={() => setRevoking(null)} />}
    </section>
  )
}

function Ends({ member }: { readonly member: MemberView }) {
  const nowMs = useNow()
  if (member.expiresAtMs === null) return <span className="dim">does not end</span>
  return <span title={formatExact(member.expiresAtMs)}>{formatUntil(member.expiresAtMs, nowMs)}</span>
}

function Acts({ member, may, onChange, onRevoke }: ActsProps) {
  const info = useInfo()
  const name = memberName(member)
  if (!may || member.peer === info?.peer) return null
  return (
    <span className="row-acts">
      <Button
        size="compact-xs"
        variant="default"
        aria-label={member.standing === 'revoked' ? `Admit again ${name}…` : `Roles of ${name}…`}
        onClick={onChange}
      >
        {member.standing === 'revoked' ? 'Admit again…' : 'Roles…'}
      </Button>
      {member.standing === 'revoked' ? null : (
        <Button
          size="compact-xs"
          variant="subtle"
          color="red"
          className="danger"
          aria-label={`Revoke ${name}…`}
          onClick={onRevoke}
        >
          Revoke…
        </Button>
      )}
    </span>
  )
}

interface ActsProps {
  readonly member: MemberView
  readonly may: boolean
  readonly onChange: () => void
  readonly onRevoke: () => void
}

function columnsOf(
  may: boolean,
  change: (member: MemberView) => void,
  revoke: (member: MemberView) => void,
): readonly Column<MemberView>[] {
  return [
    {
      key: 'name',
      label: 'Name',
      widthRem: 12,
      cell: (member) => (
        <NamedPeer peer={member.peer}>
          <a
            className="clip"
            dir="auto"
            data-nav-item
            href={hrefOf({ page: 'robot', peer: member.peer, tab: 'health' })}
            title={member.peer}
          >
            {memberName(member)}
          </a>
        </NamedPeer>
      ),
    },
    {
      key: 'standing',
      label: 'Standing',
      widthRem: 7,
      cell: (member) => <StandingWord standing={member.standing} reason={member.reason} />,
    },
    { key: 'roles', label: 'Roles', widthRem: 9, cell: (member) => rolesWords(member.roles) },
    {
      key: 'fingerprint',
      label: 'Fingerprint',
      widthRem: 12,
      minor: true,
      cell: (member) => <span className="mono">{member.fingerprint}</span>,
    },
    {
      key: 'reason',
      label: 'Why',
      widthRem: 18,
      minor: true,
      cell: (member) =>
        member.recordId === null ? (
          <span title={member.reason}>{member.reason}</span>
        ) : (
          <a
            className="quiet"
            href={hrefOf({ page: 'records', bucket: 'trust', record: member.recordId })}
            title={member.reason}
          >
            {member.reason}
          </a>
        ),
    },
    { key: 'ends', label: 'Ends', widthRem: 6, minor: true, cell: (member) => <Ends member={member} /> },
    {
      key: 'acts',
      label: '',
      widthRem: 12,
      right: true,
      cell: (member) => (
        <Acts member={member} may={may} onChange={() => change(member)} onRevoke={() => revoke(member)} />
      ),
    },
  ]
}
