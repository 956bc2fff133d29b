import { createStore, type StoreApi } from 'zustand/vanilla'
import type { TransferView } from '../../shared/views.ts'
import type { Live } from './live-store.ts'

/** What of a group has been done and is no longer listed: the peer keeps only its last ended transfers. */
export interface GroupTally {
  readonly doneFiles: number
  readonly doneBytes: number
}

/** Groups that are remembered: far more than a person starts in a day. */
const maxGroups = 200

export interface GroupTallies {
  readonly store: StoreApi<ReadonlyMap<string, GroupTally>>
  readonly start: () => void
  readonly stop: () => void
}

/**
 * Counts those of a group that were seen done and then left the list, as long as others of the group are in it: so that
 * "312 of 20,000" goes on being true. A window that was opened later knows only those that were listed then.
 */
export function createGroupTallies(transfers: StoreApi<Live<TransferView>>): GroupTallies {
  const store = createStore<ReadonlyMap<string, GroupTally>>(() => new Map())
  let undo: (() => void) | null = null

  const compare = (now: Live<TransferView>, before: Live<TransferView>): void => {
    if (now.phase !== 'ready' || before.phase !== 'ready' || now.items === before.items) return
    const gone: TransferView[] = []
    for (const [id, transfer] of before.items) {
      if (transfer.group !== null && transfer.state === 'done' && !now.items.has(id)) gone.push(transfer)
    }
    if (gone.length === 0) return
    const alive = new Set<string>()
    for (const { group } of now.items.values()) if (group !== null) alive.add(group.id)
    const tallies = new Map([...store.getState()].filter(([id]) => alive.has(id)).slice(-maxGroups))
    for (const { group, sizeBytes, doneBytes } of gone) {
      if (group === null || !alive.has(group.id)) continue
      const known = tallies.get(group.id) ?? { doneFiles: 0, doneBytes: 0 }
      tallies.set(group.id, {
        doneFiles: known.doneFiles + 1,
        doneBytes: known.doneBytes + (sizeBytes ?? doneBytes),
      })
    }
    store.setState(tallies, true)
  }

  return {
    store,
    start: () => {
      undo ??= transfers.subscribe(compare)
    },
    stop: () => {
      undo?.()
      undo = null
    },
  }
}
