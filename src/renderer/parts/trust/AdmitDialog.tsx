import { Checkbox } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useState } from 'react'
import type { PeerId } from '../../../shared/ids.ts'
import type { MemberView, TrustRole, TrustView } from '../../../shared/trust-views.ts'
import { useStores } from '../../state/context.ts'
import { othersMustSign, roleWords } from '../../state/trust-words.ts'
import { useAct } from '../../state/use-act.ts'
import { Dialog } from '../Dialog.tsx'
import { DialogFoot } from '../DialogFoot.tsx'
import { Fingerprint } from '../Fingerprint.tsx'
import { ProblemNote } from '../Problem.tsx'
import { DropGrants } from './DropGrants.tsx'
import { tellLost } from './tell-lost.ts'

/** Whom the dialog is about: one that asks, or a member whose roles change. */
export interface Candidate {
  readonly peer: PeerId
  readonly name: string
  readonly fingerprint: string
  readonly roles: readonly TrustRole[]
  readonly asks: boolean
  readonly member?: MemberView
}

interface AdmitDialogProps {
  readonly candidate: Candidate
  readonly trust: TrustView
  readonly onClose: () => void
}

/** Compare the fingerprint, choose the roles, admit. */
export function AdmitDialog({ candidate, trust, onClose }: AdmitDialogProps) {
  const { bridge } = useStores()
  const { peer, name, fingerprint, asks, member } = candidate
  const [roles, setRoles] = useState<readonly TrustRole[]>(candidate.roles)
  const [dropGrants, setDropGrants] = useState(false)
  const { busy, problem, run } = useAct()
  const proposal = othersMustSign(trust, roles, member)
  const demoted = member?.standing === 'member' && member.roles.includes('operator') && !roles.includes('operator')
  const admit = (): void =>
    run(async () => {
      const after = await bridge.api.trust.admit({ peer, roles: [...roles], dropGrants: demoted && dropGrants })
      const done = after.members.some((one) => one.peer === peer && roles.every((role) => one.roles.includes(role)))
      notifications.show({
        title: done ? `${name} is admitted` : `${name} is proposed`,
        message: done
          ? `As ${roles.join(', ')}. The swarm hears of it now.`
          : 'Others must sign as well; it stands under Settings, Trust.',
        color: done ? 'green' : 'yellow',
      })
      tellLost(after)
      onClose()
    })
  return (
    <Dialog title={asks ? `Admit ${name}?` : `Roles of ${name}`} opened onClose={onClose}>
      <div>
        <p className="dim">Fingerprint of {name}</p>
        <Fingerprint text={fingerprint} label={`fingerprint of ${name}`} large />
        <p className="dim">
          Compare it with what the machine itself shows: <code className="mono">dt-swarm trust</code> on it, or its own
          Settings page. Only the key is proof; anybody can take a name.
        </p>
      </div>
      <Checkbox.Group
        label="What it may do"
        value={[...roles]}
        onChange={(value: string[]) =>
          setRoles(roleWords.map((role) => role.value).filter((role) => value.includes(role)))
        }
      >
        <div className="choices">
          {roleWords.map(({ value, label, about }) => (
            <Checkbox key={value} value={value} label={label} description={about} />
          ))}
        </div>
      </Checkbox.Group>
      {demoted ? <DropGrants peer={peer} name={name} checked={dropGrants} onChange={setDropGrants} /> : null}
      {proposal === null ? null : <p className="dim">{proposal}</p>}
      <ProblemNote problem={problem} />
      <DialogFoot
        no="Not now"
        onNo={onClose}
        yes={proposal === null ? (asks ? 'Admit' : 'Change roles') : 'Propose'}
        onYes={admit}
        busy={busy}
        disabled={roles.length === 0}
      />
    </Dialog>
  )
}
