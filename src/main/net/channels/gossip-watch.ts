import type { GossipSub } from '@libp2p/gossipsub'
import type { PeerId } from '../../../shared/ids.ts'
import type { Counters } from '../../base/counters.ts'
import type { Log } from '../../base/log.ts'
import type { SwarmNode } from '../swarm-node.ts'
import { GossipHealth } from './gossip-health.ts'

export interface GossipWatchDeps {
  readonly node: SwarmNode
  readonly counters: Counters
  readonly log: Log
}

/** What the class has and its interface does not tell. */
type ScoringGossip = GossipSub & { readonly getScore?: (peer: string) => number }

/** Below this a peer's words are not heard any more (`graylistThreshold`): then its link is of no use either. */
const uselessScore = -80
/** A neighbour's buffer of messages not yet sent; past this we wait, so that nothing has to be thrown away. */
const fullBufferBytes = 1024 * 1024

/** Looks after the gossip streams of our neighbours: who broke off, who behaves badly, whose buffer is full. */
export class GossipWatch {
  readonly #deps: GossipWatchDeps
  readonly #health = new GossipHealth()

  constructor(deps: GossipWatchDeps) {
    this.#deps = deps
  }

  /** To be called every heartbeat. */
  beat(gossip: GossipSub): void {
    this.#cutOffenders(gossip)
    const { node, counters, log } = this.#deps
    for (const peer of this.#health.beat(node.neighbours(), this.#gossiping(gossip))) {
      counters.add('gossip.lost-stream')
      log.info({ peer }, 'a neighbour does not gossip any more; its link is made anew')
      node.hangUp(peer).catch((err: unknown) => log.warn({ err, peer }, 'cannot hang up'))
    }
  }

  /** Whether a neighbour's connection cannot take more just now. */
  isFull(): boolean {
    return this.#deps.node.libp2p
      .getConnections()
      .some(({ streams }) =>
        streams.some(
          ({ protocol, writeBufferLength }) => protocol.startsWith('/meshsub') && writeBufferLength > fullBufferBytes,
        ),
      )
  }

  /**
   * Those that we have a stream to. Gossipsub itself still counts a peer whose stream went with one of two connections,
   * and opens none on the other.
   */
  #gossiping(gossip: GossipSub): ReadonlySet<string> {
    const streamsTo = new Set<string>()
    for (const { remotePeer, streams } of this.#deps.node.libp2p.getConnections()) {
      const carries = streams.some(
        ({ protocol, direction, status }) =>
          protocol.startsWith('/meshsub') && direction === 'outbound' && status === 'open',
      )
      if (carries) streamsTo.add(remotePeer.toString())
    }
    return new Set(
      gossip
        .getPeers()
        .map(String)
        .filter((peer) => streamsTo.has(peer)),
    )
  }

  /** Gossip ignores a peer whose score is too low; we hang up as well, and remember. */
  #cutOffenders(gossip: ScoringGossip): void {
    for (const peer of gossip.getPeers()) {
      const score = gossip.getScore?.(peer.toString()) ?? 0
      if (score > uselessScore) continue
      this.#deps.counters.add('gossip.refused:score')
      this.#deps.node.offenders.add(peer.toString() as PeerId, Number.MAX_SAFE_INTEGER)
    }
  }
}
