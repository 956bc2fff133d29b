import { TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useState } from 'react'
import { useStores } from '../../state/context.ts'
import { followWords, type Followable } from '../../state/file-query.ts'
import { useAct } from '../../state/use-act.ts'
import { useNameOf } from '../../state/use-name-of.ts'
import { Dialog } from '../Dialog.tsx'
import { DialogFoot } from '../DialogFoot.tsx'
import { ProblemNote } from '../Problem.tsx'

interface FollowDialogProps {
  readonly followable: Followable
  readonly onClose: () => void
}

/** From now on fetches by itself what matches; says what of the page's filters that means. */
export function FollowDialog({ followable, onClose }: FollowDialogProps) {
  const { bridge, follows } = useStores()
  const { query, leftOut } = followable
  const [to, setTo] = useState('')
  const { busy, problem, run } = useAct()
  const words = followWords(query, useNameOf())
  const everything = query.origin === null && query.search === null && query.topic === null
  const follow = (): void =>
    run(async () => {
      const folder = to.trim()
      await bridge.api.files.follow({ ...query, to: folder === '' ? null : folder })
      await follows.load()
      notifications.show({ title: 'Followed', message: `This peer fetches ${words}.`, color: 'green' })
      onClose()
    })
  return (
    <Dialog title="Follow this search?" opened onClose={onClose}>
      <p>
        This peer fetches <strong>{words}</strong>: what is there now, and what comes from now on, as soon as somebody
        shares it.
      </p>
      {everything ? (
        <p className="level-look">That is every file of the swarm. Choose a robot, a topic or words to follow less.</p>
      ) : null}
      {leftOut.length > 0 ? (
        <p className="dim">
          Of the filters above these cannot be followed, and do not count here: {leftOut.join(', ')}.
        </p>
      ) : null}
      <TextInput
        label="Folder on this peer's machine"
        description="Empty: the download folder"
        placeholder="/data/logs"
        maxLength={4_096}
        value={to}
        onChange={(event) => setTo(event.currentTarget.value)}
      />
      <ProblemNote problem={problem} />
      <DialogFoot no="Not now" onNo={onClose} yes="Follow" onYes={follow} busy={busy} />
    </Dialog>
  )
}
