import { Button } from '@mantine/core'
import { useStore } from 'zustand'
import { formatAgo, formatUntil } from '../format.ts'
import { useNow } from '../state/clock.ts'
import { useStores } from '../state/context.ts'

/** Says that the line is down, since when, and when it is tried again. */
export function LineNotice() {
  const { bridge } = useStores()
  const line = useStore(bridge.connection)
  const nowMs = useNow()
  if (line.phase !== 'lost') return null
  return (
    <output className="notice">
      <strong>The line to this peer is down.</strong>
      <span>
        Lost {formatAgo(line.sinceMs, nowMs)}; what you see is as old.{' '}
        {line.nextTryAtMs === null ? '' : `Next try ${formatUntil(line.nextTryAtMs, nowMs)}.`}
      </span>
      <Button size="compact-xs" variant="default" onClick={() => bridge.reconnect()}>
        Try now
      </Button>
    </output>
  )
}
