import { useVirtualizer } from '@tanstack/react-virtual'
import { memo, useEffect, useRef } from 'react'
import type { SwarmMessageView } from '../../../shared/network-views.ts'
import { formatBytes, formatClock, formatExact, shortId } from '../../format.ts'
import { channelKinds } from '../../state/channel-words.ts'
import { peerOf, usePeerName } from '../../state/use-peer-name.ts'

/** One row's height before it is measured. */
const rowPx = 26
/** Nearer to the end than this counts as following. */
const nearEndPx = 60

interface MessageListProps {
  readonly messages: readonly SwarmMessageView[]
  readonly chosen: number | null
  readonly paused: boolean
  readonly onChoose: (no: number | null) => void
}

/** Rows as of a log, newest at the end; follows the end while it is in sight. */
export function MessageList({ messages, chosen, paused, onChoose }: MessageListProps) {
  const box = useRef<HTMLDivElement>(null)
  const following = useRef(true)
  const virtual = useVirtualizer({
    count: messages.length,
    getScrollElement: () => box.current,
    estimateSize: () => rowPx,
    overscan: 12,
    useFlushSync: false,
    getItemKey: (index) => messages[index]?.no ?? index,
  })
  const last = messages.at(-1)?.no
  useEffect(() => {
    if (!paused && following.current && messages.length > 0)
      virtual.scrollToIndex(messages.length - 1, { align: 'end' })
  }, [virtual, last, messages.length, paused])
  const rows = virtual.getVirtualItems()
  const onScroll = (): void => {
    const element = box.current
    if (element === null) return
    following.current = element.scrollHeight - element.scrollTop - element.clientHeight < nearEndPx
  }
  return (
    <section className="messages" ref={box} onScroll={onScroll} aria-label="Message stream">
      <ul style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {rows.map((row) => {
          const message = messages[row.index]
          if (message === undefined) return null
          return (
            <li
              key={row.key}
              ref={virtual.measureElement}
              data-index={row.index}
              style={{ position: 'absolute', insetInline: 0, top: 0, transform: `translateY(${row.start}px)` }}
            >
              <MessageRow message={message} chosen={message.no === chosen} onChoose={onChoose} />
            </li>
          )
        })}
      </ul>
    </section>
  )
}

interface RowProps {
  readonly message: SwarmMessageView
  readonly chosen: boolean
  readonly onChoose: (no: number | null) => void
}

const outcomeLevels: Readonly<Record<SwarmMessageView['outcome'], string>> = {
  sent: '',
  taken: 'level-ok',
  known: 'level-unknown',
  forwarded: 'level-ok',
  refused: 'level-act',
  dropped: 'level-look',
}

const MessageRow = memo(function MessageRow({ message, chosen, onChoose }: RowProps) {
  const { no, atMs, direction, channelKind, kind, fromName, from, to, hops, bytes, summary, outcome, reason } = message
  const target = to === null ? null : peerOf(to)
  const toName = usePeerName(target)
  const who =
    direction === 'in'
      ? (fromName ?? (from === null ? 'unknown' : shortId(from)))
      : target === null
        ? (to ?? 'all')
        : toName
  return (
    <button
      type="button"
      className="message"
      data-nav-item
      aria-pressed={chosen}
      onClick={() => onChoose(chosen ? null : no)}
    >
      <span className="dim" title={formatExact(atMs)}>
        {formatClock(atMs, true)}
      </span>
      <span title={direction === 'in' ? 'came in' : 'went out'}>
        <span aria-hidden>{direction === 'in' ? '←' : '→'}</span>
        <span className="sr-only">{direction}</span>
      </span>
      <span className="clip" title={message.channel}>
        {channelKinds[channelKind].word}
      </span>
      <span className="clip" dir="auto">
        {who}
      </span>
      <span className="clip">
        <strong>{kind}</strong>
      </span>
      <span className="clip" dir="auto" title={summary}>
        {summary}
      </span>
      <span className="message-figures dim">
        {hops} {hops === 1 ? 'hop' : 'hops'} · {formatBytes(bytes)}
      </span>
      <span className={outcomeLevels[outcome]} title={reason ?? undefined}>
        {outcome}
        {reason === null ? '' : `: ${reason}`}
      </span>
    </button>
  )
})
