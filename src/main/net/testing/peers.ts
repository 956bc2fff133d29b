import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock, type Clock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { silentLog, type Log } from '../../base/log.ts'
import { SwarmClock } from '../../base/swarm-clock.ts'
import { startAll, stopAll, type Startable } from '../../base/lifecycle.ts'
import type { BucketName } from '../../model/bucket.ts'
import { Database } from '../../store/database.ts'
import { identityOfSeed, type Identity } from '../../store/identity-store.ts'
import { RecordBook } from '../../store/record-book.ts'
import type { StoredRecord } from '../../store/record-store.ts'
import { TrustedCircle } from '../../store/testing/trusted-circle.ts'
import { Exchange } from '../exchange.ts'
import { SwarmNode, type SwarmNodeInit } from '../swarm-node.ts'
import { VerifyPool } from '../ingest/verify-pool.ts'

export interface TestPeerInit extends Partial<SwarmNodeInit> {
  readonly seed?: Uint8Array
  readonly home?: string
  readonly clock?: Clock
  readonly log?: Log
  /** Nobody has admitted it. Default: all test peers trust each other. */
  readonly stranger?: boolean
}

const dayMs = 24 * 60 * 60_000

/** The day before the peers begin: some tests turn a peer's clock back by hours. The same in all processes of a bench. */
export const circle = new TrustedCircle({ atMs: (Math.floor(Date.now() / dayMs) - 1) * dayMs })

/** A real peer without services: database, book, node, exchange; on loopback, finding nobody by itself. */
export class TestPeer implements Startable {
  readonly home: string
  readonly identity: Identity
  readonly counters = new Counters()
  readonly book: RecordBook
  readonly node: SwarmNode
  readonly pool: VerifyPool
  readonly exchange: Exchange
  readonly #database: Database
  readonly #ownHome: boolean
  #closed = false

  constructor(init: TestPeerInit = {}) {
    this.#ownHome = init.home === undefined
    this.home = init.home ?? mkdtempSync(join(tmpdir(), 'dt-swarm-net-'))
    this.identity = identityOfSeed(init.seed ?? randomBytes(32))
    const { seed: _seed, home: _home, clock = systemClock, log = silentLog, ...node } = init
    const shared = { clock, log, counters: this.counters, random: Math.random, identity: this.identity }
    this.#database = Database.open(shared, { home: this.home })
    this.book = new RecordBook(
      { ...shared, database: this.#database, swarm: circle.swarm() },
      {
        isTimeKnown: () => !(clock instanceof SwarmClock) || clock.isKnown,
        // So that a test may have an hour pass at once.
        timeBasis: () => (clock instanceof SwarmClock ? clock.basis : 'borne-out'),
      },
    )
    if (init.stranger !== true) circle.admit(this.book)
    const swarm = init.swarm ?? 'test'
    this.node = new SwarmNode(shared, { listen: ['/ip4/127.0.0.1/tcp/0'], mdns: false, ...node, swarm })
    this.pool = new VerifyPool(shared)
    this.exchange = new Exchange({ ...shared, node: this.node, book: this.book, pool: this.pool }, { swarm })
  }

  async start(): Promise<void> {
    await startAll([this.pool, this.node, this.exchange])
  }

  /** Leaves the network; the book can still be read, and `start` called again. */
  async leave(): Promise<void> {
    await stopAll([this.pool, this.node, this.exchange])
  }

  async stop(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.leave()
    this.#database.close()
    if (this.#ownHome) rmSync(this.home, { recursive: true, force: true })
  }

  get address(): string {
    return this.node.addresses()[0] ?? ''
  }

  /** Authors `count` records of some 300 bytes. */
  say(bucket: BucketName, prefix: string, count = 1): StoredRecord[] {
    return Array.from({ length: count }, (_, i) =>
      this.book.author({
        bucket,
        key: `${prefix}${i}`,
        value: { name: `${prefix}${i}`, size: i, note: 'a record of a test that is about as long as a real one is' },
        validForMs: 3_600_000,
      }),
    )
  }

  /** Keys of a bucket's live records, sorted. */
  keys(bucket: BucketName): string[] {
    return this.book
      .live(bucket)
      .map(({ record }) => record.body.key)
      .sort()
  }
}

const made: TestPeer[] = []

export async function startPeer(init: TestPeerInit = {}): Promise<TestPeer> {
  const peer = new TestPeer(init)
  made.push(peer)
  await peer.start()
  return peer
}

export async function stopPeers(): Promise<void> {
  await Promise.all(made.splice(0).map((peer) => peer.stop()))
}
