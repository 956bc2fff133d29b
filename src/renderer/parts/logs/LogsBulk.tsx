import { Button } from '@mantine/core'
import { useMemo, useState } from 'react'
import { useStore } from 'zustand'
import type { ShareView } from '../../../shared/views.ts'
import { formatBytes, formatCount, plural } from '../../format.ts'
import { useStores } from '../../state/context.ts'
import { useAsked } from '../../state/use-asked.ts'
import { followOf } from '../../state/file-query.ts'
import type { FilesFilter } from '../../state/select-files.ts'
import { FetchMissingButton } from './FetchMissingButton.tsx'
import { FollowButton } from './FollowButton.tsx'
import { FollowsDialog } from './FollowsDialog.tsx'
import { StickButton } from './StickButton.tsx'

interface LogsBulkProps {
  /** What passes the filters, as it is shown. */
  readonly shown: readonly ShareView[]
  readonly total: number
  /** How many are still to come. */
  readonly left: number
  readonly filter: FilesFilter
}

/** How many files are shown, and what can be done with all of them. */
export function LogsBulk({ shown, total, left, filter }: LogsBulkProps) {
  const { follows } = useStores()
  const [listed, setListed] = useState(false)
  const followed = useStore(follows.store, (state) => (state.phase === 'ready' ? state.value.length : 0))
  const bytes = useMemo(() => shown.reduce((sum, share) => sum + share.sizeBytes, 0), [shown])
  useAsked(follows)
  return (
    <div className="toolbar">
      <output className="dim">
        {shown.length === total
          ? `${plural(total, 'file')}, ${formatBytes(bytes)}`
          : `${formatCount(shown.length)} of ${plural(total, 'file')}, ${formatBytes(bytes)}`}
        {left === 0 ? '' : ` · ${formatCount(left)} more ${left === 1 ? 'is' : 'are'} coming`}
      </output>
      <div className="toolbar-end">
        <FetchMissingButton shares={shown} words="Fetch all shown" none="All shown are here" />
        <FollowButton words="Follow…" followable={() => followOf(filter, shown)} />
        {followed > 0 ? (
          <Button size="xs" variant="subtle" onClick={() => setListed(true)}>
            {plural(followed, 'follow')}
          </Button>
        ) : null}
        <StickButton {...(shown.length === total ? {} : { shown })} />
      </div>
      {listed ? <FollowsDialog onClose={() => setListed(false)} /> : null}
    </div>
  )
}
