import { memo, useDeferredValue, useState } from 'react'
import { useStore } from 'zustand'
import type { Cid } from '../../shared/ids.ts'
import type { ShareView } from '../../shared/views.ts'
import { FilesTable } from '../parts/FilesTable.tsx'
import { AtRiskNotice } from '../parts/logs/AtRiskNotice.tsx'
import { FilePanel } from '../parts/logs/FilePanel.tsx'
import { LogsBulk } from '../parts/logs/LogsBulk.tsx'
import { LogsToolbar } from '../parts/logs/LogsToolbar.tsx'
import { RecordingsTimeline } from '../parts/logs/RecordingsTimeline.tsx'
import { ShareButtons } from '../parts/logs/ShareButtons.tsx'
import { StickButton } from '../parts/logs/StickButton.tsx'
import { NewPill } from '../parts/NewPill.tsx'
import { NonePasses } from '../parts/NonePasses.tsx'
import { SidePanel, useSideRoom } from '../parts/SidePanel.tsx'
import { Empty, Failed, Loading } from '../parts/States.tsx'
import { Stepwise } from '../parts/Stepwise.tsx'
import { useHeld } from '../parts/use-held.ts'
import { go } from '../route.ts'
import { useMinute } from '../state/clock.ts'
import { useStores } from '../state/context.ts'
import { noFilesFilter, type FilesFilter } from '../state/select-files.ts'
import { useArranged } from '../state/use-arranged.ts'
import { useSettled } from '../state/use-settled.ts'

const idOf = (share: ShareView): string => share.cid
const none: readonly ShareView[] = []

/** The swarm's files, and the way to add to them. */
export function LogsPage({ chosen }: { readonly chosen: Cid | null }) {
  const { files } = useStores()
  // What comes is drawn in slices between which the window answers; the first file alone would hold it up for 100 ms.
  const live = useDeferredValue(useStore(files.store))
  return (
    <div className="page">
      <div className="page-head">
        <h1>Logs</h1>
        <span className="dim">Drop files or folders anywhere in this window to share them.</span>
        <ShareButtons />
      </div>
      {live.phase === 'failed' ? (
        <Failed title="The shared files could not be read" problem={live.problem} onRetry={files.retry} />
      ) : null}
      {live.phase === 'idle' || live.phase === 'loading' ? <Loading label="Loading the shared files" rows={9} /> : null}
      {live.phase === 'ready' && live.items.size === 0 ? (
        <Empty
          title="Nothing is shared yet"
          actions={
            <>
              <ShareButtons />
              <StickButton />
            </>
          }
        >
          <p>
            Logs that robots put into their share folders appear here by themselves, and so does what you drop into this
            window. Every file is known by its content: a copy from any peer is checked and is the same.
          </p>
        </Empty>
      ) : null}
      {live.phase === 'ready' && live.items.size > 0 ? (
        <LogsReady items={live.items} left={live.left} chosen={chosen} />
      ) : null}
    </div>
  )
}

interface LogsReadyProps {
  readonly items: ReadonlyMap<string, ShareView>
  /** How many of a long list are still to come. */
  readonly left: number
  readonly chosen: Cid | null
}

const LogsReady = memo(function LogsReady({ items, left, chosen }: LogsReadyProps) {
  const { prefs } = useStores()
  const sort = useStore(prefs, (state) => state.logsSort)
  const [filter, setFilter] = useState<FilesFilter>(noFilesFilter)
  // 20,000 files are searched when the typing rests, not at each key.
  const settled = useSettled(filter, items.size > 2_000 ? 200 : 0)
  const minuteMs = useMinute()
  const wide = useSideRoom()
  const arranged = useArranged(items, settled, sort, minuteMs)
  const held = useHeld(arranged?.shown ?? none, idOf, arranged?.key ?? '')
  if (arranged === null) return <Loading label="Arranging the shared files" rows={9} />
  const share = chosen === null ? null : (items.get(chosen) ?? null)
  return (
    <Stepwise>
      <RecordingsTimeline
        shares={arranged.anyTime}
        chosen={filter.range}
        onChoose={(range) => setFilter((now) => ({ ...now, range }))}
      />
      <AtRiskNotice shares={items} onShow={() => setFilter({ ...noFilesFilter, marks: ['at risk'] })} />
      <LogsToolbar shares={items} filter={filter} onFilter={setFilter} />
      <LogsBulk shown={arranged.shown} total={arranged.total} left={left} filter={arranged.filter} />
      {held.waiting > 0 ? <NewPill waiting={held.waiting} onShow={held.release} /> : null}
      <div className="split" data-open={wide && share !== null} data-side="wide">
        <div {...held.pointer} style={{ minWidth: 0 }}>
          {arranged.shown.length === 0 ? (
            <NonePasses
              title="No file passes these filters"
              words="Loosen the search, the filters or the time above."
              total={items.size}
              onShowAll={() => setFilter(noFilesFilter)}
            />
          ) : (
            <FilesTable
              shares={held.items}
              chosen={chosen}
              sort={sort}
              onSort={(logsSort) => prefs.setState({ logsSort })}
            />
          )}
        </div>
        {share === null ? null : (
          <SidePanel label={`File ${share.name}`} title={share.name} onClose={() => go({ page: 'logs', file: null })}>
            <FilePanel key={share.cid} share={share} />
          </SidePanel>
        )}
      </div>
      {chosen !== null && share === null && left === 0 ? (
        <output className="dim">
          Nobody this peer hears shares <span className="mono">{chosen}</span> now.
        </output>
      ) : null}
    </Stepwise>
  )
})
