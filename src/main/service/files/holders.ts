import type { Cid, PeerId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import type { RecordBook } from '../../store/record-book.ts'
import type { SwarmNode } from '../../net/swarm-node.ts'
import type { RemoteSource } from './content-store.ts'
import type { FileFinder } from './file-finder.ts'
import { linkToAny } from './link-to-any.ts'
import type { ShareBook } from './share-book.ts'

export interface HoldersDeps {
  readonly shares: ShareBook
  readonly finder: Pick<FileFinder, 'look' | 'told' | 'closedTo'>
  readonly node: Pick<SwarmNode, 'neighbours' | 'linked' | 'connect'>
  readonly book: RecordBook
  readonly clock: Clock
  readonly nameOf: (peer: PeerId) => string
}

/** Linked peers asked though no record says that they have it. */
const maxStrangers = 16

/** From whom a file can come: peers whose records say so first, then whoever is linked. */
export class Holders {
  readonly #deps: HoldersDeps

  constructor(deps: HoldersDeps) {
    this.#deps = deps
  }

  nameOf(peer: PeerId): string {
    return this.#deps.nameOf(peer)
  }

  /** Holders that there is a link to. */
  linked(cid: Cid): readonly PeerId[] {
    return this.#holders(cid).filter((peer) => this.#deps.node.linked(peer))
  }

  /** Whether anybody is said to have it. */
  isHeld(cid: Cid): boolean {
    return this.#holders(cid).length > 0
  }

  /** Whether asking makes sense now: a holder is linked, or nobody is known to be one and somebody is linked. */
  isHopeful(cid: Cid): boolean {
    return this.linked(cid).length > 0 || (this.#holders(cid).length === 0 && this.#deps.node.neighbours().length > 0)
  }

  /**
   * Links to some of the holders when none is linked yet, and when none can be, asks around who else has it. Failing is no
   * error: another may come by itself.
   */
  async connect(cid: Cid, signal: AbortSignal): Promise<void> {
    if (this.linked(cid).length > 0) return
    await linkToAny(this.#holders(cid), this.#deps, signal)
    if (this.linked(cid).length === 0) await this.#deps.finder.look(cid, signal)
  }

  /** Looks at records and links anew each time it is asked. */
  source(cid: Cid, onFrom: (peer: PeerId) => void = () => {}): RemoteSource {
    return {
      candidates: () => {
        const holders = this.linked(cid)
        return holders.length > 0 ? holders : this.#deps.node.neighbours().slice(0, maxStrangers)
      },
      onReceived: (from) => {
        if (from !== null) onFrom(from)
      },
    }
  }

  /** Why nobody gives it, and what to do. */
  explain(cid: Cid): string {
    const { node, finder } = this.#deps
    const channel = finder.closedTo(cid)
    if (channel !== null) {
      return `This file is shared on the file channel "${channel}" alone, which this peer has not joined: join it, then fetch the file again.`
    }
    const holders = this.#holders(cid)
    if (holders.length === 0) {
      const count = node.neighbours().length
      return `No peer says that it has this file, and none of the ${count} linked peers does. Check the CID, or fetch it again when its holder is back.`
    }
    const named = holders.slice(0, 3).map((peer) => `${this.nameOf(peer)}${this.#lastHeard(peer)}`)
    const more = holders.length > 3 ? ` and ${holders.length - 3} more` : ''
    const linked = this.linked(cid).length > 0
    return linked
      ? `The peers that should have it do not give it: ${named.join('; ')}${more}. It is tried again; its origin may have to share it anew.`
      : `No peer that has it can be reached: held by ${named.join('; ')}${more}. It is tried again when one of them is back.`
  }

  /** Those whose records say so, then those that said so when they were asked. */
  #holders(cid: Cid): readonly PeerId[] {
    const { shares, finder } = this.#deps
    return [...new Set([...shares.holders(cid), ...finder.told(cid)])]
  }

  #lastHeard(peer: PeerId): string {
    const times = this.#deps.book.live('machines', { author: peer }).map(({ arrival }) => arrival.receivedAtMs)
    if (times.length === 0) return ''
    return `, last heard ${ago(this.#deps.clock.now() - Math.max(...times))}`
  }
}

function ago(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000))
  if (seconds < 90) return `${seconds} s ago`
  const minutes = Math.round(seconds / 60)
  if (minutes < 90) return `${minutes} min ago`
  const hours = Math.round(minutes / 60)
  return hours < 48 ? `${hours} h ago` : `${Math.round(hours / 24)} days ago`
}
