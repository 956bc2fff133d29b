import { hash } from 'node:crypto'
import type { Cid, PeerId } from '../../shared/ids.ts'

/** A machine that fetches by itself what has too few copies. */
export interface Volunteer {
  readonly peer: PeerId
  /** It wants each file to have so many, as its owner set it. */
  readonly copies: number
}

/**
 * Which of those that have it not are to fetch a file, so that it comes to have as many copies as they want, and no more.
 * All who know the same holders and volunteers come to the same answer, without a word between them: the volunteers are
 * taken in the order of a hash of the file and their id, which is another order for each file and so spreads them evenly
 * (highest random weight: Thaler and Ravishankar, 1998). Each adds a copy if it still wants one more than there are.
 *
 * @param holders those that have the file, of which somebody heard lately
 */
export function whoFetches(
  cid: Cid,
  holders: ReadonlySet<PeerId>,
  volunteers: readonly Volunteer[],
): readonly PeerId[] {
  // Most files have enough, and need no hash.
  const candidates = volunteers.filter(({ peer, copies }) => copies > holders.size && !holders.has(peer))
  if (candidates.length === 0) return []
  const fetching: PeerId[] = []
  for (const { peer, copies } of byRank(cid, candidates)) {
    if (holders.size + fetching.length < copies) fetching.push(peer)
  }
  return fetching
}

/**
 * The place of a volunteer among those that stand in when the chosen ones do not fetch: 0 for one that is chosen itself,
 * then 1, 2, …; null for one that wants no more copies.
 */
export function placeInLine(
  cid: Cid,
  self: PeerId,
  holders: ReadonlySet<PeerId>,
  volunteers: readonly Volunteer[],
): number | null {
  const candidates = volunteers.filter(({ peer, copies }) => copies > holders.size && !holders.has(peer))
  if (!candidates.some(({ peer }) => peer === self)) return null
  const chosen = whoFetches(cid, holders, candidates)
  if (chosen.includes(self)) return 0
  const others = byRank(cid, candidates).filter(({ peer }) => !chosen.includes(peer))
  return 1 + others.findIndex(({ peer }) => peer === self)
}

function byRank(cid: Cid, volunteers: readonly Volunteer[]): readonly Volunteer[] {
  return volunteers
    .map((volunteer) => ({ volunteer, rank: hash('sha256', `dt-swarm/copies/1\n${cid}\n${volunteer.peer}`, 'hex') }))
    .toSorted((a, b) => (a.rank < b.rank ? -1 : 1))
    .map(({ volunteer }) => volunteer)
}
