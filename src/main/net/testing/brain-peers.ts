import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PeerId } from '../../../shared/ids.ts'
import { systemClock, type Clock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { Emitter } from '../../base/emitter.ts'
import { startAll, stopAll, type Startable } from '../../base/lifecycle.ts'
import { silentLog } from '../../base/log.ts'
import type { BucketName } from '../../model/bucket.ts'
import { Database } from '../../store/database.ts'
import { identityOfSeed, type Identity } from '../../store/identity-store.ts'
import { RecordBook } from '../../store/record-book.ts'
import type { RecordBookInit } from '../../store/record-book-init.ts'
import type { StoredRecord } from '../../store/record-store.ts'
import { Brain, type BrainInit } from '../messages/brain.ts'
import type { Channel, ChannelEvents } from '../channels/channel.ts'
import type { MemoryChannel, MemoryMedium } from '../channels/testing/memory-channel.ts'
import { Dispatcher } from '../messages/dispatcher.ts'
import { Ingest, type IngestInit } from '../ingest/ingest.ts'
import { LineCatchUp } from '../catch-up/line-catch-up.ts'
import type { LinePace } from '../catch-up/line-pace.ts'
import { MessageStream } from '../messages/message-stream.ts'
import { Talk } from '../messages/talk.ts'
import { VerifyPool } from '../ingest/verify-pool.ts'
import { circle } from './peers.ts'

export interface BrainPeerInit extends IngestInit, BrainInit {
  readonly clock?: Clock
  /** Nobody has admitted it. Default: all trust each other. */
  readonly stranger?: boolean
  /** Catches up over lines at this pace. Default: not at all. */
  readonly pace?: LinePace
}

/** A peer without libp2p: a real book and real signatures, and whatever channels a test gives it. */
export class BrainPeer implements Startable {
  readonly home = mkdtempSync(join(tmpdir(), 'dt-swarm-brain-'))
  readonly identity: Identity = identityOfSeed(randomBytes(32))
  readonly peerId: PeerId = this.identity.peerId
  readonly counters = new Counters()
  readonly book: RecordBook
  readonly stream: MessageStream
  readonly brain: Brain
  readonly dispatcher: Dispatcher
  readonly talk: Talk
  /** Peers with whom there is a stream, as far as catching up over lines knows. */
  readonly linked = new Set<PeerId>()
  /** Whom the brain listens to. */
  admits: (peer: PeerId) => boolean = () => true
  readonly #database: Database
  readonly #parts: readonly Startable[]
  readonly #events = new Emitter<ChannelEvents>()
  readonly #channels: Channel[] = []
  #closed = false

  constructor(init: BrainPeerInit = {}) {
    const { clock = systemClock, stranger = false } = init
    const { counters, identity, peerId } = this
    const basics = { clock, counters, log: silentLog, random: Math.random }
    this.#database = Database.open(basics, { home: this.home })
    // So that a test may have an hour pass at once.
    const timed: RecordBookInit = { timeBasis: () => 'borne-out' }
    this.book = new RecordBook({ ...basics, identity, database: this.#database, swarm: circle.swarm() }, timed)
    if (!stranger) circle.admit(this.book)
    const standingOf = (peer: PeerId) => this.book.trust().of(peer).standing
    const pool = new VerifyPool(basics, { workers: 1 })
    const isStranger = (peer: PeerId): boolean => standingOf(peer) === 'stranger'
    const ingest = new Ingest({ ...basics, book: this.book, pool, isStranger }, init)
    this.stream = new MessageStream(basics)
    const channels = { events: this.#events, channels: () => this.#channels }
    const { stream } = this
    this.brain = new Brain(
      { ...basics, self: peerId, channels, ingest, stream, onLost: () => {}, admits: (peer) => this.admits(peer) },
      init,
    )
    const { brain } = this
    this.dispatcher = new Dispatcher(
      { ...basics, signer: identity, brain, channels: () => this.#channels, linked: () => [], standingOf },
      { swarm: 'test' },
    )
    this.talk = new Talk({ ...basics, self: peerId, dispatcher: this.dispatcher })
    const pace = init.pace ?? null
    const lines = new LineCatchUp(
      {
        ...basics,
        self: peerId,
        brain,
        channels,
        ingest,
        book: this.book,
        isOpen: () => true,
        isLinked: (peer) => this.linked.has(peer),
        passOn: (records, from) => brain.passOn(records, from),
      },
      pace === null ? {} : { paceOf: () => pace },
    )
    this.#parts = [pool, ingest, brain, this.dispatcher, ...(pace === null ? [] : [lines])]
    this.book.events.on('records:stored', ({ records, arrival }) => {
      if (arrival.via === 'authored') brain.publish(records.map(({ record }) => record))
    })
  }

  /** Puts a channel in; it is started with the peer, or now when the peer runs. */
  async add<C extends Channel>(channel: C): Promise<C> {
    channel.events.on('message:received', (received) => this.#events.emit('message:received', received))
    channel.events.on('channel:changed', (event) => this.#events.emit('channel:changed', event))
    this.#channels.push(channel)
    await channel.start()
    return channel
  }

  /** The channels it was given, first to last. */
  channels(): readonly Channel[] {
    return this.#channels
  }

  /** Switches a channel off for good. */
  async remove(channel: Channel): Promise<void> {
    this.#channels.splice(this.#channels.indexOf(channel), 1)
    await channel.stop()
    this.#events.emit('channel:changed', { id: channel.id })
  }

  async start(): Promise<void> {
    await startAll(this.#parts)
    await this.book.index.load()
  }

  async stop(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await stopAll(this.#parts.slice(2))
    await stopAll(this.#channels)
    await stopAll(this.#parts.slice(0, 2))
    this.#database.close()
    rmSync(this.home, { recursive: true, force: true })
  }

  say(bucket: BucketName, key: string): StoredRecord {
    return this.book.author({ bucket, key, value: { name: key }, validForMs: 3_600_000 })
  }

  keys(bucket: BucketName): string[] {
    return this.book
      .live(bucket)
      .map(({ record }) => record.body.key)
      .sort()
  }
}

const made: BrainPeer[] = []

export async function startBrain(init: BrainPeerInit = {}): Promise<BrainPeer> {
  const peer = new BrainPeer(init)
  made.push(peer)
  await peer.start()
  return peer
}

export async function stopBrains(): Promise<void> {
  await Promise.all(made.splice(0).map((peer) => peer.stop()))
}

let media = 0

/** Puts peers on one medium, under one address: that of a UDP group, or of a TCP line. */
export async function meet(medium: MemoryMedium, ...peers: readonly BrainPeer[]): Promise<MemoryChannel[]> {
  media += 1
  const address = `/ip4/10.${media >> 8}.${media & 255}.255/${medium.pointToPoint ? 'tcp' : 'udp'}/4181/dswarm-line`
  return Promise.all(
    peers.map((peer) => peer.add(medium.channel({ peer: peer.peerId, counters: peer.counters, address }))),
  )
}
