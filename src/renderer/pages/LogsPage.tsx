import { Button, Drawer, Select } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { IconUpload } from '@tabler/icons-react'
import { useMemo, useState } from 'react'
import { useStore } from 'zustand'
import type { Cid } from '../../shared/ids.ts'
import type { ShareView } from '../../shared/views.ts'
import { plural, formatBytes } from '../format.ts'
import { Facet } from '../parts/Facet.tsx'
import { FilePanel, FilePanelHead } from '../parts/FilePanel.tsx'
import { FilesTable } from '../parts/FilesTable.tsx'
import { NewPill } from '../parts/NewPill.tsx'
import { pickFiles } from '../parts/pick-files.ts'
import { SearchField } from '../parts/SearchField.tsx'
import { shareFiles } from '../parts/SharedDrop.tsx'
import { Empty, Failed, Loading } from '../parts/States.tsx'
import { useHeld } from '../parts/use-held.ts'
import { go } from '../route.ts'
import { useMinute } from '../state/clock.ts'
import { useStores } from '../state/context.ts'
import { arrangeFiles, fileKind, noFilesFilter, type FilesFilter } from '../state/select-files.ts'
import { countBy } from '../state/select-fleet.ts'

const idOf = (share: ShareView): string => share.cid

function ShareButton() {
  const stores = useStores()
  return (
    <Button
      size="xs"
      color="duck"
      leftSection={<IconUpload size={15} aria-hidden />}
      onClick={() => void pickFiles().then((files) => shareFiles(stores, files))}
    >
      Share a file
    </Button>
  )
}

/** The swarm's files, and the way to add to them. */
export function LogsPage({ chosen }: { readonly chosen: Cid | null }) {
  const { files } = useStores()
  const live = useStore(files.store)
  const total = live.phase === 'ready' ? [...live.items.values()].reduce((sum, share) => sum + share.sizeBytes, 0) : 0
  return (
    <div className="page">
      <div className="page-head">
        <h1>
          Logs{' '}
          {live.phase === 'ready' && live.items.size > 0 ? (
            <span className="dim" style={{ fontSize: '0.85rem', fontWeight: 400 }}>
              {plural(live.items.size, 'file')}, {formatBytes(total)}
            </span>
          ) : null}
        </h1>
        <span className="dim">Drop files anywhere in this window to share them.</span>
        <ShareButton />
      </div>
      {live.phase === 'failed' ? (
        <Failed title="The shared files could not be read" problem={live.problem} onRetry={files.retry} />
      ) : null}
      {live.phase === 'idle' || live.phase === 'loading' ? <Loading label="Loading the shared files" rows={9} /> : null}
      {live.phase === 'ready' && live.items.size === 0 ? (
        <Empty title="Nothing is shared yet" actions={<ShareButton />}>
          <p>
            Logs that robots put into their share folders appear here by themselves, and so does what you drop into this
            window. Every file is known by its content: a copy from any peer is checked and is the same.
          </p>
        </Empty>
      ) : null}
      {live.phase === 'ready' && live.items.size > 0 ? <LogsReady items={live.items} chosen={chosen} /> : null}
    </div>
  )
}

const times = [
  { value: '0', label: 'Any time' },
  { value: '3600000', label: 'Last hour' },
  { value: '86400000', label: 'Last 24 h' },
  { value: '604800000', label: 'Last 7 d' },
]

const sizes = [
  { value: '0', label: 'Any size' },
  { value: '1000000', label: 'Over 1 MB' },
  { value: '100000000', label: 'Over 100 MB' },
  { value: '1000000000', label: 'Over 1 GB' },
]

function LogsReady({ items, chosen }: { readonly items: ReadonlyMap<string, ShareView>; readonly chosen: Cid | null }) {
  const { prefs } = useStores()
  const sort = useStore(prefs, (state) => state.logsSort)
  const [filter, setFilter] = useState<FilesFilter>(noFilesFilter)
  const minuteMs = useMinute()
  const wide = useMediaQuery('(min-width: 75em)', true)
  const arranged = useMemo(() => arrangeFiles(items.values(), filter, sort, minuteMs), [items, filter, sort, minuteMs])
  const held = useHeld(arranged, idOf, JSON.stringify([filter, sort]))
  const facets = useMemo(
    () => ({
      origins: countBy(items.values(), (share) => share.originName),
      types: countBy(items.values(), fileKind),
    }),
    [items],
  )
  const share = chosen === null ? null : (items.get(chosen) ?? null)
  const close = (): void => go({ page: 'logs', file: null })
  return (
    <>
      <search className="toolbar" aria-label="Filter the files">
        <SearchField
          label="Search files"
          value={filter.search}
          onChange={(search) => setFilter({ ...filter, search })}
        />
        <Facet
          label="Robot"
          options={facets.origins}
          chosen={filter.origins}
          onChange={(origins) => setFilter({ ...filter, origins })}
        />
        <Facet
          label="Type"
          options={facets.types}
          chosen={filter.types}
          onChange={(types) => setFilter({ ...filter, types })}
        />
        <Select
          size="xs"
          w="8rem"
          aria-label="Time"
          data={times}
          allowDeselect={false}
          value={String(filter.withinMs ?? 0)}
          onChange={(value) =>
            setFilter({ ...filter, withinMs: value === null || value === '0' ? null : Number(value) })
          }
        />
        <Select
          size="xs"
          w="8rem"
          aria-label="Size"
          data={sizes}
          allowDeselect={false}
          value={String(filter.minBytes)}
          onChange={(value) => setFilter({ ...filter, minBytes: Number(value ?? 0) })}
        />
      </search>
      {held.waiting > 0 ? <NewPill waiting={held.waiting} onShow={held.release} /> : null}
      <div className="split" data-open={wide && share !== null}>
        <div {...held.pointer} style={{ minWidth: 0 }}>
          {arranged.length === 0 ? (
            <Empty
              title="No file passes these filters"
              actions={
                <button type="button" className="facet" onClick={() => setFilter(noFilesFilter)}>
                  Show all {items.size}
                </button>
              }
            >
              <p>Loosen the search or the filters above.</p>
            </Empty>
          ) : (
            <FilesTable
              shares={held.items}
              chosen={chosen}
              sort={sort}
              onSort={(logsSort) => prefs.setState({ logsSort })}
            />
          )}
        </div>
        {wide && share !== null ? (
          <aside className="panel side" aria-label={`File ${share.name}`}>
            <FilePanelHead name={share.name} onClose={close} />
            <FilePanel share={share} />
          </aside>
        ) : null}
      </div>
      {!wide && share !== null ? (
        <Drawer
          opened
          onClose={close}
          position="right"
          size="md"
          title={share.name}
          closeButtonProps={{ 'aria-label': 'Close' }}
          overlayProps={{ backgroundOpacity: 0.3 }}
          styles={{ title: { overflowWrap: 'anywhere', lineHeight: 1.3 } }}
        >
          <div className="side-body">
            <FilePanel share={share} />
          </div>
        </Drawer>
      ) : null}
      {chosen !== null && share === null ? (
        <output className="dim">
          Nobody this peer hears shares <span className="mono">{chosen}</span> now.
        </output>
      ) : null}
    </>
  )
}
