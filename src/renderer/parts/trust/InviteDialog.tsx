import { Button, TextInput } from '@mantine/core'
import type { InviteView, TrustView } from '../../../shared/trust-views.ts'
import { formatExact, plural } from '../../format.ts'
import { CopyWord } from '../Copy.tsx'
import { Dialog } from '../Dialog.tsx'

interface InviteDialogProps {
  readonly invite: InviteView
  readonly trust: TrustView
  readonly onClose: () => void
}

/** An invite to be scanned or copied. */
export function InviteDialog({ invite, trust, onClose }: InviteDialogProps) {
  const { link, qr, role, usesLeft, expiresAtMs } = invite
  return (
    <Dialog title={`Invite to ${trust.swarm.name}`} opened onClose={onClose}>
      <div className="qr">
        {/* As an image and not as elements of this page: an image runs nothing and loads nothing. */}
        <img src={`data:image/svg+xml;utf8,${encodeURIComponent(qr)}`} alt="The invite as a QR code" />
      </div>
      <div className="inline">
        <TextInput
          label="Link"
          value={link}
          readOnly
          onFocus={(event) => event.currentTarget.select()}
          classNames={{ input: 'mono' }}
          style={{ flex: 1 }}
        />
        <CopyWord text={link} label="Copy link" />
      </div>
      <p>
        {role === null
          ? 'Whoever has it can ask to be admitted; an operator decides.'
          : `Whoever has it is admitted as ${role}: ${plural(usesLeft, 'machine')}, until ${formatExact(expiresAtMs)}.`}{' '}
        Hand it over like a key{invite.private ? '; it carries the key of the private network' : ''}.
      </p>
      <p className="dim">
        On the other machine: open the link, paste it under Settings, Swarm and invites, or run{' '}
        <code className="mono">dt-swarm join LINK</code>.
      </p>
      <div className="dialog-foot">
        <Button onClick={onClose}>Done</Button>
      </div>
    </Dialog>
  )
}
