import { Button, CloseButton, Progress } from '@mantine/core'
import { IconDeviceFloppy, IconFolder } from '@tabler/icons-react'
import { useStore } from 'zustand'
import type { ShareView } from '../../shared/views.ts'
import { formatBytes } from '../format.ts'
import { hrefOf } from '../route.ts'
import { useStores } from '../state/context.ts'
import { fileKind, isEnded, transferOf } from '../state/select-files.ts'
import { useInfo } from '../state/use-info.ts'
import { Age } from './Age.tsx'
import { CopyIcon, CopyWord } from './Copy.tsx'
import { FetchButton } from './FetchButton.tsx'
import { Simulated } from './KindIcon.tsx'
import { NamedPeer } from './PeerName.tsx'
import { sayFailed } from './SharedDrop.tsx'
import { StatusMark } from './StatusMark.tsx'
import { EvidenceList } from './Why.tsx'

/** The name of a file and how to close it, where the panel stands beside the table. */
export function FilePanelHead({ name, onClose }: { readonly name: string; readonly onClose: () => void }) {
  return (
    <div className="side-head">
      <h2>{name}</h2>
      <CloseButton size="sm" aria-label="Close" onClick={onClose} />
    </div>
  )
}

/** One file: what it is, who has it, and what can be done with it. */
export function FilePanel({ share }: { readonly share: ShareView }) {
  return (
    <>
      <Actions share={share} />
      <dl className="facts">
        <dt>Robot</dt>
        <dd>
          <a href={hrefOf({ page: 'robot', peer: share.origin, tab: 'logs' })}>{share.originName}</a>{' '}
          {share.simulated ? <Simulated /> : null}
        </dd>
        <dt>Type</dt>
        <dd>
          {fileKind(share)} <span className="dim">{share.mediaType}</span>
        </dd>
        <dt>Size</dt>
        <dd>{formatBytes(share.sizeBytes)}</dd>
        <dt>Changed</dt>
        <dd>
          <Age atMs={share.modifiedAtMs} />
        </dd>
        <dt>Shared</dt>
        <dd>
          <Age atMs={share.sharedAtMs} />
        </dd>
        <dt>CID</dt>
        <dd className="mono">
          {share.cid} <CopyIcon text={share.cid} label="Copy CID" />
        </dd>
      </dl>
      <section aria-label="Copies">
        <h2>Copies</h2>
        <ul>
          {share.copies.map((copy) => (
            <li key={copy.peer}>
              <StatusMark status={copy.alive ? 'alive' : 'gone'} />{' '}
              <NamedPeer peer={copy.peer}>
                <a className="clip" dir="auto" href={hrefOf({ page: 'robot', peer: copy.peer, tab: 'health' })}>
                  {copy.name}
                </a>
              </NamedPeer>{' '}
              <span className="dim">{copy.alive ? 'up' : 'not heard lately'}</span>
            </li>
          ))}
          {share.copies.length === 0 ? <li className="dim">Nobody says that they hold it.</li> : null}
        </ul>
      </section>
      <section aria-label="Evidence">
        <h2>Why do I see this?</h2>
        <EvidenceList evidence={share.evidence} />
      </section>
    </>
  )
}

function Actions({ share }: { readonly share: ShareView }) {
  const { bridge, transfers } = useStores()
  const info = useInfo()
  const transfer = useStore(transfers.store, (state) =>
    state.phase === 'ready' ? transferOf(state.items.values(), share.cid) : null,
  )
  const running = transfer !== null && !isEnded(transfer)
  const url = bridge.contentUrl(share.cid, share.name)
  return (
    <>
      <div className="side-actions">
        {running ? null : <FetchButton share={share} />}
        {info?.can.choosePlace === true && !running ? <FetchButton share={share} to="ask" /> : null}
        {url !== null && share.local ? (
          <Button
            component="a"
            href={url}
            download={share.name}
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
        <CopyWord label="Copy link" text={`ipfs://${share.cid}`} />
      </div>
      {running ? (
        <div>
          <Progress
            value={
              transfer.sizeBytes === null || transfer.sizeBytes === 0
                ? 0
                : (transfer.doneBytes / transfer.sizeBytes) * 100
            }
            size="sm"
            aria-label={`Fetching ${share.name}`}
          />
          <span className="dim">{transfer.step}</span>
        </div>
      ) : null}
      {transfer?.state === 'failed' ? <p className="level-act">{transfer.error?.message}</p> : null}
      {transfer?.state === 'done' && transfer.path !== null ? (
        <p className="dim">
          Written to <span className="mono">{transfer.path}</span> <CopyIcon text={transfer.path} label="Copy path" />
        </p>
      ) : null}
    </>
  )
}
