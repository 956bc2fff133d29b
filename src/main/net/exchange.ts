import type { Clock } from '../base/clock.ts'
import type { Counters } from '../base/counters.ts'
import type { Unsubscribe } from '../base/emitter.ts'
import { startAll, stopAll, type Startable } from '../base/lifecycle.ts'
import type { Log } from '../base/log.ts'
import type { RecordBook } from '../store/record-book.ts'
import { GossipChannel } from './channels/gossipsub.ts'
import { Ingest } from './ingest.ts'
import { NeighbourClocks } from './neighbour-clocks.ts'
import { StreamCatchUp } from './stream-catch-up.ts'
import type { SwarmNode } from './swarm-node.ts'
import type { VerifyPool } from './verify-pool.ts'

export interface ExchangeDeps {
  readonly node: SwarmNode
  readonly book: RecordBook
  readonly pool: VerifyPool
  readonly clock: Clock
  readonly random: () => number
  readonly counters: Counters
  readonly log: Log
}

/**
 * Keeps a book in step with the swarm: what is authored here is gossiped, what others gossip is checked and merged,
 * and with every neighbour whatever was missed is made up for, both ways. The node and the pool are started before.
 */
export class Exchange implements Startable {
  /** Neighbours whose clock, or ours, is so wrong that what they say is refused. */
  readonly clocks: NeighbourClocks
  readonly #deps: ExchangeDeps
  readonly #ingest: Ingest
  readonly #gossip: GossipChannel
  readonly #catchUp: StreamCatchUp
  readonly #undo: Unsubscribe[] = []
  #running = false

  constructor(deps: ExchangeDeps, init: { readonly swarm: string }) {
    this.#deps = deps
    this.clocks = new NeighbourClocks(deps)
    const ingest = new Ingest({ ...deps, clocks: this.clocks })
    const gossip = new GossipChannel(
      { ...deps, ingest, onLost: (neighbour) => this.#catchUp.soon(neighbour, 1_000) },
      init,
    )
    this.#ingest = ingest
    this.#gossip = gossip
    this.#catchUp = new StreamCatchUp({ ...deps, ingest, passOn: (records) => gossip.publish(records) }, init)
  }

  async start(): Promise<void> {
    if (this.#running) return
    this.#running = true
    this.#undo.push(
      this.#deps.book.events.on('bucket:merged', ({ records, arrival }) => {
        if (arrival.via === 'authored') this.#gossip.publish(records.map(({ record }) => record))
      }),
    )
    await startAll([this.#ingest, this.#gossip, this.#catchUp])
  }

  /** What was authored is sent first. */
  async stop(): Promise<void> {
    if (!this.#running) return
    this.#running = false
    for (const undo of this.#undo.splice(0)) undo()
    await this.#catchUp.stop()
    await stopAll([this.#ingest, this.#gossip])
  }
}
