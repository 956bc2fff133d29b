import { SwarmError } from '../../../../shared/errors.ts'
import type { FollowView } from '../../../../shared/file-views.ts'
import type { Cid } from '../../../../shared/ids.ts'
import type { ShareView, TransferView } from '../../../../shared/views.ts'
import type { FileQuery } from '../../../service/files/file-query.ts'
import type { ApiFiles } from '../api-peer.ts'

export interface MemoryFetchingDeps {
  /** Calls that change something, in order. */
  readonly asked: unknown[][]
  readonly matching: (query: FileQuery) => readonly ShareView[]
  readonly kept: (cid: Cid, kept: boolean) => void
  readonly transfer: (id: string, facts: Partial<TransferView>) => TransferView
}

/** Fetching in memory: everything has come at once, and what is followed is only noted. */
export function memoryFetching({ asked, matching, kept, transfer }: MemoryFetchingDeps): ApiFiles['fetching'] {
  let follows: readonly FollowView[] = []
  return {
    fetch: (cid, options) => {
      asked.push(['fetch', cid, options])
      return transfer('f1', { cid, priority: options.priority ?? 'normal' })
    },
    fetchAll: (query, options) => {
      asked.push(['fetchAll', query, options])
      return matching(query).map(({ cid }, n) => transfer(`f${n}`, { cid }))
    },
    keep: (cid, isKept) => {
      asked.push(['keep', cid, isKept])
      kept(cid, isKept)
    },
    follows: () => follows,
    follow: (draft) => {
      const nothing = { origin: null, search: null, topic: null, to: null }
      const follow = { id: `w${follows.length + 1}`, ...nothing, ...draft, sinceMs: 1, fetched: 0 }
      follows = [...follows, follow]
      return follow
    },
    unfollow: (id) => {
      if (!follows.some((one) => one.id === id)) throw new SwarmError('NOT_FOUND', `nothing is followed as "${id}"`)
      follows = follows.filter((one) => one.id !== id)
    },
  }
}
