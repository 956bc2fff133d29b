import { randomBytes } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import type { Counters } from '../base/counters.ts'
import type { Unsubscribe } from '../base/emitter.ts'
import { startAll, stopAll, type Startable } from '../base/lifecycle.ts'
import type { Log } from '../base/log.ts'
import { encodeBatch, signedSizeBytes } from '../model/record-codec.ts'
import type { SignedRecord } from '../model/record.ts'
import type { RecordBook } from '../store/record-book.ts'
import { Batcher } from './batcher.ts'
import type { ReceivedMessage } from './channels/channel.ts'
import { GossipChannel } from './channels/gossipsub.ts'
import { LineCodec } from './channels/line.ts'
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
  readonly #out: Batcher<SignedRecord>
  readonly #catchUp: StreamCatchUp
  readonly #undo: Unsubscribe[] = []
  #running = false

  constructor(deps: ExchangeDeps, init: { readonly swarm: string }) {
    this.#deps = deps
    this.clocks = new NeighbourClocks(deps)
    this.#ingest = new Ingest({ ...deps, clocks: this.clocks })
    const codec = new LineCodec({ swarm: init.swarm, networkKey: null })
    this.#gossip = new GossipChannel({ ...deps, codec }, init)
    this.#out = new Batcher({
      clock: deps.clock,
      sizeOf: signedSizeBytes,
      send: (records) => this.#send(records),
      onDropped: (count) => {
        deps.counters.add('gossip.dropped:overflow', count)
        this.#catchUp.soon(null, 1_000)
      },
    })
    const passOn = (records: readonly SignedRecord[]): void => this.#out.add(records)
    this.#catchUp = new StreamCatchUp({ ...deps, ingest: this.#ingest, passOn }, init)
  }

  async start(): Promise<void> {
    if (this.#running) return
    this.#running = true
    this.#undo.push(
      this.#deps.book.events.on('bucket:merged', ({ records, arrival }) => {
        if (arrival.via === 'authored') this.#out.add(records.map(({ record }) => record))
      }),
      this.#gossip.events.on('message:received', (received) => void this.#take(received)),
    )
    await startAll([this.#ingest, this.#gossip, this.#out, this.#catchUp])
  }

  /** What was authored is sent first. */
  async stop(): Promise<void> {
    if (!this.#running) return
    this.#running = false
    await this.#catchUp.stop()
    await stopAll([this.#ingest, this.#gossip, this.#out])
    for (const undo of this.#undo.splice(0)) undo()
  }

  async #send(records: readonly SignedRecord[]): Promise<void> {
    const { peerId } = this.#deps.node
    const outcome = await this.#gossip.send({
      id: randomBytes(16).toString('base64url'),
      kind: 'records',
      origin: peerId,
      sender: peerId,
      to: null,
      hops: 0,
      trace: null,
      payload: encodeBatch(records),
    })
    if (outcome.kind === 'dropped' && outcome.reason !== 'nobody') this.#catchUp.soon(null, 1_000)
  }

  async #take({ message, settle }: ReceivedMessage): Promise<void> {
    if (message.kind !== 'records') return settle('known')
    const verdict = await this.#ingest.receive(message.payload, { from: message.sender, how: 'gossip' })
    if (verdict.dropped) this.#catchUp.soon(message.sender, 1_000)
    if (verdict.garbage > 0) return settle('garbage', verdict.garbage)
    settle(verdict.added > 0 ? 'news' : 'known')
  }
}
