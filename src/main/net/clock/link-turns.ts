import type { PeerId } from '../../../shared/ids.ts'
import { RecentMap } from '../../base/recent-map.ts'

/**
 * A verification costs a Raspberry Pi half a millisecond; a swarm whose every word is from the future says many. Each link
 * has a turn of its own: one that makes words up must not keep the others' out.
 */
const everyMs = 50
/** Links that have had a turn: more than a node has. */
const maxLinks = 256

/** When each link may have the next word verified that is refused for its time. */
export class LinkTurns {
  readonly #nextMs = new RecentMap<PeerId, number>(maxLinks)

  /** Whether it is this link's turn; then it is over. @param nowMs by the monotonic clock */
  take(link: PeerId, nowMs: number): boolean {
    if (nowMs < (this.#nextMs.get(link) ?? -Infinity)) return false
    this.#nextMs.set(link, nowMs + everyMs)
    return true
  }
}
