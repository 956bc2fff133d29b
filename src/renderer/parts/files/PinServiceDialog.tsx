import { PasswordInput, Radio, TextInput } from '@mantine/core'
import { useState } from 'react'
import { pinServiceNameSchema, type PinServiceView } from '../../../shared/pinning-views.ts'
import { useStores } from '../../state/context.ts'
import { useAct } from '../../state/use-act.ts'
import { Dialog } from '../Dialog.tsx'
import { DialogFoot } from '../DialogFoot.tsx'
import { ProblemNote } from '../Problem.tsx'

interface PinServiceDialogProps {
  /** Absent: a new one. */
  readonly service?: PinServiceView
  readonly onClose: () => void
}

/** Adds or changes a pinning service; it is asked once before it is kept. Its token goes in, and never comes out. */
export function PinServiceDialog({ service, onClose }: PinServiceDialogProps) {
  const { bridge, pinServices } = useStores()
  const [name, setName] = useState(service?.name ?? '')
  const [endpoint, setEndpoint] = useState(service?.endpoint ?? '')
  const [token, setToken] = useState('')
  const [which, setWhich] = useState<'kept' | 'new' | 'none'>(service?.hasToken === true ? 'kept' : 'new')
  const { busy, problem, run } = useAct()
  const wrongName = name !== '' && !pinServiceNameSchema.safeParse(name).success
  // A token never goes to another place than that for which it was given.
  const elsewhere = service?.hasToken === true && endpoint.trim() !== service.endpoint
  const lacking = name === '' || wrongName || endpoint.trim() === '' || (which === 'kept' && elsewhere)
  const save = (): void =>
    run(async () => {
      const given = token.trim()
      await bridge.api.pinning.setService({
        name,
        endpoint: endpoint.trim(),
        ...(which === 'kept' ? {} : { token: which === 'none' || given === '' ? null : given }),
      })
      await pinServices.load()
      onClose()
    })
  return (
    <Dialog title={service === undefined ? 'Add a pinning service' : `Change ${service.name}`} opened onClose={onClose}>
      <form
        className="dialog"
        onSubmit={(event) => {
          event.preventDefault()
          if (!lacking) save()
        }}
      >
        {service === undefined ? (
          <TextInput
            label="Name"
            description="What you call it here"
            placeholder="pinata"
            maxLength={63}
            value={name}
            autoComplete="off"
            error={wrongName ? 'Small letters, digits, dots, dashes; a letter or digit first.' : undefined}
            onChange={(event) => setName(event.currentTarget.value.toLowerCase())}
          />
        ) : null}
        <TextInput
          label="Address"
          description="Of its Pinning Service API, as its documents name it"
          placeholder="https://api.pinata.cloud/psa"
          maxLength={512}
          value={endpoint}
          autoComplete="off"
          onChange={(event) => setEndpoint(event.currentTarget.value)}
        />
        {service?.hasToken === true ? (
          <Radio.Group
            label="Token"
            value={which}
            onChange={(value: string) => setWhich(value === 'new' || value === 'none' ? value : 'kept')}
          >
            <div className="choices">
              <Radio
                value="kept"
                label="The one that it has"
                description={elsewhere ? 'a token goes to no other address than its own' : 'it is never shown'}
                disabled={elsewhere}
              />
              <Radio value="new" label="Another" />
              <Radio value="none" label="None" />
            </div>
          </Radio.Group>
        ) : null}
        {which === 'new' ? (
          <PasswordInput
            label={service?.hasToken === true ? 'New token' : 'Token'}
            description="Kept in a file that only your user may read, sent to this address alone, never shown again; empty: none"
            maxLength={8_192}
            value={token}
            autoComplete="off"
            visibilityToggleButtonProps={{ 'aria-label': 'Show the token while it is typed' }}
            onChange={(event) => setToken(event.currentTarget.value)}
          />
        ) : null}
        <p className="dim">It is asked once, and kept when it answers.</p>
        <ProblemNote problem={problem} />
        <DialogFoot
          no={service === undefined ? 'Not now' : 'Leave it'}
          onNo={onClose}
          yes={service === undefined ? 'Ask and add' : 'Ask and save'}
          busy={busy}
          disabled={lacking}
        />
      </form>
    </Dialog>
  )
}
