import { Popover } from '@mantine/core'
import { IconHelpCircle } from '@tabler/icons-react'
import { useRef, useState } from 'react'
import type { EvidenceView } from '../../shared/views.ts'
import { formatExact, formatUntil, shortId } from '../format.ts'
import { hrefOf } from '../route.ts'
import { useNow } from '../state/clock.ts'
import { Age, heardWords } from './Age.tsx'
import { CopyIcon } from './Copy.tsx'

interface WhyProps {
  /** What is explained: "duckie03 is alive". */
  readonly fact: string
  readonly reason?: string
  readonly evidence: readonly EvidenceView[]
}

/**
 * "Why do I see this?": the records behind a fact. A fleet has hundreds of these buttons and opens one: the popover
 * is made when it is first asked for.
 */
export function Why({ fact, reason, evidence }: WhyProps) {
  const [asked, setAsked] = useState(false)
  const target = useRef<HTMLButtonElement>(null)
  const button = (
    <button
      ref={target}
      type="button"
      className="why"
      aria-label={`Why do I see this? ${fact}`}
      aria-haspopup="dialog"
      onClick={() => setAsked(true)}
    >
      <IconHelpCircle size={15} aria-hidden />
    </button>
  )
  if (!asked) return button
  return (
    <Popover
      width={380}
      position="bottom-end"
      shadow="md"
      trapFocus
      defaultOpened
      onClose={() => {
        setAsked(false)
        // The button is made anew with the popover's end; the focus goes back to where it was.
        requestAnimationFrame(() => target.current?.focus())
      }}
    >
      <Popover.Target>{button}</Popover.Target>
      <Popover.Dropdown className="why-drop" aria-label={`Why: ${fact}`}>
        <p>
          <strong>{fact}</strong>
        </p>
        {reason === undefined ? null : <p className="dim">{reason}</p>}
        <EvidenceList evidence={evidence} />
      </Popover.Dropdown>
    </Popover>
  )
}

export function EvidenceList({ evidence }: { readonly evidence: readonly EvidenceView[] }) {
  const nowMs = useNow()
  if (evidence.length === 0) return <p className="dim">No record speaks of this: it was only named by others.</p>
  return (
    <ul className="evidence">
      {evidence.map((one) => (
        <li key={`${one.fact} ${one.recordId}`}>
          <span className="evidence-fact">{one.fact}</span>
          <dl className="facts">
            <dt>Signed by</dt>
            <dd className="mono" title={one.author}>
              {shortId(one.author)} <span className="dim">seq {one.seq}</span>
            </dd>
            <dt>Heard</dt>
            <dd>
              {heardWords(one.how, one.fromName)}, <Age atMs={one.receivedAtMs} />
            </dd>
            <dt>Valid</dt>
            <dd title={formatExact(one.validUntilMs)}>
              {one.validUntilMs > nowMs ? `ends ${formatUntil(one.validUntilMs, nowMs)}` : 'no longer'}
            </dd>
            <dt>Rule</dt>
            <dd>{one.rule}</dd>
            <dt>Record</dt>
            <dd className="mono">
              <a href={hrefOf({ page: 'records', bucket: null, record: one.recordId })} title={one.recordId}>
                {shortId(one.recordId)}
              </a>{' '}
              <CopyIcon text={one.recordId} label="Copy record id" />
            </dd>
          </dl>
        </li>
      ))}
    </ul>
  )
}
