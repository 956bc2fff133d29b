import type { LiveEvent } from '../../shared/contract/live.ts'

/** What a live list holds after an event, and how much of it is still to come. */
export interface LivePieces<Item> {
  /** False: more follows at once, and what has come is not worth drawing for. */
  take(event: LiveEvent<Item>): boolean
  /** A copy, as it is now. */
  items(): ReadonlyMap<string, Item>
  /** Of the snapshot that is being told. */
  readonly left: number
}

/**
 * Puts a list together from the parts in which it comes. All of it is drawn anew each time that as much has come as was
 * drawn before: 20,000 items in forty parts are copied and arranged seven times, not forty. A stream that begins anew adds
 * to what is `known` of the one before; what its whole snapshot does not name goes.
 */
export function createLivePieces<Item>(
  known: ReadonlyMap<string, Item>,
  idOf: (item: Item) => string,
): LivePieces<Item> {
  const items = new Map(known)
  /** Those that the snapshot has named, while it is not whole; null before the first one. */
  let named: Set<string> | null = null
  let begun = false
  let left = 0
  let drawn = 0
  let undrawn = 0

  const put = (some: readonly Item[]): void => {
    for (const item of some) {
      const id = idOf(item)
      items.set(id, item)
      named?.add(id)
    }
    undrawn += some.length
  }

  return {
    take(event) {
      if (event.type === 'snapshot') {
        begun = true
        named = new Set()
      }
      // What follows no snapshot cannot be read; the next stream begins with one.
      if (!begun) return false
      if (event.type === 'changes') {
        put(event.changed)
        for (const id of event.removed) items.delete(id)
        undrawn += event.removed.length
      } else {
        put(event.items)
        left = event.left
        if (left === 0 && named !== null) {
          for (const id of items.keys()) if (!named.has(id)) items.delete(id)
          named = null
        }
      }
      const isDrawn = event.left === 0 || undrawn >= drawn
      if (isDrawn) {
        drawn = items.size
        undrawn = 0
      }
      return isDrawn
    },
    items: () => new Map(items),
    get left() {
      // Those known before are shown already, though the snapshot has not named them again.
      return Math.max(0, left - (items.size - (named?.size ?? items.size)))
    },
  }
}
