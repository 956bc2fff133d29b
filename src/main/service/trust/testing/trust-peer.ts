import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TrustRole } from '../../../../shared/trust-views.ts'
import type { Clock } from '../../../base/clock.ts'
import { Counters } from '../../../base/counters.ts'
import { silentLog } from '../../../base/log.ts'
import { bucketNames } from '../../../model/bucket.ts'
import { Database } from '../../../store/database.ts'
import { identityOfSeed } from '../../../store/identity-store.ts'
import { RecordBook } from '../../../store/record-book.ts'
import { writeSwarm } from '../../../store/swarm-file.ts'
import type { TimeBasis } from '../../../store/steady-time.ts'
import { openSwarm, type SwarmStore } from '../../../store/swarm-store.ts'
import { joinAtStart } from '../join-swarm.ts'
import { TrustService } from '../trust-service.ts'

export interface TrustPeerInit {
  readonly name: string
  readonly clock: Clock
  readonly role?: TrustRole
  /** Default: it founds a swarm of its own. */
  readonly join?: string
  /** Default: others bear the time out, so that a test may jump over months. */
  readonly timeBasis?: TimeBasis
  /** A home and key to come back with. */
  readonly again?: { readonly home: string; readonly seed: Uint8Array }
}

/** A peer of which only what trust needs is there: home, book, trust service; `talk` is its network. */
export class TrustPeer {
  readonly name: string
  readonly home: string
  readonly seed: Uint8Array
  readonly book: RecordBook
  readonly swarm: SwarmStore
  readonly trust: TrustService
  readonly #database: Database

  constructor({ name, clock, role = 'robot', join: link, timeBasis = 'borne-out', again }: TrustPeerInit) {
    this.name = name
    this.home = again?.home ?? mkdtempSync(join(tmpdir(), 'dt-swarm-trust-'))
    this.seed = again?.seed ?? randomBytes(32)
    const identity = identityOfSeed(this.seed)
    const basics = { clock, log: silentLog, counters: new Counters(), random: Math.random, identity }
    if (link !== undefined) {
      const peer = { peerId: identity.peerId, role, nowMs: clock.now() }
      writeSwarm(this.home, joinAtStart(link, undefined, peer))
    }
    this.#database = Database.open(basics, { home: this.home })
    this.swarm = openSwarm(this.home, basics, { name: 'lab' })
    this.book = new RecordBook(
      { ...basics, database: this.#database, swarm: this.swarm },
      { timeBasis: () => timeBasis },
    )
    const profile = () => ({ name, role, simulated: false })
    const addresses = () => ['/ip4/127.0.0.1/tcp/4040', '/ip4/192.168.7.9/tcp/4040']
    const deps = { ...basics, self: identity.peerId, book: this.book, swarm: this.swarm, nameOf: () => null }
    this.trust = new TrustService({ ...deps, profile, addresses }, { home: this.home })
  }

  get peerId() {
    return this.book.self
  }

  async stop(): Promise<void> {
    await this.trust.stop()
    this.#database.close()
  }

  remove(): void {
    rmSync(this.home, { recursive: true, force: true })
  }
}

/** All that each holds goes to each other one, as often as it takes until nothing is new to anybody. */
export function talk(...peers: readonly TrustPeer[]): void {
  let news = true
  for (let round = 0; news && round < 10; round += 1) {
    news = false
    for (const from of peers) {
      for (const to of peers.filter((peer) => peer !== from)) {
        for (const bucket of bucketNames) {
          const held = from.book.getMany(from.book.idsPage(bucket, null, 10_000)).map(({ record }) => record)
          const fit = held.flatMap((record) => {
            const result = to.book.check(record)
            return result.kind === 'check-signature' ? [result.record] : []
          })
          const arrival = { via: 'caught-up', from: from.peerId, channel: 'stream', hops: 1 } as const
          if (fit.length === 0) continue
          const { added } = to.book.merge(fit, { ...arrival, receivedAtMs: 0 })
          news ||= added.length > 0
        }
      }
    }
  }
}
