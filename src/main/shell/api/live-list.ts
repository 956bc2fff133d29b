import type { AsyncIteratorClass } from '@orpc/server'
import { maxPieceItems } from '../../../shared/contract/live.ts'
import type { Unsubscribe } from '../../base/emitter.ts'
import { live, type LiveOptions } from './live.ts'

/**
 * Changed ids that one subscriber may have waiting; past that it gets a snapshot instead. As many as files may be shared:
 * when a machine goes, all that it holds changes. It is 3 MB for a reader that stands still, which is let go soon.
 */
const maxDirty = 50_000

export interface ListSource<Item> {
  /** Of all items, in the order in which they are to be seen. */
  ids(): Iterable<string>
  /** Undefined for what is not in the list, or no longer. */
  get(id: string): Item | undefined
  subscribe(changed: (ids: readonly string[]) => void): Unsubscribe
}

/** `LiveEvent` of the contract, with the arrays that zod's types want; each event is the reader's alone. */
export type LiveListEvent<Item> =
  | { type: 'snapshot'; items: Item[]; left: number }
  | { type: 'more'; items: Item[]; left: number }
  | { type: 'changes'; changed: Item[]; removed: string[]; left: number }

/**
 * A list, live: a snapshot, then the items that changed and the ids of those that went. Each event has so many items at
 * most that making it holds nobody up; the next is made when the reader pulls it, from what is true then.
 */
export function liveList<Item>(
  source: ListSource<Item>,
  options: LiveOptions,
): AsyncIteratorClass<LiveListEvent<Item>, undefined> {
  const dirty = new Set<string>()
  let overflow = false
  /** Of a snapshot, what is still to be told. */
  let rest: readonly string[] = []
  let at = 0
  /** Changes that had no room among those told last. */
  let late = false

  const piece = <Type extends 'snapshot' | 'more'>(type: Type) => {
    const ids = rest.slice(at, at + maxPieceItems)
    at += ids.length
    const left = rest.length - at
    if (left === 0) {
      rest = []
      at = 0
    }
    const items: Item[] = []
    for (const id of ids) {
      const item = source.get(id)
      // One that is gone may have been told among the changes, before its turn: that it is gone is told there, too.
      if (item === undefined) continue
      items.push(item)
      dirty.delete(id)
    }
    return { type, items, left }
  }
  const snapshot = () => {
    rest = [...source.ids()]
    at = 0
    late = false
    dirty.clear()
    return piece('snapshot')
  }
  const changes = () => {
    const changed: Item[] = []
    const removed: string[] = []
    for (const id of dirty) {
      dirty.delete(id)
      const item = source.get(id)
      if (item === undefined) removed.push(id)
      else changed.push(item)
      if (changed.length + removed.length >= maxPieceItems) break
    }
    late = dirty.size > 0
    return { type: 'changes' as const, changed, removed, left: dirty.size }
  }
  return live<LiveListEvent<Item>>(
    {
      subscribe: (wake) =>
        source.subscribe((ids) => {
          for (const id of ids) {
            if (dirty.size >= maxDirty) overflow = true
            else dirty.add(id)
          }
          wake()
        }),
      first: snapshot,
      next: () => {
        if (overflow) {
          overflow = false
          return snapshot()
        }
        // A snapshot that takes minutes is worth little while what it has told already grows old: they take turns.
        if (rest.length > 0 && (late || dirty.size < maxPieceItems)) {
          late = false
          return piece('more')
        }
        return dirty.size === 0 ? null : changes()
      },
      hasRest: () => rest.length > 0 || late,
    },
    options,
  )
}
