import { useMemo, useState } from 'react'
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
  const [held, setHeld] = useState<{ readonly key: string; readonly ids: readonly string[] } | null>(null)
  const byId = useMemo(() => new Map(arranged.map((item) => [idOf(item), item])), [arranged, idOf])
  const wanted = useMemo(() => [...byId.keys()], [byId])
  const hold = (): void => setHeld({ key, ids: wanted })
  if (held !== null && held.key !== key) hold()
  const { ids, waiting } = holdOrder(held?.ids ?? [], wanted, held !== null && held.key === key)
  const items = useMemo(() => ids.map((id) => byId.get(id)).filter((item) => item !== undefined), [ids, byId])
  return {
    items,
    waiting,
    release: hold,
    pointer: { onPointerEnter: hold, onPointerLeave: () => setHeld(null) },
  }
}
