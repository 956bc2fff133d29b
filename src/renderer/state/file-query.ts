import type { FollowView } from '../../shared/file-views.ts'
import type { ShareView } from '../../shared/views.ts'
import type { FilesFilter } from './select-files.ts'

/** What can be followed: a robot, words and a topic; all that are given must fit. */
export type FollowQuery = Pick<FollowView, 'origin' | 'search' | 'topic'>

export interface Followable {
  readonly query: FollowQuery
  /** Filters in force that a follow cannot express, in words. */
  readonly leftOut: readonly string[]
}

/** What following the shown files would mean. A choice of several is none: each is followed by itself. */
export function followOf(filter: FilesFilter, shares: Iterable<ShareView>): Followable {
  const { origins, topics, search } = filter
  const [name] = origins
  const origin = origins.length === 1 ? ([...shares].find((share) => share.originName === name)?.origin ?? null) : null
  const [topic = null] = topics
  const leftOut = [
    ...(origins.length > 1 ? ['more than one robot'] : []),
    ...(topics.length > 1 ? ['more than one topic'] : []),
    ...(filter.types.length > 0 ? ['the type'] : []),
    ...(filter.channels.length > 0 ? ['the file channel'] : []),
    ...(filter.marks.length > 0 ? ['the copies'] : []),
    ...(filter.withinMs !== null || filter.range !== null ? ['the time'] : []),
    ...(filter.minBytes > 0 ? ['the size'] : []),
  ]
  const words = search.trim()
  return {
    query: { origin, search: words === '' ? null : words, topic: topics.length === 1 ? topic : null },
    leftOut,
  }
}

/** `all that duckie01 shares with the topic /imu, named “run”`. */
export function followWords({ origin, search, topic }: FollowQuery, nameOf: (peer: string) => string): string {
  const parts = [
    origin === null ? 'all that anybody shares' : `all that ${nameOf(origin)} shares`,
    ...(topic === null ? [] : [`with the topic ${topic}`]),
    ...(search === null ? [] : [`in which “${search}” is found`]),
  ]
  return parts.join(', ')
}

/** How many files one call can name; the peer refuses more. */
export const maxFetched = 10_000

/** What of the shown files is not here yet. */
export function missingOf(shares: readonly ShareView[]): {
  readonly shares: readonly ShareView[]
  readonly bytes: number
} {
  const missing = shares.filter((share) => !share.local)
  return { shares: missing, bytes: missing.reduce((sum, share) => sum + share.sizeBytes, 0) }
}
