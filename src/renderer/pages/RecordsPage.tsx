import { Button, Select } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useCallback, useEffect, useMemo, useState } from 'react'
import { useStore } from 'zustand'
import type { PeerId, RecordId } from '../../shared/ids.ts'
import type { BucketSummaryView, RecordView } from '../../shared/record-views.ts'
import { recordStateSchema } from '../../shared/record-views.ts'
import { plural } from '../format.ts'
import { NewPill } from '../parts/NewPill.tsx'
import { AuthorSelect } from '../parts/records/AuthorSelect.tsx'
import { BucketHead, BucketList } from '../parts/records/BucketList.tsx'
import { ChosenRecord } from '../parts/records/ChosenRecord.tsx'
import { ProposeDialog } from '../parts/records/ProposeDialog.tsx'
import { RecordsTable } from '../parts/records/RecordsTable.tsx'
import { SearchField } from '../parts/SearchField.tsx'
import { useSideRoom } from '../parts/SidePanel.tsx'
import { Empty, Failed, Loading } from '../parts/States.tsx'
import { useHeld } from '../parts/use-held.ts'
import { go } from '../route.ts'
import { useStores } from '../state/context.ts'
import { createRecordsList, maxShown, type RecordsFilter, type RecordState } from '../state/records-list.ts'
import { useLive } from '../state/use-live.ts'
import { useSettled } from '../state/use-settled.ts'

const idOf = (record: RecordView): string => record.id

interface RecordsPageProps {
  readonly bucket: string | null
  readonly record: RecordId | null
}

/** Buckets left, records middle, one record right. */
export function RecordsPage({ bucket, record }: RecordsPageProps) {
  const { buckets } = useStores()
  const live = useLive(buckets)
  const [proposing, setProposing] = useState(false)
  const all = useMemo(() => (live.phase === 'ready' ? [...live.items.values()] : []), [live])
  const mayPropose = all.some((one) => one.mayPropose)
  return (
    <div className="page">
      <div className="page-head">
        <h1>Records</h1>
        <span className="dim">Every signed statement that this peer holds, and what makes it count.</span>
        {mayPropose ? (
          <Button
            size="xs"
            color="duck"
            leftSection={<IconPlus size={15} aria-hidden />}
            onClick={() => setProposing(true)}
          >
            Propose a record
          </Button>
        ) : null}
      </div>
      {live.phase === 'failed' ? (
        <Failed title="The buckets could not be read" problem={live.problem} onRetry={buckets.retry} />
      ) : null}
      {live.phase === 'idle' || live.phase === 'loading' ? <Loading label="Loading the buckets" rows={9} /> : null}
      {live.phase === 'ready' ? <RecordsReady buckets={all} bucket={bucket} record={record} /> : null}
      {proposing ? (
        <ProposeDialog
          buckets={all}
          bucket={bucket}
          onDone={(made) => go({ page: 'records', bucket: made.bucket, record: made.id })}
          onClose={() => setProposing(false)}
        />
      ) : null}
    </div>
  )
}

interface ReadyProps extends RecordsPageProps {
  readonly buckets: readonly BucketSummaryView[]
}

function RecordsReady({ buckets, bucket, record }: ReadyProps) {
  const { bridge } = useStores()
  const [state, setState] = useState<RecordState | null>(null)
  const [author, setAuthor] = useState<PeerId | null>(null)
  const [search, setSearch] = useState('')
  const settled = useSettled(search, 250)
  const filter = useMemo<RecordsFilter>(
    () => ({ bucket, state, author, search: settled }),
    [bucket, state, author, settled],
  )
  const list = useMemo(() => createRecordsList(bridge), [bridge])
  const shown = useStore(list.store)
  const chosen = buckets.find((one) => one.bucket === bucket)
  // What changes whenever something in view may have: the counts and fingerprints of what is asked for.
  const sign = (chosen === undefined ? buckets : [chosen]).map((one) => `${one.records} ${one.fingerprint}`).join(' ')
  useEffect(() => list.stop, [list])
  useEffect(() => void list.ask(filter), [list, filter])
  useEffect(() => {
    if (list.store.getState().phase === 'ready') list.changed()
  }, [list, sign])
  const held = useHeld(shown.records, idOf, shown.question)
  const wide = useSideRoom()
  const onEnd = useCallback(() => void list.more(), [list])
  const close = (): void => go({ page: 'records', bucket, record: null })
  return (
    <div className="records">
      <BucketList buckets={buckets} chosen={bucket} />
      <div className="stack" style={{ minWidth: 0 }}>
        {chosen === undefined ? null : <BucketHead bucket={chosen} />}
        <search className="toolbar" aria-label="Filter the records">
          <SearchField label="Search records" value={search} onChange={setSearch} />
          <Select
            size="xs"
            w="10rem"
            aria-label="State"
            placeholder="Any state"
            clearable
            data={[...recordStateSchema.options]}
            value={state}
            onChange={(value) => setState(recordStateSchema.options.find((one) => one === value) ?? null)}
          />
          <AuthorSelect author={author} onChange={setAuthor} />
          {shown.stale ? (
            <button type="button" className="facet" data-on onClick={() => void list.load()}>
              Changed meanwhile: read anew
            </button>
          ) : null}
        </search>
        {held.waiting > 0 ? <NewPill waiting={held.waiting} onShow={held.release} /> : null}
        <div className="split" data-open={wide && record !== null} data-side="wide">
          <div {...held.pointer} style={{ minWidth: 0 }}>
            {shown.phase === 'loading' ? <Loading label="Loading the records" rows={8} /> : null}
            {shown.phase === 'failed' && shown.problem !== null ? (
              <Failed title="The records could not be read" problem={shown.problem} onRetry={() => void list.load()} />
            ) : null}
            {shown.phase === 'ready' && shown.records.length === 0 ? (
              <NoRecords filtered={state !== null || author !== null || settled.trim() !== ''} bucket={bucket} />
            ) : null}
            {shown.phase === 'ready' && shown.records.length > 0 ? (
              <>
                <RecordsTable records={held.items} bucket={bucket} chosen={record} onEnd={onEnd} />
                <p className="dim table-foot">
                  {shown.next === null
                    ? plural(shown.records.length, 'record')
                    : shown.records.length >= maxShown
                      ? `The first ${plural(shown.records.length, 'record')}; a search finds the others.`
                      : `${plural(shown.records.length, 'record')} so far; more as you scroll.`}
                </p>
              </>
            ) : null}
          </div>
          {record === null ? null : (
            <ChosenRecord id={record} changedAtMs={shown.atMs} onClose={close} onChanged={list.changed} />
          )}
        </div>
      </div>
    </div>
  )
}

function NoRecords({ filtered, bucket }: { readonly filtered: boolean; readonly bucket: string | null }) {
  if (filtered) {
    return (
      <Empty title="No record passes this search">
        <p>It looks in keys, authors and values. Loosen the words or the state above.</p>
      </Empty>
    )
  }
  return (
    <Empty title={bucket === null ? 'No records yet' : `Nothing in ${bucket} yet`}>
      <p>What peers of this swarm sign appears here as it comes, with who signed it and why it counts.</p>
    </Empty>
  )
}
