import type { PeerId } from '../../shared/ids.ts'
import type { ChannelConfig } from '../../shared/network-views.ts'
import type { Standing } from '../../shared/trust-views.ts'
import type { Clock } from '../base/clock.ts'
import type { Counters } from '../base/counters.ts'
import type { Unsubscribe } from '../base/emitter.ts'
import { startAll, stopAll, type Startable } from '../base/lifecycle.ts'
import type { Log } from '../base/log.ts'
import type { BucketName } from '../model/bucket.ts'
import type { Signer } from '../model/attestation.ts'
import type { RecordBook } from '../store/record-book.ts'
import { Brain } from './messages/brain.ts'
import { ChannelHost } from './channels/channel-host.ts'
import { defaultChannels } from './channels/channel-config.ts'
import { LineCodec } from './channels/line.ts'
import { Dispatcher } from './messages/dispatcher.ts'
import { Ingest } from './ingest/ingest.ts'
import { LineCatchUp } from './catch-up/line-catch-up.ts'
import { MessageStream } from './messages/message-stream.ts'
import { registerProtocols } from './links/multiaddr-protocols.ts'
import { NeighbourClocks } from './clock/neighbour-clocks.ts'
import { RevokedPeers } from './links/revoked-peers.ts'
import { StreamCatchUp } from './catch-up/stream-catch-up.ts'
import type { SwarmNode } from './swarm-node.ts'
import { Talk } from './messages/talk.ts'
import type { VerifyPool } from './ingest/verify-pool.ts'

export interface ExchangeDeps {
  readonly identity: Signer
  readonly node: SwarmNode
  readonly book: RecordBook
  readonly pool: VerifyPool
  readonly clock: Clock
  readonly random: () => number
  readonly counters: Counters
  readonly log: Log
}

export interface ExchangeInit {
  /** The swarm's id. */
  readonly swarm: string
  /** Of a private swarm: what is said on line channels is sealed with it. */
  readonly networkKey?: Uint8Array | null
  /** Default: gossip alone. */
  readonly channels?: readonly ChannelConfig[]
}

/**
 * Keeps a book in step with the swarm: what is authored here goes out on all channels, what others say is checked and
 * merged, and with every neighbour whatever was missed is made up for, both ways. The node and the pool are started
 * before.
 */
export class Exchange implements Startable {
  /** Neighbours whose clock, or ours, is so wrong that what they say is refused. */
  readonly clocks: NeighbourClocks
  readonly brain: Brain
  /** All channels, those that are off too. */
  readonly channels: ChannelHost
  readonly dispatcher: Dispatcher
  /** Pings and texts. */
  readonly talk: Talk
  /** The last messages of all channels. */
  readonly stream: MessageStream
  readonly #deps: ExchangeDeps
  readonly #ingest: Ingest
  readonly #catchUp: StreamCatchUp
  readonly #lineCatchUp: LineCatchUp
  readonly #revoked: RevokedPeers
  readonly #undo: Unsubscribe[] = []
  #running = false

  constructor(deps: ExchangeDeps, init: ExchangeInit) {
    registerProtocols()
    this.#deps = deps
    this.clocks = new NeighbourClocks(deps)
    const { book, node } = deps
    const standingOf = (peer: PeerId): Standing => book.trust().of(peer).standing
    const isStranger = (peer: PeerId): boolean => standingOf(peer) === 'stranger'
    const ingest = new Ingest({ ...deps, clocks: this.clocks, isStranger })
    const codec = new LineCodec({ swarm: init.swarm, networkKey: init.networkKey ?? null })
    const channels = new ChannelHost(
      // Who does not know its swarm yet takes nobody for a stranger.
      { ...deps, codec, isStranger: (peer) => book.trust().root !== null && isStranger(peer) },
      { swarm: init.swarm, channels: init.channels ?? defaultChannels },
    )
    this.channels = channels
    this.stream = new MessageStream(deps)
    const revoked = new RevokedPeers(deps)
    this.#revoked = revoked
    this.brain = new Brain({
      ...deps,
      admits: (neighbour) => revoked.admits(neighbour),
      self: node.peerId,
      channels,
      ingest,
      stream: this.stream,
      onLost: (neighbour) => this.#catchUp.soon(neighbour, 1_000),
    })
    this.dispatcher = new Dispatcher(
      {
        ...deps,
        signer: deps.identity,
        brain: this.brain,
        channels: () => channels.channels(),
        linked: () => node.neighbours(),
        standingOf,
      },
      init,
    )
    this.talk = new Talk({ ...deps, self: node.peerId, dispatcher: this.dispatcher })
    this.#ingest = ingest
    this.#catchUp = new StreamCatchUp({ ...deps, ingest, passOn: (records) => this.brain.passOn(records) }, init)
    this.#lineCatchUp = new LineCatchUp({
      ...deps,
      self: node.peerId,
      channels,
      brain: this.brain,
      ingest,
      // Whoever has only lines fetches no checkpoint, so there is nothing to wait for.
      isOpen: (bucket) => node.neighbours().length === 0 || this.#catchUp.isOpen(bucket),
      isLinked: (peer) => node.linked(peer),
      passOn: (records, from) => this.brain.passOn(records, from),
    })
  }

  /** Until undone, neighbours exchange only these buckets with us: the rest comes in another way just now. */
  hold(but: readonly BucketName[]): () => void {
    return this.#catchUp.hold(but)
  }

  /** Much is new here that came in no channel: all neighbours are compared with at once. */
  compareSoon(): void {
    this.#catchUp.soon(null, 0)
  }

  async start(): Promise<void> {
    if (this.#running) return
    this.#running = true
    const parts = [this.#ingest, this.brain, this.dispatcher, this.channels, this.#catchUp, this.#lineCatchUp]
    await startAll([...parts, this.#revoked])
    this.#undo.push(
      this.#deps.book.events.on('records:stored', ({ records, arrival }) => {
        if (arrival.via === 'authored') this.brain.publish(records.map(({ record }) => record))
      }),
      this.#deps.book.events.on('trust:changed', ({ peers }) => this.#ingest.trustChanged(peers)),
    )
  }

  /** What was authored is sent first. */
  async stop(): Promise<void> {
    if (!this.#running) return
    this.#running = false
    for (const undo of this.#undo.splice(0)) undo()
    const parts = [this.#ingest, this.channels, this.brain, this.dispatcher, this.#catchUp, this.#lineCatchUp]
    await stopAll([...parts, this.#revoked])
  }
}
