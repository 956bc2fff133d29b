import { Button } from '@mantine/core'
import { IconDownload, IconRss } from '@tabler/icons-react'
import { useMemo, useState } from 'react'
import { useStore } from 'zustand'
import type { ShareView } from '../../../shared/views.ts'
import { formatBytes, formatCount, plural } from '../../format.ts'
import { useStores } from '../../state/context.ts'
import { useAsked } from '../../state/use-asked.ts'
import { followOf, missingOf } from '../../state/file-query.ts'
import type { FilesFilter } from '../../state/select-files.ts'
import { FetchAllDialog } from './FetchAllDialog.tsx'
import { FollowDialog } from './FollowDialog.tsx'
import { FollowsDialog } from './FollowsDialog.tsx'
import { StickButton } from './StickButton.tsx'

interface LogsBulkProps {
  /** What passes the filters, as it is shown. */
  readonly shown: readonly ShareView[]
  readonly total: number
  readonly filter: FilesFilter
}

/** How many files are shown, and what can be done with all of them. */
export function LogsBulk({ shown, total, filter }: LogsBulkProps) {
  const { follows } = useStores()
  const [open, setOpen] = useState<'fetch' | 'follow' | 'follows' | null>(null)
  const followed = useStore(follows.store, (state) => (state.phase === 'ready' ? state.value.length : 0))
  const bytes = useMemo(() => shown.reduce((sum, share) => sum + share.sizeBytes, 0), [shown])
  const missing = useMemo(() => missingOf(shown), [shown])
  useAsked(follows)
  const close = (): void => setOpen(null)
  return (
    <div className="toolbar">
      <output className="dim">
        {shown.length === total
          ? `${plural(total, 'file')}, ${formatBytes(bytes)}`
          : `${formatCount(shown.length)} of ${plural(total, 'file')}, ${formatBytes(bytes)}`}
      </output>
      <div className="toolbar-end">
        <Button
          size="xs"
          variant="default"
          disabled={missing.shares.length === 0}
          leftSection={<IconDownload size={15} aria-hidden />}
          onClick={() => setOpen('fetch')}
        >
          {missing.shares.length === 0
            ? 'All shown are here'
            : `Fetch all shown (${plural(missing.shares.length, 'file')}, ${formatBytes(missing.bytes)})`}
        </Button>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconRss size={15} aria-hidden />}
          onClick={() => setOpen('follow')}
        >
          Follow…
        </Button>
        {followed > 0 ? (
          <Button size="xs" variant="subtle" onClick={() => setOpen('follows')}>
            {plural(followed, 'follow')}
          </Button>
        ) : null}
        <StickButton {...(shown.length === total ? {} : { shown })} />
      </div>
      {open === 'fetch' ? <FetchAllDialog shares={missing.shares} bytes={missing.bytes} onClose={close} /> : null}
      {open === 'follow' ? <FollowDialog followable={followOf(filter, shown)} onClose={close} /> : null}
      {open === 'follows' ? <FollowsDialog onClose={close} /> : null}
    </div>
  )
}
