import type { HeardHow } from '../../shared/views.ts'
import { formatAgo, formatExact } from '../format.ts'
import { useNow } from '../state/clock.ts'

/** A relative time with the exact one on hover. */
export function Age({ atMs }: { readonly atMs: number }) {
  const nowMs = useNow()
  return (
    <time dateTime={new Date(atMs).toISOString()} title={formatExact(atMs)} className="nowrap">
      {formatAgo(atMs, nowMs)}
    </time>
  )
}

const words: Readonly<Record<HeardHow, string>> = {
  self: 'this peer',
  direct: 'directly',
  relayed: 'relayed',
  'caught-up': 'caught up',
}

/** How a fact was heard, in words. */
export function heardWords(how: HeardHow, fromName: string | null): string {
  return how === 'relayed' || how === 'caught-up'
    ? `${words[how]}${fromName === null ? '' : ` by ${fromName}`}`
    : words[how]
}

interface HeardProps {
  readonly atMs: number | null
  readonly how: HeardHow | null
  readonly fromName: string | null
}

/** When something was last heard, and how. */
export function Heard({ atMs, how, fromName }: HeardProps) {
  if (atMs === null) return <span className="dim">never heard</span>
  return (
    <span className="dim" title={how === null ? undefined : heardWords(how, fromName)}>
      <Age atMs={atMs} />
      {how === null ? null : <span> · {heardWords(how, fromName)}</span>}
    </span>
  )
}

/** Values of health older than this are drawn aged: three summaries were missed. */
const agedAfterMs = 35_000

/** The class that dims what is old. */
export function useAged(atMs: number | null): string {
  const nowMs = useNow()
  return atMs === null || nowMs - atMs > agedAfterMs ? 'aged' : ''
}
