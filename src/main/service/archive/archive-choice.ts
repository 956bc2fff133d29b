import type { ArchiveChoice } from '../../../shared/file-views.ts'
import { isPeerId, type PeerId } from '../../../shared/ids.ts'
import type { ShareView } from '../../../shared/views.ts'
import type { Keeper } from '../../model/copy-risk.ts'
import { placeInLine, type Volunteer } from '../../model/volunteers.ts'
import { fits } from '../files/file-query.ts'

/**
 * A holder that was silent for so long is not counted on any more, though its record still says that it has the file. Robots
 * are switched off overnight, and over a weekend what nobody can fetch anyway need not be fetched.
 */
const countedForMs = 24 * 60 * 60_000

/** A volunteer that was chosen and has no room, or fails, is stood in for by the next in line after this, and so on. */
const standInAfterMs = 10 * 60_000

/** Whether an archive of this kind is to keep a file. */
export function isArchived(share: ShareView, archive: ArchiveChoice): boolean {
  if (archive.kind !== 'query') return archive.kind === 'all'
  const { origin, search, topic } = archive
  if (origin !== null && !isPeerId(origin)) return false
  return fits(share, {
    ...(origin === null ? {} : { origin }),
    ...(search === null ? {} : { search }),
    ...(topic === null ? {} : { topic }),
  })
}

/** Whether anybody who has it can give it now. */
export function isGiven(share: ShareView, self: PeerId): boolean {
  return share.copies.some(({ peer, alive }) => alive && peer !== self)
}

/** Those who count as holders of a file. */
function countedHolders(share: ShareView, keeperOf: (peer: PeerId) => Keeper): ReadonlySet<PeerId> {
  const counted = share.copies.filter(({ peer }) => {
    const { status, silentMs } = keeperOf(peer)
    return status === 'alive' || status === 'suspect' || (silentMs !== null && silentMs < countedForMs)
  })
  return new Set(counted.map(({ peer }) => peer))
}

/** Whether others have as many copies as this peer wants. */
export function hasEnough(
  share: ShareView,
  self: PeerId,
  volunteers: readonly Volunteer[],
  keeperOf: (peer: PeerId) => Keeper,
): boolean {
  const wanted = volunteers.find(({ peer }) => peer === self)?.copies
  const holders = countedHolders(share, keeperOf)
  return wanted !== undefined && !holders.has(self) && holders.size >= wanted
}

/**
 * How long a file must have had too few copies for this peer to fetch it, ms: 0 for one that was chosen; null: it need not.
 */
export function dueAfterMs(
  share: ShareView,
  self: PeerId,
  volunteers: readonly Volunteer[],
  keeperOf: (peer: PeerId) => Keeper,
): number | null {
  // More copies are said to be there than anybody wants: no need to look how each is.
  if (volunteers.length === 0) return null
  const place = placeInLine(share.cid, self, countedHolders(share, keeperOf), volunteers)
  return place === null ? null : place * standInAfterMs
}
