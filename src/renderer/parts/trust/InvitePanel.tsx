import { Button, NumberInput, Select } from '@mantine/core'
import { useState } from 'react'
import { useStore } from 'zustand'
import { trustRoleSchema, type InviteView, type TrustView } from '../../../shared/trust-views.ts'
import { formatExact, formatUntil, plural } from '../../format.ts'
import { useNow } from '../../state/clock.ts'
import { useStores } from '../../state/context.ts'
import { useAsked } from '../../state/use-asked.ts'
import { maySteer, roleWords } from '../../state/trust-words.ts'
import { useAct } from '../../state/use-act.ts'
import { CopyWord } from '../Copy.tsx'
import { ProblemNote } from '../Problem.tsx'
import { sayFailed } from '../SharedDrop.tsx'
import { Failed } from '../States.tsx'
import { InviteDialog } from './InviteDialog.tsx'

const asks = 'none'
const roleChoices = [
  ...roleWords.map(({ value, about }) => ({ value: value as string, label: `${value}: ${about}` })),
  { value: asks, label: 'no role: it only asks, and an operator decides' },
]

const times = [
  { value: '3600000', label: '1 hour' },
  { value: '86400000', label: '24 hours' },
  { value: '604800000', label: '7 days' },
  { value: '2592000000', label: '30 days' },
]

/** Makes invites, and lists those that can still be used. */
export function InvitePanel({ trust }: { readonly trust: TrustView }) {
  const { bridge, invites } = useStores()
  const state = useStore(invites.store)
  const [role, setRole] = useState('robot')
  const [uses, setUses] = useState(1)
  const [validForMs, setValidForMs] = useState('86400000')
  const [shown, setShown] = useState<InviteView | null>(null)
  const { busy, problem, run } = useAct()
  const may = maySteer(trust)
  useAsked(invites)
  const make = (): void =>
    run(async () => {
      const granted = trustRoleSchema.safeParse(role)
      const made = await bridge.api.trust.invite({
        ...(granted.success ? { role: granted.data } : {}),
        uses,
        validForMs: Number(validForMs),
      })
      setShown(made)
      await invites.load()
    })
  return (
    <section className="panel" aria-label="Invite">
      <h2>Invite</h2>
      <p className="dim">
        A link, also as a QR code, with which a machine finds this swarm and knows that it is the right one. With a role
        in it, this peer admits who comes with it, as long as it runs.
      </p>
      {may ? null : <p className="dim">This peer is neither operator nor root key: its invites only let others ask.</p>}
      <div className="form">
        <Select
          label="Role"
          data={may ? roleChoices : roleChoices.filter((choice) => choice.value === asks)}
          allowDeselect={false}
          value={may ? role : asks}
          onChange={(value) => setRole(value ?? asks)}
        />
        <div className="inline">
          <NumberInput
            label="Uses"
            min={1}
            max={1_000}
            w="7rem"
            value={uses}
            onChange={(value) => setUses(typeof value === 'number' ? value : 1)}
          />
          <Select
            label="Valid for"
            data={times}
            allowDeselect={false}
            w="9rem"
            value={validForMs}
            onChange={(value) => setValidForMs(value ?? '86400000')}
          />
        </div>
        <ProblemNote problem={problem} />
        <div className="form-foot">
          <Button size="xs" color="duck" loading={busy} onClick={make}>
            Make an invite
          </Button>
        </div>
      </div>
      <h3 className="panel-sub">Open invites</h3>
      {state.phase === 'failed' ? (
        <Failed title="The invites could not be read" problem={state.problem} onRetry={() => void invites.load()} />
      ) : null}
      {state.phase === 'ready' && state.value.length === 0 ? (
        <p className="dim">None. Those made here that can still be used are listed here, and can be withdrawn.</p>
      ) : null}
      {state.phase === 'ready' ? (
        <ul className="rows">
          {state.value.map((invite) => (
            <OpenInvite key={invite.id} invite={invite} onShow={() => setShown(invite)} />
          ))}
        </ul>
      ) : null}
      {shown === null ? null : <InviteDialog invite={shown} trust={trust} onClose={() => setShown(null)} />}
    </section>
  )
}

function OpenInvite({ invite, onShow }: { readonly invite: InviteView; readonly onShow: () => void }) {
  const { bridge, invites } = useStores()
  const nowMs = useNow()
  const what = invite.role === null ? 'to ask' : `as ${invite.role}`
  const withdraw = (): void => {
    bridge.api.trust
      .withdrawInvite({ id: invite.id })
      .then(() => invites.load())
      .catch(sayFailed('The invite was not withdrawn'))
  }
  return (
    <li className="row" aria-label={`Invite ${what}`}>
      <div className="row-text">
        {what}, {plural(invite.usesLeft, 'use')} left
        <div className="dim" title={formatExact(invite.expiresAtMs)}>
          ends {formatUntil(invite.expiresAtMs, nowMs)}
          {invite.private ? ' · carries the network key' : ''}
        </div>
      </div>
      <div className="row-acts">
        <CopyWord text={invite.link} label="Copy link" />
        <Button size="xs" variant="default" onClick={onShow}>
          Show
        </Button>
        <Button size="xs" variant="subtle" color="red" className="danger" onClick={withdraw}>
          Withdraw
        </Button>
      </div>
    </li>
  )
}
