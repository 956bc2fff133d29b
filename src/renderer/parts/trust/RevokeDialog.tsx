import { TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useState } from 'react'
import type { MemberView, TrustView } from '../../../shared/trust-views.ts'
import { useStores } from '../../state/context.ts'
import { memberName, othersMustSign } from '../../state/trust-words.ts'
import { useAct } from '../../state/use-act.ts'
import { Dialog } from '../Dialog.tsx'
import { DialogFoot } from '../DialogFoot.tsx'
import { ProblemNote } from '../Problem.tsx'
import { DropGrants } from './DropGrants.tsx'
import { tellLost } from './tell-lost.ts'

interface RevokeDialogProps {
  readonly member: Pick<MemberView, 'peer' | 'name' | 'standing' | 'roles'>
  readonly trust: TrustView
  readonly onClose: () => void
}

/** Says what a revocation does, and wants the name typed. */
export function RevokeDialog({ member, trust, onClose }: RevokeDialogProps) {
  const { bridge } = useStores()
  const name = memberName(member)
  const [typed, setTyped] = useState('')
  const [note, setNote] = useState('')
  const [dropGrants, setDropGrants] = useState(false)
  const { busy, problem, run } = useAct()
  const known = trust.members.find((one) => one.peer === member.peer)
  const proposal = othersMustSign(trust, [], known)
  const revoke = (): void =>
    run(async () => {
      const trimmed = note.trim()
      const after = await bridge.api.trust.revoke({
        peer: member.peer,
        dropGrants,
        ...(trimmed === '' ? {} : { note: trimmed }),
      })
      const done = after.members.some((one) => one.peer === member.peer && one.standing === 'revoked')
      notifications.show({
        title: done ? `${name} is revoked` : `Revoking ${name} is proposed`,
        message: done
          ? 'Nothing that it signed counts any more. The swarm hears of it now.'
          : 'Others must sign as well; it stands under Settings, Trust.',
        color: done ? 'green' : 'yellow',
      })
      tellLost(after)
      onClose()
    })
  return (
    <Dialog title={`Revoke ${name}?`} opened onClose={onClose}>
      <p>
        Nothing that the key of {name} signed counts any more, whatever its date: its records, files and approvals
        vanish from every machine of the swarm, and what it signs from now on is refused.{' '}
        {known?.standing === 'root'
          ? 'It is a root key: the root keys without it are proposed along with this.'
          : 'An operator can admit it again later.'}
      </p>
      {proposal === null ? null : <p className="dim">{proposal}</p>}
      <DropGrants peer={member.peer} name={name} checked={dropGrants} onChange={setDropGrants} />
      <TextInput
        label="Why (everybody can read it)"
        placeholder="lost, sold, misbehaves"
        maxLength={200}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
      <TextInput
        label={`Type ${name} to confirm`}
        value={typed}
        autoComplete="off"
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
      <ProblemNote problem={problem} />
      <DialogFoot
        no="Keep it"
        onNo={onClose}
        yes={proposal === null ? `Revoke ${name}` : `Propose to revoke ${name}`}
        onYes={revoke}
        busy={busy}
        disabled={typed.trim() !== name}
        danger
      />
    </Dialog>
  )
}
