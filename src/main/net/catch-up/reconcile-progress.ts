import type { Clock } from '../../base/clock.ts'
import { bucketNames, type BucketName } from '../../model/bucket.ts'
import { openItems } from '../../model/reconcile.ts'
import { ReconcileFailed } from './reconcile-stream.ts'
import type { ReconcileBook } from './reconcile-trade.ts'

/**
 * Questions in a row that change nothing: of a million items each step of narrowing down takes some eight, and a full
 * step whose records are all refused here some thirty.
 */
const maxQuiet = 64
/** Two frames over a slow link, each with its deadline, and some work of our own. */
const quietMs = 45_000
/** Items that others are bringing just now; as many as `Claims` keeps. */
const maxWaiting = 20_000

/** What is held here. */
interface ComparedBook {
  readonly index: Pick<ReconcileBook['index'], 'of'>
}

/**
 * Whether a session still gets somewhere: records move, or less is left to compare. One that does not is ended, so
 * that who only asks or answers something again and again keeps no place for long.
 */
export class ReconcileProgress {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #index: ComparedBook['index']
  #sinceMs: number
  #quiet = 0
  #leastOpen = Number.POSITIVE_INFINITY
  #waiting = 0
  #given = 0

  constructor(deps: { readonly clock: Pick<Clock, 'monotonic'>; readonly book: ComparedBook }) {
    this.#clock = deps.clock
    this.#index = deps.book.index
    this.#sinceMs = deps.clock.monotonic()
  }

  /** Records that were new, here or there as far as it says so truly: nothing for none. */
  moved(records: number): void {
    if (records <= 0) return
    this.#quiet = 0
    this.#sinceMs = this.#clock.monotonic()
  }

  /** Records that were handed over: no more of them than are held here, else some were asked for twice. */
  gave(records: number): void {
    this.#given += records
    const held = bucketNames.reduce((sum, bucket) => sum + this.#index.of(bucket).size, 0)
    if (this.#given <= held) this.moved(records)
  }

  /** Items that are left to others that fetch them now. */
  left(items: number): void {
    this.#waiting += items
    if (this.#waiting <= maxWaiting) this.moved(items)
  }

  /** What is compared next: how many of our own items lie in it. */
  compared(parts: readonly (readonly [bucket: BucketName, message: Uint8Array])[]): void {
    // A session that gets on needs no look.
    if (this.#quiet < maxQuiet / 8) return
    const open = parts.reduce((sum, [bucket, message]) => sum + openItems(this.#index.of(bucket), message), 0)
    if (open < this.#leastOpen) this.moved(1)
    this.#leastOpen = Math.min(this.#leastOpen, open)
  }

  /** One more question. @throws ReconcileFailed `stalled` */
  asked(): void {
    this.#quiet += 1
    const forMs = this.#clock.monotonic() - this.#sinceMs
    if (this.#quiet <= maxQuiet && forMs <= quietMs) return
    throw new ReconcileFailed('stalled', `nothing has come of ${this.#quiet} questions in ${Math.round(forMs)} ms`)
  }
}
