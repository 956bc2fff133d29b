import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconDeviceFloppy, IconShieldCheck } from '@tabler/icons-react'
import { useState } from 'react'
import type { CheckpointCheckView, CheckpointView } from '../../../shared/checkpoint-views.ts'
import { formatBytes, formatCount, formatExact, plural, shortId } from '../../format.ts'
import { hrefOf } from '../../route.ts'
import { useStores } from '../../state/context.ts'
import { useAct } from '../../state/use-act.ts'
import { useInfo } from '../../state/use-info.ts'
import { Age } from '../Age.tsx'
import { CopyIcon } from '../Copy.tsx'
import { NamedPeer } from '../PeerName.tsx'
import { ProblemNote } from '../Problem.tsx'
import { LevelMark } from '../StatusMark.tsx'
import { BelievableWord, differenceWords, sharedWords } from './checkpoint-columns.tsx'

const howWords = {
  announced: 'announced this very one',
  endorsed: 'endorsed this very one',
  same: 'has the same fingerprints',
} as const

interface CheckpointPanelProps {
  readonly checkpoint: CheckpointView
}

/** One checkpoint: what it holds, who speaks for it, and what can be done with it. */
export function CheckpointPanel({ checkpoint }: CheckpointPanelProps) {
  const { root, atMs, records, bytes, chunks, local, own, reason, difference } = checkpoint
  return (
    <>
      <div>
        <BelievableWord checkpoint={checkpoint} /> <span>{reason}</span>
      </div>
      <Actions key={root} checkpoint={checkpoint} />
      <dl className="facts">
        <dt>Up to</dt>
        <dd>{formatExact(atMs)}</dd>
        <dt>Holds</dt>
        <dd>
          {plural(records, 'record')}, {formatBytes(bytes)}
        </dd>
        <dt>Chunks</dt>
        <dd>
          {formatCount(chunks)}, {sharedWords(checkpoint)}
        </dd>
        <dt>Since then</dt>
        <dd>{differenceWords(difference)}</dd>
        <dt>Blocks</dt>
        <dd>{local ? 'all of them are here' : 'not all of them are here'}</dd>
        <dt>Made</dt>
        <dd>{own ? 'by this peer' : 'by another peer'}</dd>
        <dt>Root</dt>
        <dd className="mono">
          {root} <CopyIcon text={root} label="Copy root CID" />
        </dd>
      </dl>
      <section aria-label="Who speaks for it">
        <h3>Who speaks for it</h3>
        <ul className="signers">
          {checkpoint.signers.map((signer) => (
            <li key={`${signer.peer} ${signer.how}`} data-counts={signer.trusted}>
              <LevelMark level={signer.trusted ? 'ok' : 'look'} />
              <span className="signer-who">
                <NamedPeer peer={signer.peer}>
                  <a className="clip" dir="auto" href={hrefOf({ page: 'robot', peer: signer.peer, tab: 'records' })}>
                    {signer.name ?? shortId(signer.peer)}
                  </a>
                </NamedPeer>
              </span>
              <span className="dim signer-when">
                <Age atMs={signer.atMs} />
              </span>
              <span className="dim" style={{ gridColumn: '2 / -1' }}>
                {howWords[signer.how]}
                {signer.trusted ? '' : '; does not count: it has no role'}
                {signer.recordId === null ? null : (
                  <>
                    {' · '}
                    <a href={hrefOf({ page: 'records', bucket: 'checkpoints', record: signer.recordId })}>its record</a>
                  </>
                )}
              </span>
            </li>
          ))}
          {checkpoint.signers.length === 0 ? <li className="dim">Nobody has announced it.</li> : null}
        </ul>
      </section>
      <section aria-label="Buckets of the checkpoint">
        <h3>Buckets</h3>
        <ul className="bucket-lines">
          {checkpoint.buckets.map((bucket) => (
            <li key={bucket.bucket}>
              <a href={hrefOf({ page: 'records', bucket: bucket.bucket, record: null })}>{bucket.bucket}</a>
              <span>{formatCount(bucket.records)}</span>
              <span className="dim">{plural(bucket.chunks, 'chunk')}</span>
              <span className="dim mono" title={`fingerprint ${bucket.fingerprint}`}>
                {bucket.fingerprint.slice(-8)}
              </span>
            </li>
          ))}
        </ul>
      </section>
    </>
  )
}

function Actions({ checkpoint }: { readonly checkpoint: CheckpointView }) {
  const { bridge } = useStores()
  const info = useInfo()
  const verify = useAct()
  const save = useAct()
  const [check, setCheck] = useState<CheckpointCheckView | null>(null)
  const { root } = checkpoint
  const url = bridge.checkpointUrl(root)
  const write = (to: 'downloads' | 'ask'): void =>
    save.run(async () => {
      const written = await bridge.api.checkpoints.save({ root, to })
      if (written === null) return
      notifications.show({
        title: 'Checkpoint saved',
        message: `${written.path}, ${formatBytes(written.bytes)}`,
        color: 'green',
        autoClose: 12_000,
      })
    })
  return (
    <>
      <div className="side-actions">
        <Button
          size="xs"
          loading={verify.busy}
          leftSection={<IconShieldCheck size={15} aria-hidden />}
          onClick={() => verify.run(async () => setCheck(await bridge.api.checkpoints.verify({ root })))}
        >
          Verify
        </Button>
        {url === null ? (
          <Button
            size="xs"
            variant="default"
            loading={save.busy}
            leftSection={<IconDeviceFloppy size={15} aria-hidden />}
            onClick={() => write(info?.can.choosePlace === true ? 'ask' : 'downloads')}
          >
            {info?.can.choosePlace === true ? 'Save as…' : 'Save'}
          </Button>
        ) : (
          <Button
            component="a"
            href={url}
            download={`checkpoint-${root.slice(-8)}.car`}
            size="xs"
            variant="default"
            leftSection={<IconDeviceFloppy size={15} aria-hidden />}
          >
            Save as…
          </Button>
        )}
      </div>
      {verify.busy ? (
        <output className="dim">Fetching what is missing and checking every block and signature…</output>
      ) : null}
      <ProblemNote problem={verify.problem ?? save.problem} />
      {check === null ? null : <CheckResult check={check} />}
    </>
  )
}

function CheckResult({ check }: { readonly check: CheckpointCheckView }) {
  const { good, records, signatures, problems, tookMs } = check
  return (
    <output className="warning" data-level={good ? 'ok' : 'act'}>
      <LevelMark level={good ? 'ok' : 'act'} />
      <span className="warning-text">
        {good ? 'Good: every block and signature is right.' : `${plural(problems.length, 'thing')} wrong with it.`}{' '}
        <span className="dim">
          {plural(records, 'record')}, {plural(signatures, 'signature')}, checked in {(tookMs / 1_000).toFixed(1)} s
        </span>
        {problems.length === 0 ? null : (
          <ul>
            {problems.slice(0, 20).map((problem) => (
              <li key={problem}>{problem}</li>
            ))}
            {problems.length > 20 ? <li className="dim">and {problems.length - 20} more</li> : null}
          </ul>
        )}
      </span>
    </output>
  )
}
