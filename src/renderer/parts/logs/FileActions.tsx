import { Button, Progress } from '@mantine/core'
import { IconDeviceFloppy, IconFolder, IconPin, IconPinnedOff, IconShareOff } from '@tabler/icons-react'
import { useState } from 'react'
import { useStore } from 'zustand'
import type { ShareView, TransferView } from '../../../shared/views.ts'
import { useStores } from '../../state/context.ts'
import { linkOf } from '../../state/file-link.ts'
import { isEnded, transferOf } from '../../state/select-files.ts'
import { useAct } from '../../state/use-act.ts'
import { useInfo } from '../../state/use-info.ts'
import { CopyIcon, CopyWord } from '../Copy.tsx'
import { FetchButton } from '../FetchButton.tsx'
import { ProblemNote } from '../Problem.tsx'
import { sayFailed } from '../SharedDrop.tsx'
import { progressWords } from '../tray/progress-words.ts'
import { Words } from '../tray/Words.tsx'
import { FetchFolderButton } from './FetchFolderButton.tsx'
import { UnshareDialog } from './UnshareDialog.tsx'

/** What can be done with a file, and how far it is on its way here. */
export function FileActions({ share }: { readonly share: ShareView }) {
  const { bridge, transfers } = useStores()
  const info = useInfo()
  const [unsharing, setUnsharing] = useState(false)
  const { busy, problem, run } = useAct()
  const transfer = useStore(transfers.store, (state) =>
    state.phase === 'ready' ? transferOf(state.items, share.cid) : null,
  )
  const running = transfer !== null && !isEnded(transfer)
  const url = bridge.contentUrl(share.cid, share.name)
  const keep = (kept: boolean): void => run(() => bridge.api.files.keep({ cid: share.cid, kept }))
  return (
    <>
      <div className="side-actions">
        {running ? null : <FetchButton share={share} />}
        {info?.can.choosePlace === true && !running ? <FetchButton share={share} to="ask" /> : null}
        {share.own ? null : <FetchFolderButton share={share} />}
        {url !== null && share.local ? (
          <Button
            component="a"
            href={url}
            download={share.name.split('/').at(-1)}
            size="xs"
            variant="default"
            leftSection={<IconDeviceFloppy size={15} aria-hidden />}
          >
            Save as…
          </Button>
        ) : null}
        {info?.can.openFolder === true && transfer?.state === 'done' && transfer.path !== null ? (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconFolder size={15} aria-hidden />}
            onClick={() =>
              void bridge.api.files.openFolder({ id: transfer.id }).catch(sayFailed('The folder did not open'))
            }
          >
            Open folder
          </Button>
        ) : null}
        <CopyWord label="Copy link" text={linkOf(share)} />
        {share.local || !running ? (
          <Button
            size="xs"
            variant="default"
            loading={busy}
            title={
              share.kept
                ? 'This copy is never removed to make room'
                : 'Without this the copy may be removed when room is needed'
            }
            leftSection={share.kept ? <IconPinnedOff size={15} aria-hidden /> : <IconPin size={15} aria-hidden />}
            onClick={() => keep(!share.kept)}
          >
            {share.kept ? 'Keep no longer' : share.local ? 'Keep' : 'Fetch and keep'}
          </Button>
        ) : null}
        {share.own ? (
          <Button
            size="xs"
            variant="outline"
            color="red"
            className="danger"
            leftSection={<IconShareOff size={15} aria-hidden />}
            onClick={() => setUnsharing(true)}
          >
            Unshare…
          </Button>
        ) : null}
      </div>
      <ProblemNote problem={problem} />
      <Marks share={share} />
      {transfer === null ? null : <OnItsWay transfer={transfer} />}
      {unsharing ? <UnshareDialog share={share} onClose={() => setUnsharing(false)} /> : null}
    </>
  )
}

/** What the file is to this peer. */
function Marks({ share }: { readonly share: ShareView }) {
  const words = [
    share.local ? 'All of it is here.' : 'It is not here.',
    ...(share.own ? ['This peer shares it.'] : []),
    ...(share.kept ? ['It is kept for good.'] : []),
  ]
  return <p className="dim">{words.join(' ')}</p>
}

function OnItsWay({ transfer }: { readonly transfer: TransferView }) {
  const { state, sizeBytes, doneBytes, name, kind, error, path } = transfer
  if (!isEnded(transfer)) {
    return (
      <div>
        <Progress
          value={sizeBytes === null || sizeBytes === 0 ? 0 : (doneBytes / sizeBytes) * 100}
          size="sm"
          color={state === 'paused' ? 'var(--dim)' : 'blue'}
          aria-label={`${kind === 'share' ? 'Sharing' : 'Fetching'} ${name}`}
        />
        <span className="dim">
          <Words parts={progressWords(transfer)} />
        </span>
      </div>
    )
  }
  if (state === 'failed') return <p className="level-act">{error?.message}</p>
  if (state !== 'done' || path === null || kind === 'share') return null
  return (
    <p className="dim">
      Written to <span className="mono">{path}</span> <CopyIcon text={path} label="Copy path" />
    </p>
  )
}
