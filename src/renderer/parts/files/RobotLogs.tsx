import { useMemo } from 'react'
import type { MachineView, ShareView } from '../../../shared/views.ts'
import { formatBytes, plural } from '../../format.ts'
import { useMinute } from '../../state/clock.ts'
import { spanOf } from '../../state/select-files.ts'
import { FilesTable } from '../FilesTable.tsx'
import { FetchMissingButton } from '../logs/FetchMissingButton.tsx'
import { FollowButton } from '../logs/FollowButton.tsx'
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
  const { name, peer } = machine
  const minuteMs = useMinute()
  const today = useMemo(() => shares.filter((share) => spanOf(share).toMs >= midnightOf(minuteMs)), [shares, minuteMs])
  const newestFirst = useMemo(() => shares.toSorted((a, b) => spanOf(b).toMs - spanOf(a).toMs), [shares])
  // The buttons stand in one place whether there are files or not: the dialog of one goes on when the first file comes,
  // which may be what the dialog itself brought about.
  return (
    <>
      <div className="toolbar">
        <span className="dim">{todayWords(name, today)}</span>
        <div className="toolbar-end">
          {today.length === 0 ? null : (
            <FetchMissingButton
              shares={today}
              words={`Fetch what ${name} recorded today`}
              none="All of today is here"
            />
          )}
          <FollowButton
            words={`Follow ${name}…`}
            followable={() => ({ query: { origin: peer, search: null, topic: null }, leftOut: [] })}
          />
          <MarkButton machine={machine} />
        </div>
      </div>
      {shares.length === 0 ? (
        <Empty title={`${name} has shared nothing yet`}>
          <p>
            What it puts into its share folder appears here once it has stopped growing. Follow it to fetch all that
            comes, or have its flight recorder save its last minutes.
          </p>
        </Empty>
      ) : (
        <FilesTable shares={newestFirst} chosen={null} />
      )}
    </>
  )
}

function todayWords(name: string, today: readonly ShareView[]): string {
  if (today.length === 0) return `${name} recorded nothing today.`
  const bytes = today.reduce((sum, share) => sum + share.sizeBytes, 0)
  return `Today: ${plural(today.length, 'file')}, ${formatBytes(bytes)}.`
}
