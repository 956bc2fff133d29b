import { SegmentedControl } from '@mantine/core'
import { useMemo } from 'react'
import { useStore } from 'zustand'
import { standingSchema } from '../../shared/trust-views.ts'
import type { MachineStatus, MachineView } from '../../shared/views.ts'
import { useStores } from '../state/context.ts'
import type { FleetView } from '../state/prefs.ts'
import { countBy, kindOf, troublesOf, type FleetFilter } from '../state/select-fleet.ts'
import { Choice } from './Choice.tsx'
import { Facet } from './Facet.tsx'
import { SearchField } from './SearchField.tsx'

interface FleetToolbarProps {
  readonly items: ReadonlyMap<string, MachineView>
  readonly filter: FleetFilter
  readonly onFilter: (filter: FleetFilter) => void
}

const statuses: readonly MachineStatus[] = ['alive', 'suspect', 'gone', 'unknown']

const sorts = [
  { value: 'name', label: 'By name' },
  { value: 'trouble', label: 'Trouble first' },
  { value: 'type', label: 'By type' },
  { value: 'version', label: 'By version' },
  { value: 'heard', label: 'Last heard first' },
  { value: 'cpu', label: 'Busiest first' },
  { value: 'temperature', label: 'Hottest first' },
  { value: 'battery', label: 'Emptiest battery first' },
  { value: 'disk', label: 'Fullest disk first' },
] as const

/** Sorts whose useful end is the high one. */
const highFirst: ReadonlySet<string> = new Set(['cpu', 'temperature', 'disk'])

/** Search, chips, order and view of the fleet. */
export function FleetToolbar({ items, filter, onFilter }: FleetToolbarProps) {
  const { prefs } = useStores()
  const view = useStore(prefs, (state) => state.fleetView)
  const sort = useStore(prefs, (state) => state.fleetSort)
  const facets = useMemo(() => {
    const machines = [...items.values()]
    return {
      trouble: machines.filter((machine) => troublesOf(machine).length > 0).length,
      kinds: countBy(machines, kindOf),
      versions: countBy(machines, (machine) => machine.version ?? 'unknown'),
      standings: countBy(machines, (machine) => machine.standing),
      statuses: countBy(machines, (machine) => machine.status),
    }
  }, [items])
  return (
    <search className="toolbar" aria-label="Filter the fleet">
      <SearchField
        label="Search machines"
        value={filter.search}
        onChange={(search) => onFilter({ ...filter, search })}
      />
      {facets.trouble > 0 || filter.trouble ? (
        <button
          type="button"
          className="facet"
          data-on={filter.trouble}
          aria-pressed={filter.trouble}
          onClick={() => onFilter({ ...filter, trouble: !filter.trouble })}
        >
          Trouble: {facets.trouble}
        </button>
      ) : null}
      <Facet
        label="Type"
        options={facets.kinds}
        chosen={filter.kinds}
        onChange={(kinds) => onFilter({ ...filter, kinds })}
      />
      <Facet
        label="Version"
        options={facets.versions}
        chosen={filter.versions}
        onChange={(versions) => onFilter({ ...filter, versions })}
      />
      <Facet
        label="Status"
        options={facets.statuses}
        chosen={filter.statuses}
        onChange={(chosen) => onFilter({ ...filter, statuses: statuses.filter((status) => chosen.includes(status)) })}
      />
      {facets.standings.some(({ value }) => value === 'stranger' || value === 'revoked') ||
      filter.standings.length > 0 ? (
        <Facet
          label="Standing"
          options={facets.standings}
          chosen={filter.standings}
          onChange={(chosen) =>
            onFilter({ ...filter, standings: standingSchema.options.filter((one) => chosen.includes(one)) })
          }
        />
      ) : null}
      <span className="toolbar-end">
        {view === 'cards' ? (
          <Choice
            w="11rem"
            aria-label="Order of the cards"
            data={[...sorts]}
            value={sort.by}
            onChange={(by) => {
              if (by !== null) prefs.setState({ fleetSort: { by, down: highFirst.has(by) } })
            }}
          />
        ) : null}
        <SegmentedControl
          size="xs"
          aria-label="View"
          value={view}
          data={[
            { value: 'cards', label: 'Cards' },
            { value: 'table', label: 'Table' },
          ]}
          onChange={(value: string) =>
            prefs.setState({ fleetView: value === 'table' ? 'table' : ('cards' satisfies FleetView) })
          }
        />
      </span>
    </search>
  )
}
