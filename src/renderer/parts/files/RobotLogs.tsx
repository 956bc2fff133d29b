import { Button } from '@mantine/core'
import { IconDownload, IconRss } from '@tabler/icons-react'
import { useMemo, useState } from 'react'
import type { MachineView, ShareView } from '../../../shared/views.ts'
import { formatBytes, plural } from '../../format.ts'
import { useMinute } from '../../state/clock.ts'
import { missingOf } from '../../state/file-query.ts'
import { spanOf } from '../../state/select-files.ts'
import { FilesTable } from '../FilesTable.tsx'
import { FetchAllDialog } from '../logs/FetchAllDialog.tsx'
import { FollowDialog } from '../logs/FollowDialog.tsx'
import { MarkButton } from '../recorder/MarkButton.tsx'
import { Empty } from '../States.tsx'

/** The midnight before, by the reader's own clock. */
function midnightOf(atMs: number): number {
  return new Date(atMs).setHours(0, 0, 0, 0)
}

interface RobotLogsProps {
  readonly machine: MachineView
  readonly shares: readonly ShareView[]
}

/** What one machine shared: its day at one click, and all that it will share. */
export function RobotLogs({ machine, shares }: RobotLogsProps) {
  const minuteMs = useMinute()
  const [open, setOpen] = useState<'today' | 'follow' | null>(null)
  const today = useMemo(() => shares.filter((share) => spanOf(share).toMs >= midnightOf(minuteMs)), [shares, minuteMs])
  const missing = useMemo(() => missingOf(today), [today])
  const newestFirst = useMemo(() => shares.toSorted((a, b) => spanOf(b).toMs - spanOf(a).toMs), [shares])
  const close = (): void => setOpen(null)
  const follow = (
    <Button
      key="follow"
      size="xs"
      variant="default"
      leftSection={<IconRss size={15} aria-hidden />}
      onClick={() => setOpen('follow')}
    >
      Follow {machine.name}…
    </Button>
  )
  const mark = <MarkButton key="mark" machine={machine} />
  const dialogs = (
    <>
      {open === 'today' ? <FetchAllDialog shares={missing.shares} bytes={missing.bytes} onClose={close} /> : null}
      {open === 'follow' ? (
        <FollowDialog
          followable={{ query: { origin: machine.peer, search: null, topic: null }, leftOut: [] }}
          onClose={close}
        />
      ) : null}
    </>
  )
  if (shares.length === 0) {
    return (
      <>
        <Empty title={`${machine.name} has shared nothing yet`} actions={[follow, mark]}>
          <p>What it puts into its share folder appears here once it has stopped growing.</p>
        </Empty>
        {dialogs}
      </>
    )
  }
  return (
    <>
      <div className="toolbar">
        <span className="dim">{todayWords(machine.name, today)}</span>
        <div className="toolbar-end">
          <Button
            size="xs"
            variant="default"
            disabled={missing.shares.length === 0}
            leftSection={<IconDownload size={15} aria-hidden />}
            onClick={() => setOpen('today')}
          >
            {missing.shares.length === 0
              ? 'All of today is here'
              : `Fetch what ${machine.name} recorded today (${plural(missing.shares.length, 'file')}, ${formatBytes(missing.bytes)})`}
          </Button>
          {follow}
          {mark}
        </div>
      </div>
      <FilesTable shares={newestFirst} chosen={null} />
      {dialogs}
    </>
  )
}

function todayWords(name: string, today: readonly ShareView[]): string {
  if (today.length === 0) return `${name} recorded nothing today.`
  const bytes = today.reduce((sum, share) => sum + share.sizeBytes, 0)
  return `Today: ${plural(today.length, 'file')}, ${formatBytes(bytes)}.`
}
