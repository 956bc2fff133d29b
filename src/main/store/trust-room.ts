import type { PeerId } from '../../shared/ids.ts'
import { buckets } from '../model/bucket.ts'
import { signedSizeBytes } from '../model/record-codec.ts'
import type { SignedRecord } from '../model/record.ts'
import { trustKindOf } from '../model/trust-records.ts'
import { hasWeight } from '../model/trust-weight.ts'
import type { TrustState } from '../model/trust.ts'
import { byValidFrom, WaitingAsks } from './waiting-asks.ts'

/** What is kept of roots and roles whose signatures have no weight: proposals of those who cannot decide. */
const light = { perAuthor: 16, all: 500, bytesPerAuthor: 64 * 1_024, allBytes: 4 * 1_024 * 1_024 }
/** While the trust is being learned: of what belongs together the second may be here first. */
const lightWhileLearning = { perAuthor: 500, all: 2_000, bytesPerAuthor: 256 * 1_024, allBytes: 8 * 1_024 * 1_024 }

export interface TrustRoomDeps {
  /** What is held in the bucket `trust`, as of the last commit. */
  readonly records: () => Iterable<SignedRecord>
  readonly trust: () => TrustState
  /** Whether an ask proves to hold an invite that was made here: such a one goes last. */
  readonly isInvited: (ask: SignedRecord) => boolean
}

interface Sum {
  records: number
  bytes: number
}

/**
 * The room in the bucket `trust` of those who decide nothing: a small share, so that the words of root keys and operators
 * always fit. Strangers' asks have a share of their own, in which a newer one takes the place of the oldest.
 */
export class TrustRoom {
  readonly #deps: TrustRoomDeps
  /** Null until somebody asks, and whenever the trust has changed. */
  #light: Map<PeerId, Sum> | null = null
  #all: Sum = { records: 0, bytes: 0 }
  #asks: WaitingAsks | null = null

  constructor(deps: TrustRoomDeps) {
    this.#deps = deps
  }

  /** Who decides has changed, or a transaction was undone: all is counted anew when somebody asks. */
  reset(): void {
    this.#light = null
    this.#asks = null
  }

  /** A version of a trust record came or went, in a transaction that may still be undone. */
  note(record: SignedRecord, by: 1 | -1): void {
    if (trustKindOf(record.body.key) === 'ask') {
      if (this.#asks === null) return
      if (by < 0) this.#asks.delete(record)
      else if (this.#isStranger(record.body.author)) this.#asks.add(record)
    } else if (this.#light !== null && !hasWeight(this.#deps.trust(), record)) this.#add(this.#light, record, by)
  }

  /** Whether one more root or role that has no weight fits. */
  hasRoom(record: SignedRecord, learning: boolean): boolean {
    const most = learning ? lightWhileLearning : light
    const bytes = signedSizeBytes(record)
    const own = this.#lightSums().get(record.body.author) ?? { records: 0, bytes: 0 }
    return (
      this.#all.records < most.all &&
      this.#all.bytes + bytes <= most.allBytes &&
      own.records < most.perAuthor &&
      own.bytes + bytes <= most.bytesPerAuthor
    )
  }

  /**
   * Where a stranger's ask would find its place: there is room, or that of the one given. An older one than all that are held
   * finds none, so that peers that are flooded end with the same.
   */
  forAsk(record: SignedRecord): 'room' | 'full' | SignedRecord {
    const { strangers } = buckets.trust
    if (!this.#isStranger(record.body.author)) return 'room'
    const asks = this.#strangersAsks()
    if (asks.of(record.body.author) >= strangers.maxRecordsPerAuthor) return 'full'
    if (asks.size < strangers.maxRecords) return 'room'
    const { isInvited } = this.#deps
    // Each invite is proven by a hash: only those are looked at that would have to go.
    for (const oldest of asks.oldestFirst()) {
      if (isInvited(oldest)) continue
      return byValidFrom(oldest, record) < 0 || isInvited(record) ? oldest : 'full'
    }
    const [oldest] = asks.oldestFirst()
    return oldest !== undefined && isInvited(record) && byValidFrom(oldest, record) < 0 ? oldest : 'full'
  }

  #lightSums(): Map<PeerId, Sum> {
    if (this.#light !== null) return this.#light
    const sums = new Map<PeerId, Sum>()
    this.#all = { records: 0, bytes: 0 }
    const trust = this.#deps.trust()
    for (const record of this.#deps.records()) {
      if (trustKindOf(record.body.key) !== 'ask' && !hasWeight(trust, record)) this.#add(sums, record, 1)
    }
    this.#light = sums
    return sums
  }

  #add(sums: Map<PeerId, Sum>, record: SignedRecord, by: 1 | -1): void {
    const { author } = record.body
    const bytes = by * signedSizeBytes(record)
    const sum = sums.get(author) ?? { records: 0, bytes: 0 }
    const next = { records: sum.records + by, bytes: sum.bytes + bytes }
    if (next.records > 0) sums.set(author, next)
    else sums.delete(author)
    this.#all = { records: this.#all.records + by, bytes: this.#all.bytes + bytes }
  }

  #strangersAsks(): WaitingAsks {
    this.#asks ??= new WaitingAsks(
      [...this.#deps.records()].filter(({ body }) => trustKindOf(body.key) === 'ask' && this.#isStranger(body.author)),
    )
    return this.#asks
  }

  #isStranger(author: PeerId): boolean {
    const { standing } = this.#deps.trust().of(author)
    return standing === 'stranger' || standing === 'revoked'
  }
}
