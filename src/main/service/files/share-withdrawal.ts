import type { RecordId } from '../../../shared/ids.ts'
import type { Counters } from '../../base/counters.ts'

export interface ShareWithdrawalDeps {
  readonly counters: Counters
  /** Whether a record counts still. */
  readonly counts: (id: RecordId) => boolean
  /** Dismisses records of this peer in one go: all or none. */
  readonly dismiss: (ids: readonly RecordId[]) => void
}

/** Signed and written in one go: some 10 ms of the main thread. */
export const maxAtOnce = 64

/** The peer does other things meanwhile. */
export const rest = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Takes back records of this peer, of which there may be many thousands: the first ones at once, the others bit by bit. */
export class ShareWithdrawal {
  readonly #deps: ShareWithdrawalDeps
  readonly #leaving = new Set<RecordId>()
  #isUnderWay = false

  constructor(deps: ShareWithdrawalDeps) {
    this.#deps = deps
  }

  /** It is about to be taken back: nothing may be built on it any more. */
  has(id: RecordId): boolean {
    return this.#leaving.has(id)
  }

  /** @throws SwarmError as the record book does, for the first ones */
  add(ids: Iterable<RecordId>): void {
    for (const id of ids) if (this.#deps.counts(id)) this.#leaving.add(id)
    if (this.#isUnderWay || this.#leaving.size === 0) return
    this.#some()
    if (this.#leaving.size > 0) void this.#others()
  }

  clear(): void {
    this.#leaving.clear()
  }

  /** Never rejects. */
  async #others(): Promise<void> {
    this.#isUnderWay = true
    try {
      while (this.#leaving.size > 0) {
        await rest()
        this.#some()
      }
    } catch {
      // Whoever asked for it looks again, as after a restart.
      this.#deps.counters.add('files.withdraw:failed')
    } finally {
      this.#isUnderWay = false
    }
  }

  #some(): void {
    const ids: RecordId[] = []
    for (const id of this.#leaving) {
      if (ids.length >= maxAtOnce) break
      this.#leaving.delete(id)
      if (this.#deps.counts(id)) ids.push(id)
    }
    try {
      this.#deps.dismiss(ids)
    } catch (error) {
      this.#leaving.clear()
      throw error
    }
  }
}
