import { channelsOfShare } from '../../../shared/share-channels.ts'
import type { ShareView } from '../../../shared/views.ts'
import { formatBytes } from '../../format.ts'
import { hrefOf } from '../../route.ts'
import { fileKind } from '../../state/select-files.ts'
import { usePreview } from '../../state/use-preview.ts'
import { Age } from '../Age.tsx'
import { CopyIcon } from '../Copy.tsx'
import { Simulated } from '../KindIcon.tsx'
import { Preview } from '../preview/Preview.tsx'
import { Copies } from './Copies.tsx'
import { FileActions } from './FileActions.tsx'
import { FileEvidence } from './FileEvidence.tsx'
import { LogFacts } from './LogFacts.tsx'
import { PinnedAt } from './PinnedAt.tsx'

/** One file: what can be done with it, what it is and holds, who has it, and why it is shown. */
export function FilePanel({ share }: { readonly share: ShareView }) {
  const preview = usePreview(share)
  // A look into the file itself knows more than the record that came with it.
  const log = preview.phase === 'ready' ? preview.value.info : share.log
  return (
    <>
      <FileActions share={share} />
      <LogFacts log={log} />
      <Preview share={share} preview={preview} />
      <Copies share={share} />
      <PinnedAt share={share} />
      <section aria-label="Facts">
        <h3>The file</h3>
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
            <Age atMs={share.sharedAtMs} />{' '}
            <span className="dim">with {channelsOfShare(share).join(', ') || 'the whole swarm'}</span>
          </dd>
          <dt>CID</dt>
          <dd className="mono">
            {share.cid} <CopyIcon text={share.cid} label="Copy CID" />
          </dd>
          {share.sha1 === null ? null : (
            <>
              <dt>SHA-1</dt>
              <dd className="mono">
                {share.sha1} <CopyIcon text={share.sha1} label="Copy SHA-1" />
              </dd>
            </>
          )}
        </dl>
      </section>
      <section aria-label="Evidence">
        <h3>Why do I see this?</h3>
        <FileEvidence share={share} />
      </section>
    </>
  )
}
