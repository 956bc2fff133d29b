import { TopicValidatorResult, type GossipSub } from '@libp2p/gossipsub'
import type { PeerId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { Log } from '../../base/log.ts'
import { encodeBatch, signedSizeBytes } from '../../model/record-codec.ts'
import type { SignedRecord } from '../../model/record.ts'
import { Batcher } from '../batcher.ts'
import type { Ingest } from '../ingest.ts'
import { garbagePoints } from '../offenders.ts'
import type { SwarmNode } from '../swarm-node.ts'
import { recordsTopic } from '../topics.ts'
import { unwrapBatch, wrapBatch } from '../wire.ts'
import { GossipHealth } from './gossip-health.ts'

export interface GossipChannelDeps {
  readonly node: SwarmNode
  readonly ingest: Ingest
  readonly clock: Clock
  readonly counters: Counters
  readonly log: Log
  /** Records were lost on the way from or to a neighbour (null: to all): catching up brings them. */
  readonly onLost: (neighbour: PeerId | null) => void
}

/** What the class has and its interface does not tell. */
type ScoringGossip = GossipSub & { readonly getScore?: (peer: string) => number }

/** Below this a peer's words are not heard any more (`graylistThreshold`): then its link is of no use either. */
const uselessScore = -80
/** A neighbour's buffer of messages not yet sent; past this we wait, so that nothing has to be thrown away. */
const fullBufferBytes = 1024 * 1024
/** Waiting for slow neighbours ends after this; what they then miss they catch up with. */
const longestPaceMs = 2_000

/**
 * A message that left the stream's buffer is still on its way through muxer and cipher to the socket. A process that
 * ends right after its peer would take it along; a turn of the event loop was enough wherever we measured.
 */
const partingMs = 50

/** Records over gossipsub: batched on the way out, and passed on only once every record in a message was checked. */
export class GossipChannel implements Startable {
  readonly #deps: GossipChannelDeps
  readonly #topic: string
  readonly #out: Batcher<SignedRecord>
  readonly #health = new GossipHealth()
  #run: AbortController | null = null
  /** Past this nobody is waited for: a stop that has much to say to a slow neighbour must come to its end. */
  #paceUntilMs = Infinity

  constructor(deps: GossipChannelDeps, init: { readonly swarm: string }) {
    this.#deps = deps
    this.#topic = recordsTopic(init.swarm)
    this.#out = new Batcher({
      clock: deps.clock,
      sizeOf: signedSizeBytes,
      send: (records) => this.#send(records),
      onDropped: (count) => {
        deps.counters.add('gossip.dropped:overflow', count)
        deps.onLost(null)
      },
    })
  }

  /** The node must be started before. */
  async start(): Promise<void> {
    if (this.#run !== null) return
    const run = new AbortController()
    this.#run = run
    this.#paceUntilMs = Infinity
    const { gossip } = this.#deps.node.libp2p.services
    gossip.topicValidators.set(this.#topic, (peer, message) => this.#receive(peer.toString() as PeerId, message.data))
    gossip.addEventListener('gossipsub:heartbeat', () => this.#beat(gossip), { signal: run.signal })
    gossip.subscribe(this.#topic)
    await this.#out.start()
  }

  /** What was given to `publish` is sent first: the last of it is the goodbye. */
  async stop(): Promise<void> {
    if (this.#run === null) return
    this.#paceUntilMs = this.#deps.clock.monotonic() + longestPaceMs
    await this.#out.stop()
    await this.#deps.clock.sleep(partingMs)
    this.#run.abort()
    this.#run = null
    const { gossip } = this.#deps.node.libp2p.services
    gossip.unsubscribe(this.#topic)
    gossip.topicValidators.delete(this.#topic)
  }

  /** Sends records to the swarm soon: at once when it was quiet, else within some 25 ms with others. */
  publish(records: readonly SignedRecord[]): void {
    this.#out.add(records)
  }

  /** Records that wait to be sent. */
  get waiting(): number {
    return this.#out.waiting
  }

  async #send(records: readonly SignedRecord[]): Promise<void> {
    try {
      const { gossip } = this.#deps.node.libp2p.services
      await this.#pace()
      const { recipients } = await gossip.publish(this.#topic, wrapBatch(encodeBatch(records)))
      this.#deps.counters.add('gossip.sent', records.length)
      if (recipients.length === 0) this.#deps.counters.add('gossip.sent-to-nobody', records.length)
    } catch (err) {
      this.#deps.counters.add('gossip.failed')
      this.#deps.log.warn({ err }, 'records could not be gossiped; neighbours catch up')
      this.#deps.onLost(null)
    }
  }

  /** Waits, up to a limit, while a neighbour's connection cannot take more. */
  async #pace(): Promise<void> {
    const { clock } = this.#deps
    for (let waitedMs = 0; waitedMs < longestPaceMs && this.#isFull(); waitedMs += 10) {
      if (clock.monotonic() > this.#paceUntilMs) return
      await clock.sleep(10)
    }
  }

  #isFull(): boolean {
    return this.#deps.node.libp2p
      .getConnections()
      .some(({ streams }) =>
        streams.some(
          ({ protocol, writeBufferLength }) => protocol.startsWith('/meshsub') && writeBufferLength > fullBufferBytes,
        ),
      )
  }

  async #receive(from: PeerId, message: Uint8Array): Promise<TopicValidatorResult> {
    this.#deps.counters.add('gossip.received')
    const unwrapped = unwrapBatch(message)
    if (unwrapped.kind === 'rejected') {
      this.#deps.counters.add(`ingest.refused:${unwrapped.reason}`)
      this.#deps.node.offenders.add(from)
      return TopicValidatorResult.Reject
    }
    const verdict = await this.#deps.ingest.receive(unwrapped.batch, { from, how: 'gossip' })
    if (verdict.dropped) this.#deps.onLost(from)
    if (verdict.garbage > 0) {
      // Whoever passes a message on has checked it: garbage is the neighbour's own doing.
      this.#deps.node.offenders.add(from, Math.min(verdict.garbage, 3) * garbagePoints)
      return TopicValidatorResult.Reject
    }
    // What brought nothing new was passed on when it was new.
    return verdict.added > 0 ? TopicValidatorResult.Accept : TopicValidatorResult.Ignore
  }

  #beat(gossip: GossipSub): void {
    this.#cutOffenders(gossip)
    const { node, counters, log } = this.#deps
    for (const peer of this.#health.beat(node.neighbours(), this.#gossiping(gossip))) {
      counters.add('gossip.lost-stream')
      log.info({ peer }, 'a neighbour does not gossip any more; its link is made anew')
      node.hangUp(peer).catch((err: unknown) => log.warn({ err, peer }, 'cannot hang up'))
    }
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
