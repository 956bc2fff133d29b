import type { PeerId } from '../../shared/ids.ts'
import { bucketNames, buckets, maxFutureMs, type BucketName } from '../model/bucket.ts'
import type { SignedRecord } from '../model/record.ts'
import { recordState } from '../model/state.ts'
import type { TrustState } from '../model/trust.ts'
import type { BucketTally } from './bucket-tally.ts'
import type { RecordChanges } from './record-changes.ts'
import { gated, isNobodys, mayClimb, type DoorView } from './record-door.ts'
import type { RecordStore, StoredRecord } from './record-store.ts'

/** Long enough for everybody who is there to have heard of the dismissal together with the record. */
export const burialMs = 60 * 60_000
/** Attested records looked at in one sweep: some 15 ms. A swarm's dismissals come round within the hour. */
const auditRecords = 1_000
/** Trust records looked at in one sweep: some 5 ms. */
const tidyRecords = 1_000

/**
 * Takes away what is over, a bounded piece at a time: what has ended; of set buckets what was dismissed an hour ago, but
 * for a mark; what authors said who were revoked, or have lost their role; and trust records that turned out to be nobody's.
 */
export class RecordSweep {
  readonly #store: RecordStore
  readonly #tally: BucketTally
  #auditedRow = 0
  #tidied: { readonly trust: TrustState | null; readonly upTo: number } = { trust: null, upTo: 0 }
  /** Since when authors who have records here have no role; in this run. */
  readonly #outSinceMs = new Map<PeerId, number>()

  constructor(store: RecordStore, tally: BucketTally) {
    this.#store = store
    this.#tally = tally
  }

  /** Does all of it, taking away at most `max` records. @returns how many went */
  run(changes: RecordChanges, view: DoorView, trustRecords: readonly SignedRecord[], max: number): number {
    const { overMs } = view.time
    // The roots that led to the newest one are not swept: they come on top of what is looked at.
    const outdated = this.#outdated(view, max + view.trust.roots.line.size)
      .filter(({ record }) => !mayClimb(view, record))
      .slice(0, max)
    for (const stored of outdated) changes.sweep(stored, overMs)
    this.#store.marks.sweep(overMs)
    this.#store.buried.sweep(overMs)
    let gone = outdated.length
    gone += this.#dropAuthors(changes, view, max - gone)
    gone += this.#bury(changes, view, max - gone)
    if (!view.learning) gone += this.#tidyTrust(changes, view, trustRecords, max - gone)
    return gone
  }

  /**
   * What is over by a time that one clock's mistake does not move. What is from the future stays - it is our own clock that was
   * set back - unless neighbours bear out the time: then who said it has set its clock right, and what it says now must
   * find its place.
   */
  #outdated({ time: { now, overMs, sure }, isSettled, self }: DoorView, limit: number): StoredRecord[] {
    const ended = isSettled ? this.#store.ended(overMs, limit) : this.#store.othersEnded(overMs, self, limit)
    if (!sure || ended.length >= limit) return ended
    return [...ended, ...this.#store.othersAhead(now + maxFutureMs, self, limit - ended.length)]
  }

  /** Records of those who are nobody any more, an hour after. Their own peers bring them again, should they be admitted. */
  #dropAuthors(changes: RecordChanges, view: DoorView, max: number): number {
    const { trust, self, nowMs } = view
    const { overMs } = view.time
    if (trust.root === null) return 0
    const out = new Set<PeerId>()
    let gone = 0
    for (const bucket of bucketNames) {
      if (bucket === 'trust') continue
      for (const author of this.#tally.authors(bucket)) {
        if (author === self) continue
        const { standing, record } = trust.of(author)
        if (standing === 'root' || standing === 'member') continue
        if (standing === 'stranger' && mayStay(view, bucket)) continue
        out.add(author)
        const noticedMs = this.#outSinceMs.get(author) ?? overMs
        this.#outSinceMs.set(author, noticedMs)
        // A time that is not sure lags behind: what was noticed by it counts, too.
        const sinceMs = standing === 'revoked' ? Math.min(record?.body.validFrom ?? noticedMs, noticedMs) : noticedMs
        if (overMs - sinceMs < burialMs || gone >= max) continue
        for (const stored of this.#store.some(bucket, author, max - gone)) {
          const verdict = recordState({ record: stored.record, trust, policy: buckets[bucket], now: nowMs })
          const goes = verdict.burial === 'drop' || (verdict.burial === 'mark' && buckets[bucket].kind === 'keyed')
          if (!goes) continue
          changes.drop(stored)
          gone++
        }
      }
    }
    for (const author of this.#outSinceMs.keys()) if (!out.has(author)) this.#outSinceMs.delete(author)
    return gone
  }

  /**
   * Never what has a key: it is what shows that an older record under that key is outdated to who was away and holds only
   * that one. A slot has one record, of a few KiB, and it goes when it ends.
   */
  #bury(changes: RecordChanges, { trust, nowMs, time: { overMs } }: DoorView, max: number): number {
    if (max <= 0) return 0
    const { rows, last } = this.#store.attested(this.#auditedRow, Math.min(max, auditRecords))
    this.#auditedRow = last ?? 0
    let gone = 0
    for (const stored of this.#store.ofRows(Float64Array.from(rows), nowMs)) {
      const { record } = stored
      const policy = buckets[record.body.bucket]
      if (policy.kind === 'keyed') continue
      const verdict = recordState({ record, trust, policy, now: nowMs })
      if (verdict.burial !== 'mark' || overMs - dismissedAtMs(record) < burialMs) continue
      changes.bury(stored)
      gone++
    }
    return gone
  }

  /**
   * What was let in while it could not be told who would turn out to be somebody: looked through once after each change of
   * the trust, a piece in each sweep.
   */
  #tidyTrust(changes: RecordChanges, view: DoorView, records: readonly SignedRecord[], max: number): number {
    const { trust } = view
    if (this.#tidied.trust !== trust) this.#tidied = { trust, upTo: 0 }
    const { upTo } = this.#tidied
    let gone = 0
    let at = upTo
    for (; at < records.length && at < upTo + tidyRecords && gone < max; at++) {
      const record = records[at]
      if (record === undefined) continue
      const isOut = isNobodys(view, record) || isOver(view, record)
      const stored = isOut || gated(view, record) !== record ? this.#store.get(record.id) : undefined
      if (stored === undefined) continue
      if (isOut) {
        changes.drop(stored)
        gone++
      } else changes.trim(stored)
    }
    this.#tidied = { trust, upTo: at }
    return gone
  }
}

/** An ask of somebody who was revoked. */
function isOver({ trust, nowMs }: DoorView, record: SignedRecord): boolean {
  return recordState({ record, trust, policy: buckets.trust, now: nowMs }).burial === 'drop'
}

function mayStay({ trust }: DoorView, bucket: BucketName): boolean {
  return buckets[bucket].strangers.maxRecords > 0 || trust.ruleOf(bucket).authors.length === 0
}

/** When the last of those who dismissed it did; 0 without one. */
function dismissedAtMs({ attestations }: SignedRecord): number {
  let atMs = 0
  for (const { verdict, at } of attestations) if (verdict === 'dismiss') atMs = Math.max(atMs, at)
  return atMs
}
