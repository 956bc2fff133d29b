import type { Standing } from '../../shared/trust-views.ts'
import type { MachineStatus, MachineView } from '../../shared/views.ts'
import { formatCelsius, formatPercent, plural } from '../format.ts'
import type { Sort } from './prefs.ts'

export type Level = 'ok' | 'look' | 'act' | 'unknown'

export interface Trouble {
  readonly level: 'look' | 'act'
  readonly text: string
}

/** What a machine is, in one word: its Duckietown type, else its role. */
export function kindOf(machine: MachineView): string {
  return machine.robot?.type ?? machine.role ?? 'unknown'
}

export function isRobot(machine: MachineView): boolean {
  return machine.robot !== null || machine.role === 'robot'
}

/**
 * What is wrong with a machine, worst first. A Raspberry Pi throttles at 80 °C; a full disk stops logging;
 * a Duckiebattery below a tenth is about to switch off.
 */
export function troublesOf(machine: MachineView): readonly Trouble[] {
  const known = troubles.get(machine)
  if (known !== undefined) return known
  const found = findTroubles(machine)
  troubles.set(machine, found)
  return found
}

/** A machine's view never changes, a new one replaces it: what was found once holds as long as the view. */
const troubles = new WeakMap<MachineView, readonly Trouble[]>()

function findTroubles(machine: MachineView): readonly Trouble[] {
  const out: Trouble[] = []
  if (machine.status === 'suspect') out.push({ level: 'look', text: 'overdue' })
  const values = machine.health?.values
  if (values === undefined || machine.status === 'gone') return out
  const { temperatureC, diskPercent, batteryPercent, memoryPercent } = values
  if (temperatureC !== undefined && temperatureC >= 70) {
    out.push({ level: temperatureC >= 80 ? 'act' : 'look', text: `hot, ${formatCelsius(temperatureC)}` })
  }
  if (diskPercent !== undefined && diskPercent >= 85) {
    out.push({ level: diskPercent >= 95 ? 'act' : 'look', text: `disk ${formatPercent(diskPercent)} full` })
  }
  if (batteryPercent !== undefined && batteryPercent <= 25 && machine.health?.batteryCharging !== true) {
    out.push({ level: batteryPercent <= 10 ? 'act' : 'look', text: `battery ${formatPercent(batteryPercent)}` })
  }
  if (memoryPercent !== undefined && memoryPercent >= 92) {
    out.push({ level: 'look', text: `memory ${formatPercent(memoryPercent)} used` })
  }
  return out.sort((a, b) => Number(b.level === 'act') - Number(a.level === 'act'))
}

/** One word for a machine: what is unknown or gone is never called ok. */
export function levelOf(machine: MachineView): Level {
  const worst = troublesOf(machine)[0]
  if (worst !== undefined) return worst.level
  return machine.status === 'alive' ? 'ok' : 'unknown'
}

/** The swarm in one line: "14 robots, 1 needs a look; 2 gone". */
export function fleetHealth(machines: Iterable<MachineView>): { readonly level: Level; readonly text: string } {
  let robots = 0
  let act = 0
  let look = 0
  let gone = 0
  let unknown = 0
  for (const machine of machines) {
    if (!isRobot(machine)) continue
    robots += 1
    const level = levelOf(machine)
    if (level === 'act') act += 1
    else if (level === 'look') look += 1
    else if (machine.status === 'gone') gone += 1
    else if (machine.status === 'unknown') unknown += 1
  }
  if (robots === 0) return { level: 'unknown', text: 'No robots yet' }
  const parts = [
    ...(act > 0 ? [`${act} ${act === 1 ? 'needs' : 'need'} help now`] : []),
    ...(look > 0 ? [`${look} ${look === 1 ? 'needs' : 'need'} a look`] : []),
    ...(gone > 0 ? [`${gone} gone`] : []),
    ...(unknown > 0 ? [`${unknown} never heard`] : []),
  ]
  const level = act > 0 ? 'act' : look > 0 ? 'look' : gone + unknown === robots ? 'unknown' : 'ok'
  return { level, text: `${plural(robots, 'robot')}, ${parts.length === 0 ? 'all well' : parts.join(', ')}` }
}

export interface FleetFilter {
  readonly search: string
  readonly trouble: boolean
  readonly kinds: readonly string[]
  readonly versions: readonly string[]
  readonly statuses: readonly MachineStatus[]
  readonly standings: readonly Standing[]
}

export const noFleetFilter: FleetFilter = {
  search: '',
  trouble: false,
  kinds: [],
  versions: [],
  statuses: [],
  standings: [],
}

export function isFiltered(filter: FleetFilter): boolean {
  const { search, trouble, kinds, versions, statuses, standings } = filter
  return search.trim() !== '' || trouble || kinds.length + versions.length + statuses.length + standings.length > 0
}

function matchesMachine(machine: MachineView, filter: FleetFilter): boolean {
  if (filter.trouble && troublesOf(machine).length === 0) return false
  if (filter.kinds.length > 0 && !filter.kinds.includes(kindOf(machine))) return false
  if (filter.versions.length > 0 && !filter.versions.includes(machine.version ?? 'unknown')) return false
  if (filter.statuses.length > 0 && !filter.statuses.includes(machine.status)) return false
  if (filter.standings.length > 0 && !filter.standings.includes(machine.standing)) return false
  const words = filter.search.trim().toLowerCase()
  if (words === '') return true
  const { name, peer, robot, version, addresses } = machine
  const text = [name, peer, kindOf(machine), robot?.configuration, robot?.hardware, version, ...addresses]
  return text.some((part) => part?.toLowerCase().includes(words))
}

const statusRank: Readonly<Record<MachineStatus, number>> = { alive: 0, suspect: 1, gone: 2, unknown: 3 }
const levelRank: Readonly<Record<Level, number>> = { act: 0, look: 1, unknown: 2, ok: 3 }

type SortValue = string | number | null

/** What each column sorts by; null (not measured) comes last either way. */
const fleetSortValues: Readonly<Record<string, (machine: MachineView) => SortValue>> = {
  name: (machine) => machine.name,
  type: (machine) => kindOf(machine),
  version: (machine) => machine.version,
  status: (machine) => statusRank[machine.status],
  trouble: (machine) => levelRank[levelOf(machine)],
  heard: (machine) => (machine.lastHeardAtMs === null ? null : -machine.lastHeardAtMs),
  cpu: (machine) => machine.health?.values.cpuPercent ?? null,
  temperature: (machine) => machine.health?.values.temperatureC ?? null,
  battery: (machine) => machine.health?.values.batteryPercent ?? null,
  memory: (machine) => machine.health?.values.memoryPercent ?? null,
  disk: (machine) => machine.health?.values.diskPercent ?? null,
  log: (machine) => (machine.lastLog === null ? null : -machine.lastLog.sharedAtMs),
}

/** `duckie2` before `duckie10`. */
const names = new Intl.Collator('en', { numeric: true, sensitivity: 'base' })

export function compareBy<Item>(
  value: (item: Item) => SortValue,
  down: boolean,
  tie: (item: Item) => string,
): (a: Item, b: Item) => number {
  return (a, b) => {
    const left = value(a)
    const right = value(b)
    if (left !== right) {
      if (left === null) return 1
      if (right === null) return -1
      const order =
        typeof left === 'string' && typeof right === 'string'
          ? names.compare(left, right)
          : Number(left) - Number(right)
      if (order !== 0) return down ? -order : order
    }
    return names.compare(tie(a), tie(b))
  }
}

/** Those that pass, in order; ties by name, then by id, so that equal rows never swap. */
export function arrangeFleet(machines: Iterable<MachineView>, filter: FleetFilter, sort: Sort): readonly MachineView[] {
  const value = fleetSortValues[sort.by] ?? ((machine: MachineView) => machine.name)
  return [...machines]
    .filter((machine) => matchesMachine(machine, filter))
    .sort(compareBy(value, sort.down, (machine) => `${machine.name} ${machine.peer}`))
}

/** The values of one property with how many have it, most frequent first. */
export function countBy<Item>(
  items: Iterable<Item>,
  value: (item: Item) => string,
): readonly { readonly value: string; readonly count: number }[] {
  const counts = new Map<string, number>()
  for (const item of items) counts.set(value(item), (counts.get(value(item)) ?? 0) + 1)
  return [...counts]
    .map(([key, count]) => ({ value: key, count }))
    .sort((a, b) => b.count - a.count || names.compare(a.value, b.value))
}
