import type { Cid, PeerId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'

/** As long as a fetch that goes on after a break may want to come back to one. */
const keptMs = 10 * 60_000
/** A folder of files looked up by a script. */
const maxFiles = 1_000
const maxPeers = 16

/** Who said, when it was asked, that it has a file: no record says so. Forgotten after a while; bounded. */
export class ToldHolders {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #byCid = new Map<Cid, Map<PeerId, number>>()

  constructor(deps: { readonly clock: Pick<Clock, 'monotonic'> }) {
    this.#clock = deps.clock
  }

  add(cid: Cid, peer: PeerId): void {
    const peers = this.#byCid.get(cid) ?? new Map<PeerId, number>()
    peers.delete(peer)
    peers.set(peer, this.#clock.monotonic())
    const first = peers.keys().next()
    if (peers.size > maxPeers && first.done !== true) peers.delete(first.value)
    this.#byCid.delete(cid)
    this.#byCid.set(cid, peers)
    const oldest = this.#byCid.keys().next()
    if (this.#byCid.size > maxFiles && oldest.done !== true) this.#byCid.delete(oldest.value)
  }

  /** The newest first. */
  of(cid: Cid): readonly PeerId[] {
    const since = this.#clock.monotonic() - keptMs
    const peers = [...(this.#byCid.get(cid) ?? [])].filter(([, atMs]) => atMs > since)
    return peers.map(([peer]) => peer).reverse()
  }
}
