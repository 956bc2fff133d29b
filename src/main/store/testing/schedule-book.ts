import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RecordId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { silentLog } from '../../base/log.ts'
import { bucketNames, type BucketName } from '../../model/bucket.ts'
import { encodeSigned } from '../../model/record-codec.ts'
import { verifyRecord, type SignedRecord } from '../../model/record.ts'
import { Database } from '../database.ts'
import { identityOfSeed } from '../identity-store.ts'
import { RecordBook } from '../record-book.ts'
import type { Arrival } from '../record-store.ts'
import type { TimeBasis } from '../steady-time.ts'
import type { MemorySwarm, TrustedSwarm } from './trusted.ts'

/** Those who meet in a schedule of five. */
export const five = [11, 12, 13, 14, 15].map((n) => identityOfSeed(new Uint8Array(32).fill(n)))
/** Those who meet in a schedule of three. */
export const identities = five.slice(0, 3)

/** A real book on a database of its own that can be closed and opened again, with a listener that follows its events. */
export class TestBook {
  readonly home = mkdtempSync(join(tmpdir(), 'dt-swarm-schedule-'))
  readonly index: number
  readonly swarm: MemorySwarm
  /** What a listener that only follows the events believes to count. */
  readonly followed = new Map<BucketName, Set<RecordId>>()
  database!: Database
  book!: RecordBook
  readonly #clock: Clock
  readonly #timeBasis: () => TimeBasis

  constructor(index: number, clock: Clock, trusted: TrustedSwarm, timeBasis: () => TimeBasis = () => 'own') {
    this.index = index
    this.#clock = clock
    this.#timeBasis = timeBasis
    this.swarm = trusted.swarm()
    this.open()
  }

  open(): void {
    const base = { clock: this.#clock, log: silentLog, counters: new Counters() }
    this.database = Database.open(base, { home: this.home })
    const identity = five[this.index]
    if (identity === undefined) throw new Error('there are five')
    const timeBasis = this.#timeBasis
    this.book = new RecordBook({ ...base, database: this.database, identity, swarm: this.swarm }, { timeBasis })
    for (const bucket of bucketNames) {
      this.followed.set(bucket, new Set(this.book.live(bucket).map(({ record }) => record.id)))
    }
    this.book.events.on('bucket:merged', ({ bucket, records }) => {
      for (const { record } of records) this.followed.get(bucket)?.add(record.id)
    })
    this.book.events.on('bucket:swept', ({ bucket, ids }) => {
      for (const id of ids) this.followed.get(bucket)?.delete(id)
    })
  }

  async restart(): Promise<void> {
    await this.book.settled()
    this.database.close()
    this.open()
  }

  held(bucket?: BucketName): SignedRecord[] {
    return bucketNames
      .filter((name) => bucket === undefined || name === bucket)
      .flatMap((name) => this.book.getMany(this.book.idsPage(name, null, 10_000)).map(({ record }) => record))
  }

  accepted(): string[] {
    return bucketNames.flatMap((bucket) => this.book.live(bucket).map(({ record }) => record.id)).sort()
  }

  close(): void {
    this.database.close()
    rmSync(this.home, { recursive: true, force: true })
  }
}

export const arrivalAt = (receivedAtMs: number): Arrival => ({
  via: 'caught-up',
  from: null,
  channel: 'stream',
  receivedAtMs,
  hops: 1,
})

/** As reconciliation does: what one lacks, trust first; of what the other has buried, the dismissal. */
export function give(from: TestBook, to: TestBook, nowMs: number): boolean {
  let changed = false
  for (const inTrust of [true, false]) {
    for (const record of from.held()) {
      if ((record.body.bucket === 'trust') !== inTrust) continue
      const checked = to.book.check(encodeSigned(record))
      if (checked.kind === 'check-signature' && verifyRecord(checked.record, to.book.swarm)) {
        changed = to.book.merge([checked.record], arrivalAt(nowMs)).added.length > 0 || changed
      }
    }
  }
  for (const record of to.held()) {
    const attestations = from.book.buried(record.id)
    if (attestations === undefined) continue
    changed = to.book.merge([{ ...record, attestations }], arrivalAt(nowMs)).added.length > 0 || changed
  }
  return changed
}
