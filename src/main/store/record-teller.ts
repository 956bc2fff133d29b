import type { Clock } from '../base/clock.ts'
import { Emitter, type EventSource } from '../base/emitter.ts'
import type { Log } from '../base/log.ts'
import { bucketNames, buckets } from '../model/bucket.ts'
import type { SignedRecord } from '../model/record.ts'
import { recordState } from '../model/state.ts'
import type { TrustState } from '../model/trust.ts'
import type { RecordBookEvents } from './record-book-init.ts'
import type { Arrival, StoredRecord } from './stored-record.ts'
import type { TrustChange } from './trust-keeper.ts'

/** Tells a book's listeners what came, and of all that changed what counts, and what does not (any more). */
export class RecordTeller {
  readonly #clock: Clock
  readonly #trust: () => TrustState
  readonly #events: Emitter<RecordBookEvents>

  constructor(deps: { readonly clock: Clock; readonly log: Log; readonly trust: () => TrustState }) {
    this.#clock = deps.clock
    this.#trust = deps.trust
    this.#events = new Emitter((error, name) => deps.log.error({ err: error, name }, 'A listener failed'))
  }

  get events(): EventSource<RecordBookEvents> {
    return this.#events
  }

  /** @param arrival undefined: nothing came */
  changed(put: readonly StoredRecord[], gone: readonly StoredRecord[], arrival: Arrival | undefined): void {
    if (put.length > 0 && arrival !== undefined) this.#events.emit('records:stored', { records: put, arrival })
    for (const bucket of bucketNames) {
      const ids = gone.filter(({ record }) => record.body.bucket === bucket).map(({ record }) => record.id)
      const records: StoredRecord[] = []
      for (const stored of put) {
        if (stored.record.body.bucket !== bucket) continue
        if (this.#counts(stored.record, this.#trust())) records.push(stored)
        // One that was dismissed just now counted before.
        else if (stored.record.attestations.length > 0) ids.push(stored.record.id)
      }
      if (ids.length > 0) this.#events.emit('bucket:swept', { bucket, ids })
      if (records.length > 0 && arrival !== undefined) this.#events.emit('bucket:merged', { bucket, records, arrival })
    }
  }

  /** @param verdicts trust records that count now and did not, or the other way round */
  trustChanged({ state, peers, before }: TrustChange, verdicts: readonly StoredRecord[]): void {
    this.#events.emit('trust:changed', { state, peers })
    this.retell(verdicts, before)
  }

  /** Tells of those that count otherwise than under `before`; undefined: of all. */
  retell(records: readonly StoredRecord[], before: TrustState | undefined): void {
    const trust = this.#trust()
    const changed = records.filter(
      ({ record }) => before === undefined || this.#counts(record, before) !== this.#counts(record, trust),
    )
    for (const bucket of bucketNames) {
      const { merged = [], swept = [] } = Object.groupBy(
        changed.filter(({ record }) => record.body.bucket === bucket),
        ({ record }) => (this.#counts(record, trust) ? 'merged' : 'swept'),
      )
      const ids = swept.map(({ record }) => record.id)
      if (ids.length > 0) this.#events.emit('bucket:swept', { bucket, ids })
      if (merged.length > 0) this.#events.emit('bucket:merged', { bucket, records: merged, arrival: this.#retold() })
    }
  }

  #counts(record: SignedRecord, trust: TrustState): boolean {
    const policy = buckets[record.body.bucket]
    return recordState({ record, trust, policy, now: this.#clock.now() }).state === 'accepted'
  }

  /** Nothing came: it counts since the trust changed. */
  #retold(): Arrival {
    return { via: 'caught-up', from: null, channel: null, receivedAtMs: this.#clock.now(), hops: 0 }
  }
}
