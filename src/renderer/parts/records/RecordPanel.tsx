import { Button } from '@mantine/core'
import { useState } from 'react'
import type { RecordView } from '../../../shared/record-views.ts'
import { formatBytes, formatExact, shortId } from '../../format.ts'
import { hrefOf } from '../../route.ts'
import { Age, heardWords } from '../Age.tsx'
import { CopyIcon, CopyWord } from '../Copy.tsx'
import { NamedPeer } from '../PeerName.tsx'
import { Signers } from '../Signers.tsx'
import { AttestDialog } from './AttestDialog.tsx'
import { JsonTree } from './JsonTree.tsx'
import { RecordStateWord } from './RecordStateWord.tsx'
import { ValidityBar } from './ValidityBar.tsx'

interface RecordPanelProps {
  readonly record: RecordView
  readonly onChanged: (record: RecordView) => void
}

/** One record: what it says, who signed, whether and why it counts, and which way it came. */
export function RecordPanel({ record, onChanged }: RecordPanelProps) {
  const [attesting, setAttesting] = useState<'endorse' | 'dismiss' | null>(null)
  // A dismissal stands whatever is signed after it.
  const mayEndorse = record.mayEndorse && record.state !== 'dismissed'
  return (
    <>
      <div>
        <RecordStateWord record={record} /> <span>{record.stateReason}</span>
      </div>
      <ValidityBar record={record} />
      {mayEndorse || record.mayDismiss ? (
        <div className="side-actions">
          {mayEndorse ? (
            <Button size="xs" onClick={() => setAttesting('endorse')}>
              Endorse…
            </Button>
          ) : null}
          {record.mayDismiss ? (
            <Button size="xs" variant="outline" color="red" className="danger" onClick={() => setAttesting('dismiss')}>
              Dismiss…
            </Button>
          ) : null}
        </div>
      ) : null}
      <section aria-label="Value">
        <div className="side-title">
          <h3>Value</h3>
          <CopyIcon text={JSON.stringify(record.value, null, 2)} label="Copy value as JSON" />
        </div>
        <JsonTree value={record.value} label={`Value of ${record.key}`} />
      </section>
      <section>
        <h3>Signatures</h3>
        <Signers signers={record.signers} />
      </section>
      <section aria-label="Provenance">
        <h3>Which way it came</h3>
        <Provenance record={record} />
      </section>
      <dl className="facts">
        <dt>Bucket</dt>
        <dd>
          <a href={hrefOf({ page: 'records', bucket: record.bucket, record: null })}>{record.bucket}</a>
        </dd>
        <dt>Author</dt>
        <dd>
          <NamedPeer peer={record.author}>
            <a className="clip" dir="auto" href={hrefOf({ page: 'robot', peer: record.author, tab: 'records' })}>
              {record.authorName ?? shortId(record.author)}
            </a>
          </NamedPeer>
        </dd>
        <dt>Seq, size</dt>
        <dd>
          {record.seq}, {formatBytes(record.sizeBytes)}
        </dd>
        <dt>Id</dt>
        <dd className="mono">
          {record.id} <CopyIcon text={record.id} label="Copy record id" />
        </dd>
      </dl>
      <CopyWord
        label="Copy link to this record"
        text={new URL(hrefOf({ page: 'records', bucket: null, record: record.id }), window.location.href).href}
      />
      {attesting === null ? null : (
        <AttestDialog record={record} verdict={attesting} onDone={onChanged} onClose={() => setAttesting(null)} />
      )}
    </>
  )
}

function Provenance({ record }: { readonly record: RecordView }) {
  const { how, fromName, from, channel, hops, receivedAtMs } = record
  if (how === 'self') {
    return (
      <p>
        Signed by this peer itself, <Age atMs={receivedAtMs} />.
      </p>
    )
  }
  return (
    <dl className="facts">
      <dt>Heard</dt>
      <dd>
        {heardWords(how, null)}
        {how === 'caught-up' ? '' : `, ${hops === 1 ? '1 hop' : `${hops} hops`}`}
      </dd>
      <dt>From</dt>
      <dd>
        {from === null ? (
          'not known'
        ) : (
          <a href={hrefOf({ page: 'robot', peer: from, tab: 'link' })} dir="auto">
            {fromName ?? shortId(from)}
          </a>
        )}
      </dd>
      <dt>Channel</dt>
      <dd className="mono">{channel ?? <span className="dim">none: it was not sent as a message</span>}</dd>
      <dt>Came</dt>
      <dd>
        <Age atMs={receivedAtMs} /> <span className="dim">{formatExact(receivedAtMs)}</span>
      </dd>
    </dl>
  )
}
