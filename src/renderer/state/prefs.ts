import { createStore, type StoreApi } from 'zustand/vanilla'

export type FleetView = 'cards' | 'table'
export interface Sort {
  readonly by: string
  readonly down: boolean
}

/** How this person likes the pages; of this window alone, so kept in the browser's storage and not at the peer. */
export interface Prefs {
  readonly fleetView: FleetView
  readonly fleetSort: Sort
  readonly logsSort: Sort
  readonly rangeMs: number
}

const storageKey = 'dt-swarm:prefs'
const defaults: Prefs = {
  fleetView: 'cards',
  fleetSort: { by: 'name', down: false },
  logsSort: { by: 'time', down: true },
  rangeMs: 5 * 60_000,
}

/** Reads what was kept and keeps what changes. What cannot be read counts as never set. */
export function createPrefsStore(storage: Pick<Storage, 'getItem' | 'setItem'> | null): StoreApi<Prefs> {
  const store = createStore<Prefs>(() => ({ ...defaults, ...readKept(storage) }))
  store.subscribe((prefs) => {
    try {
      storage?.setItem(storageKey, JSON.stringify(prefs))
    } catch {
      // Full or closed storage costs the memory of a preference, nothing else.
    }
  })
  return store
}

function readKept(storage: Pick<Storage, 'getItem'> | null): Partial<Prefs> {
  try {
    const kept: unknown = JSON.parse(storage?.getItem(storageKey) ?? '{}')
    if (typeof kept !== 'object' || kept === null) return {}
    const out: { -readonly [Key in keyof Prefs]?: Prefs[Key] } = {}
    if ('fleetView' in kept && (kept.fleetView === 'cards' || kept.fleetView === 'table'))
      out.fleetView = kept.fleetView
    if ('fleetSort' in kept && isSort(kept.fleetSort)) out.fleetSort = kept.fleetSort
    if ('logsSort' in kept && isSort(kept.logsSort)) out.logsSort = kept.logsSort
    if ('rangeMs' in kept && typeof kept.rangeMs === 'number') out.rangeMs = kept.rangeMs
    return out
  } catch {
    return {}
  }
}

function isSort(value: unknown): value is Sort {
  return (
    typeof value === 'object' &&
    value !== null &&
    'by' in value &&
    typeof value.by === 'string' &&
    'down' in value &&
    typeof value.down === 'boolean'
  )
}
