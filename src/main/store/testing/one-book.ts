import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RecordId } from '../../../shared/ids.ts'
import { FakeClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { silentLog } from '../../base/log.ts'
import { signAttestation } from '../../model/attestation.ts'
import { buckets, type BucketName } from '../../model/bucket.ts'
import { encodeSigned } from '../../model/record-codec.ts'
import { signRecord, type RecordBody, type SignedRecord } from '../../model/record.ts'
import { askKey, encodeAsk } from '../../model/trust-records.ts'
import { Database } from '../database.ts'
import { identityOfSeed, type Identity } from '../identity-store.ts'
import { RecordBook } from '../record-book.ts'
import type { TimeBasis } from '../steady-time.ts'
import type { Arrival } from '../stored-record.ts'
import { trustedSwarm, type TrustedSwarm } from './trusted.ts'

export const hourMs = 3_600_000

export const identityOf = (n: number): Identity => identityOfSeed(new Uint8Array(32).fill(n))
export const self = identityOf(1)
export const robot = identityOf(2)
export const operator = identityOf(3)
export const stranger = identityOf(4)

/** One book in a swarm of a robot, an operator and a stranger, and what it has told. */
export class OneBook {
  home = mkdtempSync(join(tmpdir(), 'dt-swarm-trust-'))
  clock = new FakeClock()
  readonly counters = new Counters()
  readonly trusted: TrustedSwarm
  timeKnown = true
  timeBasis: TimeBasis = 'own'
  invited: (ask: SignedRecord) => boolean = () => false
  /** `+bucket key` of what is said to count, `-bucket key` of what is not (any more). */
  told: string[] = []
  database: Database
  book: RecordBook
  /** Of the records that a test makes, so that what is told can be read. */
  readonly #keys = new Map<RecordId, string>()
  #seq = 0

  constructor() {
    this.trusted = trustedSwarm([self.peerId, robot.peerId, { peer: operator.peerId, roles: ['operator'] }])
    ;[this.database, this.book] = this.#opened()
    this.take(...this.trusted.records)
    this.told = []
  }

  /** As after a restart. */
  open(): void {
    ;[this.database, this.book] = this.#opened()
  }

  remove(): void {
    this.database.close()
    rmSync(this.home, { recursive: true, force: true })
  }

  nextSeq(): number {
    return ++this.#seq
  }

  record(bucket: BucketName, key: string, author: Identity, change: Partial<RecordBody> = {}): SignedRecord {
    const validFrom = this.clock.now()
    const seq = this.nextSeq()
    const validUntil = validFrom + Math.min(buckets[bucket].maxValidityMs, 48 * hourMs)
    const body = { v: 1, bucket, key, value: { n: seq }, author: author.peerId, seq, validFrom, validUntil } as const
    const made = signRecord({ ...body, ...change }, author, this.trusted.anchor.swarm)
    this.#keys.set(made.id, key)
    return made
  }

  askOf(who: Identity): SignedRecord {
    const value = encodeAsk({ role: 'robot', name: 'duckie', simulated: false, invite: null, proof: null })
    return this.record('trust', askKey, who, { value })
  }

  attested(one: SignedRecord, verdict: 'endorse' | 'dismiss', ...by: readonly Identity[]): SignedRecord {
    const more = by.map((who) =>
      signAttestation({ id: one.id, swarm: this.trusted.anchor.swarm }, verdict, this.clock.now(), who),
    )
    return { ...one, attestations: [...one.attestations, ...more] }
  }

  arrival(): Arrival {
    return { via: 'direct', from: robot.peerId, channel: 'x', receivedAtMs: this.clock.now(), hops: 1 }
  }

  /** As the network does: checked, then merged. @returns why each was not taken, or `ok` */
  take(...records: readonly SignedRecord[]): string[] {
    return records.map((one) => {
      const checked = this.book.check(encodeSigned(one))
      if (checked.kind !== 'check-signature') return checked.kind === 'rejected' ? checked.reason : checked.kind
      return this.book.merge([checked.record], this.arrival()).refused[0]?.reason ?? 'ok'
    })
  }

  stateOf(one: SignedRecord): string | undefined {
    const stored = this.book.get(one.id)
    return stored === undefined ? undefined : this.book.state(stored).state
  }

  #opened(): [Database, RecordBook] {
    const base = { clock: this.clock, log: silentLog, counters: this.counters }
    const database = Database.open(base, { home: this.home })
    const init = {
      isTimeKnown: () => this.timeKnown,
      timeBasis: () => this.timeBasis,
      isInvited: (ask: SignedRecord) => this.invited(ask),
    }
    const book = new RecordBook({ ...base, database, identity: self, swarm: this.trusted.swarm() }, init)
    this.told = []
    book.events.on('bucket:merged', ({ bucket, records }) => {
      for (const { record } of records) this.told.push(`+${bucket} ${record.body.key}`)
    })
    book.events.on('bucket:swept', ({ bucket, ids }) => {
      for (const id of ids) this.told.push(`-${bucket} ${this.#keys.get(id) ?? id}`)
    })
    return [database, book]
  }
}
