import type { RecordId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import { isBucketName } from '../../model/bucket.ts'
import { equalBytes } from '../../model/cbor.ts'
import {
  decodeAttestationList,
  decodeBatch,
  decodeSigned,
  encodeAttestationList,
  encodeBatch,
  signedSizeBytes,
} from '../../model/record-codec.ts'
import { recordDigest, recordIdOfDigest } from '../../model/record-id.ts'
import type { SignedRecord } from '../../model/record.ts'
import { itemOf } from '../../model/reconcile-item.ts'
import type { RecordBook } from '../../store/record-book.ts'
import { judgedAs } from '../ingest/ingest-job.ts'
import type { Ingest, Source, Verdict } from '../ingest/ingest.ts'
import { maxDismissals, type Dismissal } from './reconcile-frames.ts'
import type { RefusedIds } from '../ingest/refused-ids.ts'

/** The parts of the book that reconciliation needs. */
export type ReconcileBook = Pick<RecordBook, 'index' | 'get' | 'has' | 'buried'>

export interface RecordTradeDeps {
  readonly book: ReconcileBook
  readonly ingest: Pick<Ingest, 'receive'>
  /** What was not taken from a neighbour lately is not asked of it again. */
  readonly refused: RefusedIds
  readonly clock: Clock
}

export interface Given {
  readonly records: readonly SignedRecord[]
  readonly batch: Uint8Array
  /** How many of the items, from the first, these are; gone ones included. */
  readonly settled: number
}

export interface Taken {
  readonly verdict: Verdict
  /** Of records in the batch that were dismissed and buried here: whoever sent them has not heard. */
  readonly dismissals: readonly Dismissal[]
}

/** A full ingest queue is waited for this often before a batch is given up. */
const maxRetries = 50
const retryMs = 200
const noBatch = new Uint8Array(0)

/** Hands records to neighbours by their item ids, and takes theirs, in whatever way they travel. */
export class RecordTrade {
  readonly #deps: RecordTradeDeps

  constructor(deps: RecordTradeDeps) {
    this.#deps = deps
  }

  /** As many of the items' records as fit into `maxBytes`, one at least; those that have ended are left out. */
  give(items: Iterable<readonly [bucket: string, id: Uint8Array]>, maxBytes: number): Given {
    const records: SignedRecord[] = []
    const now = this.#deps.clock.now()
    let bytes = 0
    let settled = 0
    for (const [bucket, id] of items) {
      const record = this.#recordOf(bucket, id)
      // Roots that have ended lead to the newest one for those who were away.
      if (record !== undefined && (bucket === 'trust' || record.body.validUntil > now)) {
        const size = signedSizeBytes(record)
        if (records.length > 0 && bytes + size > maxBytes) break
        records.push(record)
        bytes += size
      }
      settled += 1
    }
    return { records, batch: records.length === 0 ? noBatch : encodeBatch(records), settled }
  }

  /** Whether just this version of a record is held. */
  holds(bucket: string, id: Uint8Array): boolean {
    const record = this.#recordOf(bucket, id)
    return record !== undefined && equalBytes(itemOf(record).id, id)
  }

  /**
   * Has a batch checked and stored; what was refused is remembered.
   * @throws Error when this peer's queue stays full
   */
  async take(batch: Uint8Array, source: Source): Promise<Taken> {
    let verdict = await this.#deps.ingest.receive(batch, source)
    for (let tries = 0; verdict.dropped && tries < maxRetries; tries += 1) {
      await this.#deps.clock.sleep(retryMs)
      verdict = await this.#deps.ingest.receive(batch, source)
    }
    if (verdict.dropped) throw new Error('received records could not be taken in: the queue stayed full')
    const isOverRate = verdict.overRate > 0
    return { verdict, dismissals: verdict.refused === 0 ? [] : this.#refused(batch, judgedAs(source), isOverRate) }
  }

  /** Has attestations on records that are held here checked and stored. */
  async takeDismissals(dismissals: readonly Dismissal[], source: Source): Promise<Verdict | null> {
    const attested = dismissals.flatMap(([digest, list]): SignedRecord[] => {
      const record = this.#deps.book.get(recordIdOfDigest(digest))?.record
      const attestations = decodeAttestationList(list)
      return record === undefined || attestations === undefined ? [] : [{ ...record, attestations }]
    })
    return attested.length === 0 ? null : (await this.take(encodeBatch(attested), source)).verdict
  }

  /** Undefined for what is not buried here. */
  dismissalOf(id: RecordId): Dismissal | undefined {
    const attestations = this.#deps.book.buried(id)
    const digest = recordDigest(id)
    return attestations === undefined || digest === undefined
      ? undefined
      : [digest, encodeAttestationList(attestations)]
  }

  #recordOf(bucket: string, itemId: Uint8Array): SignedRecord | undefined {
    const { book } = this.#deps
    const id = isBucketName(bucket) ? book.index.recordId(bucket, itemId) : undefined
    return id === undefined ? undefined : book.get(id)?.record
  }

  #refused(batch: Uint8Array, from: string, isOverRate: boolean): Dismissal[] {
    const { book, refused } = this.#deps
    const dismissals: Dismissal[] = []
    const decoded = decodeBatch(batch)
    if (decoded.kind === 'rejected') return dismissals
    for (const bytes of decoded.records) {
      const signed = decodeSigned(bytes)
      if (signed.kind === 'rejected' || book.has(signed.record.body.bucket, signed.record.id)) continue
      refused.add(from, itemOf(signed.record).id, { isOverRate })
      const dismissal = this.dismissalOf(signed.record.id)
      if (dismissal !== undefined && dismissals.length < maxDismissals) dismissals.push(dismissal)
    }
    return dismissals
  }
}
