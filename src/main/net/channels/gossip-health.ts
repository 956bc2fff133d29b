import type { PeerId } from '../../../shared/ids.ts'

/** Heartbeats (seconds) that a neighbour may be without a gossip stream: the streams of a new link take less. */
const patienceBeats = 5

/**
 * Finds neighbours whose gossip stream broke while their link stayed: a buffer overran on a slow link, a stream was
 * reset. Gossipsub opens none anew, so the link has to be; who never gossiped on this link is let be.
 */
export class GossipHealth {
  /** Beats without a stream, of linked peers that had one. */
  readonly #silentBeats = new Map<PeerId, number>()

  /** To be called every heartbeat; the peers whose link should be closed, to be dialled again. */
  beat(neighbours: readonly PeerId[], gossiping: ReadonlySet<string>): PeerId[] {
    const linked = new Set(neighbours)
    for (const peer of this.#silentBeats.keys()) if (!linked.has(peer)) this.#silentBeats.delete(peer)
    const broken: PeerId[] = []
    for (const peer of linked) {
      if (gossiping.has(peer)) this.#silentBeats.set(peer, 0)
      const silent = this.#silentBeats.get(peer)
      if (silent === undefined || gossiping.has(peer)) continue
      this.#silentBeats.set(peer, silent + 1)
      if (silent + 1 < patienceBeats) continue
      this.#silentBeats.delete(peer)
      broken.push(peer)
    }
    return broken
  }
}
