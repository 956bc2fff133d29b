import { Button } from '@mantine/core'
import { IconFileImport, IconStack2 } from '@tabler/icons-react'
import { useMemo } from 'react'
import type { Cid } from '../../shared/ids.ts'
import type { CheckpointView } from '../../shared/checkpoint-views.ts'
import { Age } from '../parts/Age.tsx'
import { CatchUpPanel } from '../parts/checkpoints/CatchUp.tsx'
import { CheckpointPanel } from '../parts/checkpoints/CheckpointPanel.tsx'
import { checkpointColumns } from '../parts/checkpoints/checkpoint-columns.tsx'
import { importCheckpoint } from '../parts/checkpoints/import-checkpoint.ts'
import { DataTable } from '../parts/DataTable.tsx'
import { NewPill } from '../parts/NewPill.tsx'
import { pickFiles } from '../parts/pick-files.ts'
import { ProblemNote } from '../parts/Problem.tsx'
import { SidePanel, useSideRoom } from '../parts/SidePanel.tsx'
import { Empty, Failed, Loading } from '../parts/States.tsx'
import { useHeld } from '../parts/use-held.ts'
import { go } from '../route.ts'
import { useStores } from '../state/context.ts'
import { useAct } from '../state/use-act.ts'
import { useLive, useStatus } from '../state/use-live.ts'

const idOf = (checkpoint: CheckpointView): string => checkpoint.root
const isAged = (checkpoint: CheckpointView): boolean => !checkpoint.believable

/** Summaries of all live records, from which a newcomer starts and which a stick can carry. */
export function CheckpointsPage({ chosen }: { readonly chosen: Cid | null }) {
  const stores = useStores()
  const { checkpoints, bridge } = stores
  const live = useLive(checkpoints)
  const status = useStatus()
  const { busy, problem, run } = useAct()
  const create = (
    <Button
      size="xs"
      color="duck"
      loading={busy}
      leftSection={<IconStack2 size={15} aria-hidden />}
      onClick={() =>
        run(async () => {
          const made = await bridge.api.checkpoints.create()
          go({ page: 'checkpoints', root: made.root })
        })
      }
    >
      Make a checkpoint
    </Button>
  )
  const take = (
    <Button
      size="xs"
      variant="default"
      leftSection={<IconFileImport size={15} aria-hidden />}
      onClick={() =>
        void pickFiles().then(async ([file]) => {
          if (file !== undefined) await importCheckpoint(stores, file)
        })
      }
    >
      Import a CAR file
    </Button>
  )
  return (
    <div className="page">
      <div className="page-head">
        <h1>Checkpoints</h1>
        <span className="dim">
          One is made every few minutes when something changed. Drop a .car file here to take it over.
        </span>
        {take}
        {create}
      </div>
      <ProblemNote problem={problem} />
      {status === null ? null : <CatchUpPanel catchUp={status.catchUp} />}
      {live.phase === 'failed' ? (
        <Failed title="The checkpoints could not be read" problem={live.problem} onRetry={checkpoints.retry} />
      ) : null}
      {live.phase === 'idle' || live.phase === 'loading' ? <Loading label="Loading the checkpoints" rows={5} /> : null}
      {live.phase === 'ready' && live.items.size === 0 ? (
        <Empty
          title="No checkpoint yet"
          picture={<IconStack2 className="state-picture" stroke={1.2} aria-hidden />}
          actions={
            <>
              {create}
              {take}
            </>
          }
        >
          <p>
            A checkpoint is a summary of all live records: a newcomer takes the newest one that members speak for, and a
            USB stick can carry one between networks that never meet, with the same checks as the network.
          </p>
        </Empty>
      ) : null}
      {live.phase === 'ready' && live.items.size > 0 ? <CheckpointsReady items={live.items} chosen={chosen} /> : null}
    </div>
  )
}

interface ReadyProps {
  readonly items: ReadonlyMap<string, CheckpointView>
  readonly chosen: Cid | null
}

function CheckpointsReady({ items, chosen }: ReadyProps) {
  const sorted = useMemo(
    () => [...items.values()].sort((a, b) => b.atMs - a.atMs || a.root.localeCompare(b.root)),
    [items],
  )
  const held = useHeld(sorted, idOf, 'newest first')
  const wide = useSideRoom()
  const checkpoint = chosen === null ? null : (items.get(chosen) ?? null)
  const close = (): void => go({ page: 'checkpoints', root: null })
  const panel =
    checkpoint === null ? null : (
      <SidePanel
        label="Checkpoint"
        title={
          <>
            Checkpoint of <Age atMs={checkpoint.atMs} />
          </>
        }
        onClose={close}
      >
        <CheckpointPanel checkpoint={checkpoint} />
      </SidePanel>
    )
  return (
    <>
      {held.waiting > 0 ? <NewPill waiting={held.waiting} onShow={held.release} /> : null}
      <div className="split" data-open={wide && checkpoint !== null} data-side="wide">
        <div {...held.pointer} style={{ minWidth: 0 }}>
          <DataTable
            label="Checkpoints"
            columns={checkpointColumns}
            items={held.items}
            idOf={idOf}
            isAged={isAged}
            chosenId={chosen}
            onOpen={(one) => go({ page: 'checkpoints', root: one.root })}
          />
        </div>
        {panel}
      </div>
      {chosen !== null && checkpoint === null ? (
        <output className="dim">
          This peer does not keep the checkpoint <span className="mono">{chosen}</span> any more.
        </output>
      ) : null}
    </>
  )
}
