import { notifications } from '@mantine/notifications'
import type { ShareView } from '../../../shared/views.ts'
import { plural } from '../../format.ts'
import { useStores } from '../../state/context.ts'
import { useAct } from '../../state/use-act.ts'
import { useInfo } from '../../state/use-info.ts'
import { Dialog } from '../Dialog.tsx'
import { DialogFoot } from '../DialogFoot.tsx'
import { ProblemNote } from '../Problem.tsx'

/** Says what becomes of a file that is shared no longer, here and elsewhere. */
export function UnshareDialog({ share, onClose }: { readonly share: ShareView; readonly onClose: () => void }) {
  const { bridge } = useStores()
  const info = useInfo()
  const { busy, problem, run } = useAct()
  const others = share.copies.filter((copy) => copy.peer !== info?.peer)
  const unshare = (): void =>
    run(async () => {
      await bridge.api.files.unshare({ cid: share.cid })
      notifications.show({
        title: `${share.name} is shared no longer`,
        message: 'The file itself is where it was.',
        color: 'green',
      })
      onClose()
    })
  return (
    <Dialog title={`Stop sharing ${share.name}?`} opened onClose={onClose}>
      <p>
        This peer tells the swarm that it shares the file no longer, and gives it to nobody from then on. The file
        itself stays where it is on the disk.
      </p>
      {others.length > 0 ? (
        <p>
          {plural(others.length, 'other machine')} {others.length === 1 ? 'holds' : 'hold'} a copy and may go on sharing
          it: {others.map((copy) => copy.name).join(', ')}. What was given away cannot be called back.
        </p>
      ) : (
        <p className="level-look">
          Nobody else is known to hold it: it vanishes from the Logs page of every machine, and can be fetched no more.
        </p>
      )}
      <ProblemNote problem={problem} />
      <DialogFoot no="Go on sharing" onNo={onClose} yes="Stop sharing" onYes={unshare} busy={busy} danger />
    </Dialog>
  )
}
