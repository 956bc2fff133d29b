import { useCallback, useMemo, useState } from 'react'
import { useStore } from 'zustand'
import type { MachineView } from '../../shared/views.ts'
import { CardGrid } from '../parts/CardGrid.tsx'
import { DataTable } from '../parts/DataTable.tsx'
import { fleetColumns } from '../parts/fleet-columns.tsx'
import { FleetToolbar } from '../parts/FleetToolbar.tsx'
import { LabButton } from '../parts/LabButton.tsx'
import { NewPill } from '../parts/NewPill.tsx'
import { NoFleet } from '../parts/NoFleet.tsx'
import { NonePasses } from '../parts/NonePasses.tsx'
import { sayFailed } from '../parts/SharedDrop.tsx'
import { AskBanner, SelfNotice } from '../parts/trust/AskBanner.tsx'
import { Failed, Loading } from '../parts/States.tsx'
import { useHeld } from '../parts/use-held.ts'
import { go } from '../route.ts'
import { useStores } from '../state/context.ts'
import { arrangeFleet, isFiltered, noFleetFilter, type FleetFilter } from '../state/select-fleet.ts'

const idOf = (machine: MachineView): string => machine.peer
const isAged = (machine: MachineView): boolean => machine.status === 'gone' || machine.status === 'unknown'
const open = (machine: MachineView): void => go({ page: 'robot', peer: machine.peer, tab: 'health' })

/** Every machine of the swarm, as cards or as a table. */
export function FleetPage() {
  const { fleet } = useStores()
  const live = useStore(fleet.store)
  return (
    <div className="page">
      {live.phase === 'ready' ? (
        <FleetReady items={live.items} />
      ) : (
        <>
          <h1>Fleet</h1>
          {live.phase === 'failed' ? (
            <Failed title="The fleet could not be read" problem={live.problem} onRetry={fleet.retry} />
          ) : (
            <Loading label="Loading the fleet" heightRem={7} rows={5} />
          )}
        </>
      )}
    </div>
  )
}

function FleetReady({ items }: { readonly items: ReadonlyMap<string, MachineView> }) {
  const { prefs, bridge } = useStores()
  const view = useStore(prefs, (state) => state.fleetView)
  const sort = useStore(prefs, (state) => state.fleetSort)
  const [filter, setFilter] = useState<FleetFilter>(noFleetFilter)
  const arranged = useMemo(() => arrangeFleet(items.values(), filter, sort), [items, filter, sort])
  const held = useHeld(arranged, idOf, JSON.stringify([filter, sort, view]))
  const forget = useCallback(
    (machine: MachineView) => {
      bridge.api.fleet.forget({ peer: machine.peer }).catch(sayFailed(`${machine.name} was not forgotten`))
    },
    [bridge],
  )
  const others = [...items.values()].some((machine) => !machine.self)
  return (
    <>
      <div className="page-head">
        <h1>Fleet</h1>
        <LabButton quiet />
      </div>
      <SelfNotice />
      <AskBanner />
      <FleetToolbar items={items} filter={filter} onFilter={setFilter} />
      {held.waiting > 0 ? <NewPill waiting={held.waiting} onShow={held.release} /> : null}
      <div {...held.pointer}>
        {view === 'cards' ? (
          <CardGrid machines={held.items} onForget={forget} />
        ) : (
          <DataTable
            label="Machines of the swarm"
            columns={fleetColumns}
            items={held.items}
            idOf={idOf}
            sort={sort}
            onSort={(fleetSort) => prefs.setState({ fleetSort })}
            onOpen={open}
            isAged={isAged}
          />
        )}
      </div>
      {others ? null : <NoFleet />}
      {arranged.length === 0 && isFiltered(filter) ? (
        <NonePasses
          title="No machine passes these filters"
          words="Loosen the search or the chips above."
          total={items.size}
          onShowAll={() => setFilter(noFleetFilter)}
        />
      ) : null}
    </>
  )
}
