import { eventIterator } from '@orpc/contract'
import { z } from 'zod'

/**
 * Items of one event at most: of files some 400 kB, which a peer writes and a page reads in 10 ms. Longer lists come in
 * several, between which both sides do other work, and the next is made when the one before has left.
 */
export const maxPieceItems = 500

/**
 * Live data: first a `snapshot` of all items, which of a long list is only its first part: `left` items come in `more`,
 * until none is left. Then coalesced `changes` (at most a few a second, some also while the rest of a snapshot still
 * comes): items that came or changed, whole, and the ids of those that went; of many, `left` follow at once. A reader that reconnects gets a snapshot
 * again, and one that is too far behind; what the last whole one does not name is gone.
 */
export function liveList<Item extends z.ZodType>(item: Item) {
  const left = z.number().int()
  return eventIterator(
    z.discriminatedUnion('type', [
      z.object({ type: z.literal('snapshot'), items: z.array(item), left }),
      z.object({ type: z.literal('more'), items: z.array(item), left }),
      z.object({ type: z.literal('changes'), changed: z.array(item), removed: z.array(z.string()), left }),
    ]),
  )
}

export type LiveEvent<Item> =
  | { readonly type: 'snapshot' | 'more'; readonly items: readonly Item[]; readonly left: number }
  | {
      readonly type: 'changes'
      readonly changed: readonly Item[]
      readonly removed: readonly string[]
      readonly left: number
    }
