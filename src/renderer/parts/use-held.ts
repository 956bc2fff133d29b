import { useMemo, useRef, useState } from 'react'
import { holdOrder } from '../state/hold-order.ts'

export interface Held<Item> {
  readonly items: readonly Item[]
  /** Newcomers that wait for the pointer to leave, or for `release`. */
  readonly waiting: number
  readonly release: () => void
  readonly pointer: { readonly onPointerEnter: () => void; readonly onPointerLeave: () => void }
}

/**
 * Keeps the order of a live list while the pointer is inside it. `key` names the question (filter and sort):
 * when the person changes it, the list is arranged anew at once.
 */
export function useHeld<Item>(arranged: readonly Item[], idOf: (item: Item) => string, key: string): Held<Item> {
  const [inside, setInside] = useState(false)
  const [, renew] = useState(0)
  const shown = useRef<{ key: string; ids: readonly string[] }>({ key, ids: [] })
  const byId = useMemo(() => new Map(arranged.map((item) => [idOf(item), item])), [arranged, idOf])
  const wanted = useMemo(() => [...byId.keys()], [byId])
  const { ids, waiting } = holdOrder(shown.current.ids, wanted, inside && shown.current.key === key)
  shown.current = { key, ids }
  const items: Item[] = []
  for (const id of ids) {
    const item = byId.get(id)
    if (item !== undefined) items.push(item)
  }
  return {
    items,
    waiting,
    release: () => {
      shown.current = { key, ids: [] }
      renew((n) => n + 1)
    },
    pointer: { onPointerEnter: () => setInside(true), onPointerLeave: () => setInside(false) },
  }
}
