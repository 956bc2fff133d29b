import type { RecordId } from '../../../shared/ids.ts'
import type { Unsubscribe } from '../../base/emitter.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { SignedRecord } from '../../model/record.ts'
import type { RecordBook } from '../../store/record-book.ts'

export interface HeldTrustDeps {
  readonly book: Pick<RecordBook, 'events' | 'eachHeld' | 'has'>
  /** Called when records of the bucket came, went or were attested. */
  readonly onChange: () => void
}

/**
 * All records of the bucket `trust` that this peer holds, proposals and asks too, in memory: at most as many as the
 * bucket takes, some 10,000 of 300 bytes. What is in force is the trust state's to say; this is for those who look.
 */
export class HeldTrust implements Startable {
  readonly #deps: HeldTrustDeps
  readonly #records = new Map<RecordId, SignedRecord>()
  readonly #undo: Unsubscribe[] = []

  constructor(deps: HeldTrustDeps) {
    this.#deps = deps
  }

  async start(): Promise<void> {
    if (this.#undo.length > 0) return
    const { book, onChange } = this.#deps
    this.#undo.push(
      book.events.on('records:stored', ({ records }) => {
        const trust = records.map(({ record }) => record).filter(({ body }) => body.bucket === 'trust')
        for (const record of trust) this.#records.set(record.id, record)
        if (trust.length > 0) onChange()
      }),
      book.events.on('bucket:swept', ({ bucket, ids }) => {
        if (bucket !== 'trust') return
        // What only does not count any more is still to be shown, with its reason.
        for (const id of ids) if (!book.has('trust', id)) this.#records.delete(id)
        onChange()
      }),
    )
    await book.eachHeld('trust', ({ record }) => {
      // What came meanwhile is newer than what was read.
      if (this.#records.has(record.id)) return
      this.#records.set(record.id, record)
    })
    onChange()
  }

  async stop(): Promise<void> {
    for (const undo of this.#undo.splice(0)) undo()
    this.#records.clear()
  }

  get(id: RecordId): SignedRecord | undefined {
    return this.#records.get(id)
  }

  all(): IterableIterator<SignedRecord> {
    return this.#records.values()
  }
}
