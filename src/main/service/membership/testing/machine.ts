import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PeerId } from '../../../../shared/ids.ts'
import { FakeClock } from '../../../base/clock.ts'
import { Counters } from '../../../base/counters.ts'
import { Emitter } from '../../../base/emitter.ts'
import { silentLog } from '../../../base/log.ts'
import { NeighbourClocks } from '../../../net/clock/neighbour-clocks.ts'
import { Database } from '../../../store/database.ts'
import { identityOfSeed } from '../../../store/identity-store.ts'
import { RecordBook } from '../../../store/record-book.ts'
import type { StoredRecord } from '../../../store/record-store.ts'
import { TrustedCircle } from '../../../store/testing/trusted-circle.ts'
import type { MembershipNode } from '../membership-init.ts'

/** The network as membership sees it, with links that a test cuts and makes. */
export class TestLinks implements MembershipNode {
  readonly #emitter = new Emitter<{ 'links:changed': Record<never, never> }>()
  readonly #peers = new Set<PeerId>()
  own: readonly string[] = []

  readonly events = this.#emitter
  addresses(): readonly string[] {
    return this.own
  }
  neighbours(): readonly PeerId[] {
    return [...this.#peers]
  }
  links(): readonly { readonly peer: PeerId; readonly latencyMs: number | null }[] {
    return this.neighbours().map((peer) => ({ peer, latencyMs: 3 }))
  }
  up(peer: PeerId): void {
    this.#peers.add(peer)
    this.#emitter.emit('links:changed', {})
  }
  down(peer: PeerId): void {
    this.#peers.delete(peer)
    this.#emitter.emit('links:changed', {})
  }
  changed(): void {
    this.#emitter.emit('links:changed', {})
  }
}

/** A day before a `FakeClock` begins: tests turn clocks back too. */
export const circle = new TrustedCircle({ atMs: 1_700_000_000_000 - 24 * 60 * 60_000 })

/** A machine without network and services: a real book on a real database, and what the services need besides. */
export class TestMachine {
  readonly home: string
  readonly clock: FakeClock
  readonly counters = new Counters()
  readonly log = silentLog
  readonly random = (): number => 0.5
  readonly links = new TestLinks()
  readonly clocks: NeighbourClocks
  readonly identity
  database: Database
  book: RecordBook

  readonly #stranger: boolean

  /** @param init.stranger nobody has admitted it; else all machines of a test trust each other */
  constructor(seed: number, clock: FakeClock, init: { readonly stranger?: boolean } = {}) {
    this.clock = clock
    this.#stranger = init.stranger ?? false
    this.clocks = new NeighbourClocks(this)
    this.home = mkdtempSync(join(tmpdir(), 'dt-swarm-service-'))
    this.identity = identityOfSeed(new Uint8Array(32).fill(seed))
    ;[this.database, this.book] = this.#open()
  }

  get peerId(): PeerId {
    return this.identity.peerId
  }

  /** As after a restart: what is not on disk is lost. */
  reopen(): void {
    this.database.close()
    ;[this.database, this.book] = this.#open()
  }

  /** Hands over records as the network would. */
  receive(records: readonly StoredRecord[], via: 'direct' | 'relayed' | 'caught-up', from: PeerId): void {
    this.book.merge(
      records.map(({ record }) => record),
      { via, from, channel: null, receivedAtMs: this.clock.now(), hops: via === 'direct' ? 1 : 2 },
    )
  }

  close(): void {
    this.database.close()
    rmSync(this.home, { recursive: true, force: true })
  }

  #open(): [Database, RecordBook] {
    const database = Database.open(this, { home: this.home })
    const { identity, clock } = this
    const book = new RecordBook({ ...this, database, identity, clock, swarm: circle.swarm() })
    if (!this.#stranger) circle.admit(book)
    return [database, book]
  }
}
