import { eventIterator } from '@orpc/contract'
import { z } from 'zod'

/**
 * Live data: first a `snapshot` of all items, then coalesced `changes` (at most a few a second): items that came
 * or changed, whole, and the ids of those that went. A reader that reconnects gets a snapshot again.
 */
export function liveList<Item extends z.ZodType>(item: Item) {
  return eventIterator(
    z.discriminatedUnion('type', [
      z.object({ type: z.literal('snapshot'), items: z.array(item) }),
      z.object({ type: z.literal('changes'), changed: z.array(item), removed: z.array(z.string()) }),
    ]),
  )
}

export type LiveEvent<Item> =
  | { readonly type: 'snapshot'; readonly items: readonly Item[] }
  | { readonly type: 'changes'; readonly changed: readonly Item[]; readonly removed: readonly string[] }
