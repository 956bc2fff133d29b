import { Radio } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useEffect, useState } from 'react'
import { useStore } from 'zustand'
import type { Cid } from '../../../shared/ids.ts'
import type { ShareView } from '../../../shared/views.ts'
import { formatBytes, plural } from '../../format.ts'
import { useStores } from '../../state/context.ts'
import { maxFetched } from '../../state/file-query.ts'
import { useAct } from '../../state/use-act.ts'
import { Dialog } from '../Dialog.tsx'
import { DialogFoot } from '../DialogFoot.tsx'
import { ProblemNote } from '../Problem.tsx'

interface FetchAllDialogProps {
  /** What of the shown files is not here. */
  readonly shares: readonly ShareView[]
  readonly bytes: number
  readonly onClose: () => void
}

/** Many files at once: how many, how large, whether there is room, and where they go. */
export function FetchAllDialog({ shares, bytes, onClose }: FetchAllDialogProps) {
  const { bridge, storage, settings } = useStores()
  const [to, setTo] = useState<'downloads' | 'store'>('downloads')
  const { busy, problem, run } = useAct()
  useEffect(() => {
    void storage.load()
    void settings.load()
  }, [storage, settings])
  const room = useStore(storage.store, (state) => (state.phase === 'ready' ? state.value.freeBytes : null))
  const folder = useStore(settings.store, (state) => (state.phase === 'ready' ? state.value.downloadDir : null))
  const meant = shares.slice(0, maxFetched)
  // A file that is written out lies on the disk twice: in the store and in the folder.
  const needed = meant.reduce((sum, share) => sum + share.sizeBytes, 0) * (to === 'downloads' ? 2 : 1)
  const lost = meant.filter((share) => !share.copies.some((copy) => copy.alive)).length
  const fetch = (): void =>
    run(async () => {
      const begun = await bridge.api.files.fetchAll({ cids: meant.map((share): Cid => share.cid), to })
      notifications.show({
        title: `Fetching ${plural(begun.length, 'file')}`,
        message: 'How far they are, the transfers at the bottom right say.',
        color: 'blue',
      })
      onClose()
    })
  return (
    <Dialog title={`Fetch ${plural(meant.length, 'file')}?`} opened onClose={onClose}>
      <p>
        {plural(meant.length, 'file')}, {formatBytes(bytes)} in all, from whoever holds them. It goes on by itself, also
        after a restart, and can be paused.
      </p>
      {shares.length > maxFetched ? (
        <p className="level-look">
          At most {plural(maxFetched, 'file')} are fetched at once: the first of those shown. Fetch the rest afterwards.
        </p>
      ) : null}
      {lost > 0 ? (
        <p className="level-look">
          Nobody who holds {plural(lost, 'of them', 'of them')} is heard now; they come as soon as somebody is.
        </p>
      ) : null}
      <Radio.Group label="Where to" value={to} onChange={(value) => setTo(value === 'store' ? 'store' : 'downloads')}>
        <div className="choices">
          <Radio
            value="downloads"
            label="Download folder"
            description={folder === null ? 'as files, with a copy to give on' : `as files in ${folder}`}
          />
          <Radio value="store" label="Keep copies only" description="in this peer's store, to give on or save later" />
        </div>
      </Radio.Group>
      {room !== null && needed > room ? (
        <p className="level-act">
          That needs about {formatBytes(needed)}; {formatBytes(room)} are free.
        </p>
      ) : null}
      <ProblemNote problem={problem} />
      <DialogFoot no="Not now" onNo={onClose} yes={`Fetch ${plural(meant.length, 'file')}`} onYes={fetch} busy={busy} />
    </Dialog>
  )
}
