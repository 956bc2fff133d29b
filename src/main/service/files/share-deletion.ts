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
  /** About to be taken back, and whether any share of the same file is for all: as bounded as the shares of this peer. */
  readonly #ids = new Map<RecordId, boolean>()

  constructor(deps: ShareDeletionsDeps) {
    this.#deps = deps
  }

  add(ids: readonly RecordId[]): void {
    // They are taken back bit by bit: then the one that is for all may be gone before the last.
    const found = ids.map((id) => ({ id, ...this.#deps.facts.find(id) }))
    const forAll = new Set(
      found.flatMap(({ cid, fact }) => (fact?.value.kind === 'share' && fact.value.channel === null ? [cid] : [])),
    )
    for (const { id, cid } of found) this.#ids.set(id, cid !== undefined && forAll.has(cid))
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
      const isForAll = this.#ids.get(id)
      if (isForAll === undefined) continue
      this.#ids.delete(id)
      const { cid, fact } = facts.find(id) ?? {}
      if (cid === undefined || fact?.value.kind !== 'share') continue
      // Under another name, or one that it was moved to, it is shared on.
      if (facts.own(cid).some((own) => own.value.kind === 'share' && !leaving.has(own.id))) continue
      if (!facts.said(cid).some(({ value }) => value.kind === 'copy')) continue
      const told = isForAll ? { ...fact.value, channel: null } : fact.value
      drafts.set(cid, { bucket: 'files', key: cid, value: deletedValue(told), validForMs })
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
