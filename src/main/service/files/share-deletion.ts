import type { Cid, RecordId } from '../../../shared/ids.ts'
import type { Counters } from '../../base/counters.ts'
import type { RecordDraft } from '../../store/record-book-init.ts'
import type { RecordBook } from '../../store/record-book.ts'
import type { RecordFacts } from './record-facts.ts'
import { deletedValue } from './share-record.ts'

export interface ShareDeletionsDeps {
  readonly book: Pick<RecordBook, 'authorAll'>
  readonly counters: Counters
  readonly facts: Pick<RecordFacts, 'find' | 'own' | 'said'>
}

/** Those who keep the file have so long to say themselves what it is: longer than an archive is switched off for. */
const validForMs = 30 * 24 * 60 * 60_000

/**
 * Shares that are taken back because their files were deleted, as robots do to make room: of those that somebody has a copy
 * of it is told what they are, so that the copies stay listed. What a person takes back is not among them.
 */
export class ShareDeletions {
  readonly #deps: ShareDeletionsDeps
  /** About to be taken back: as bounded as the shares of this peer. */
  readonly #ids = new Set<RecordId>()

  constructor(deps: ShareDeletionsDeps) {
    this.#deps = deps
  }

  add(ids: readonly RecordId[]): void {
    for (const id of ids) this.#ids.add(id)
  }

  clear(): void {
    this.#ids.clear()
  }

  /** Of these, which are being taken back now. */
  tell(ids: readonly RecordId[]): void {
    const { book, counters, facts } = this.#deps
    const leaving = new Set(ids)
    const drafts = new Map<Cid, RecordDraft>()
    for (const id of ids) {
      if (!this.#ids.delete(id)) continue
      const { cid, fact } = facts.find(id) ?? {}
      if (cid === undefined || fact?.value.kind !== 'share') continue
      // Under another name, or one that it was moved to, it is shared on.
      if (facts.own(cid).some((own) => own.value.kind === 'share' && !leaving.has(own.id))) continue
      if (!facts.said(cid).some(({ value }) => value.kind === 'copy')) continue
      drafts.set(cid, { bucket: 'files', key: cid, value: deletedValue(fact.value), validForMs })
    }
    if (drafts.size === 0) return
    try {
      book.authorAll([...drafts.values()])
    } catch {
      // What cannot be told must not keep the shares from being taken back.
      counters.add('files.deleted:not-told')
    }
  }
}
