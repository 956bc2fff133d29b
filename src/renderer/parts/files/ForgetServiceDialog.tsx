import type { PinServiceView } from '../../../shared/pinning-views.ts'
import { plural } from '../../format.ts'
import { useStores } from '../../state/context.ts'
import { useAct } from '../../state/use-act.ts'
import { Dialog } from '../Dialog.tsx'
import { DialogFoot } from '../DialogFoot.tsx'
import { ProblemNote } from '../Problem.tsx'

interface ForgetServiceDialogProps {
  readonly service: PinServiceView
  readonly onClose: () => void
}

/** Says what is forgotten here, and what stays there. */
export function ForgetServiceDialog({ service: { name, pins }, onClose }: ForgetServiceDialogProps) {
  const { bridge, pinServices } = useStores()
  const { busy, problem, run } = useAct()
  const forget = (): void =>
    run(async () => {
      await bridge.api.pinning.removeService({ name })
      await pinServices.load()
      onClose()
    })
  return (
    <Dialog title={`Remove ${name}?`} opened onClose={onClose}>
      <p>
        This peer forgets the service and its token
        {pins === 0 ? '' : `, and that ${plural(pins, 'file')} were asked for`}. What the service holds stays there
        {pins === 0 ? '.' : ', and may cost money: unpin the files first if they are to go.'}
      </p>
      <ProblemNote problem={problem} />
      <DialogFoot no="Leave it" onNo={onClose} yes={`Remove ${name}`} onYes={forget} busy={busy} danger />
    </Dialog>
  )
}
