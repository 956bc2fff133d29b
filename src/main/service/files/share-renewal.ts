import type { Cid, PeerId, RecordId } from '../../../shared/ids.ts'
import type { RecordDraft } from '../../store/record-book-init.ts'
import type { RecordBook } from '../../store/record-book.ts'
import type { RecordFacts } from './record-facts.ts'
import { isHolding, sameValue } from './share-record.ts'
import type { ShareFact } from './share-view.ts'
import { maxAtOnce, rest, type ShareWithdrawal } from './share-withdrawal.ts'

interface Own {
  readonly facts: Pick<RecordFacts, 'ownCids' | 'all'>
  /** Records that are about to be taken back. */
  readonly leaving: Pick<ShareWithdrawal, 'has'>
  readonly self: PeerId
}

interface Ending {
  readonly cid: Cid
  readonly fact: ShareFact
}

/**
 * The newest record of this peer of each kind, name and channel, where that ends before a time. The shares of one file are
 * signed anew together: that it is for all must not end before what says that it is on a channel.
 */
export function endingSoon({ facts, leaving, self }: Own, soonMs: number): readonly Ending[] {
  return facts.ownCids().flatMap((cid) => {
    const newest = new Map<string, ShareFact>()
    for (const fact of facts.all(cid)) {
      if (fact.author !== self || !isHolding(fact.value) || leaving.has(fact.id)) continue
      const { value } = fact
      const what = value.kind === 'share' ? JSON.stringify([value.name, value.channel]) : 'copy'
      const other = newest.get(what)
      if (other === undefined || other.validUntilMs < fact.validUntilMs) newest.set(what, fact)
    }
    const all = [...newest.values()]
    const ends = (kind: string): boolean =>
      all.some(({ value, validUntilMs }) => value.kind === kind && validUntilMs <= soonMs)
    const due = { share: ends('share'), copy: ends('copy'), deleted: false }
    return all.filter(({ value }) => due[value.kind]).map((fact) => ({ cid, fact }))
  })
}

/**
 * Signs these anew, then takes the old records back; of many, bit by bit.
 * @param options `replaced`: told for each bit which were replaced by which
 */
export async function renewAll(
  book: Pick<RecordBook, 'authorAll' | 'attestAll'>,
  due: readonly Ending[],
  options: {
    readonly validForMs: number
    readonly facts: Pick<RecordFacts, 'has'>
    readonly replaced: (ids: ReadonlyMap<RecordId, RecordId>) => void
  },
): Promise<void> {
  const { validForMs, facts, replaced } = options
  for (let at = 0; at < due.length; at += maxAtOnce) {
    if (at > 0) await rest()
    // What was taken back meanwhile is not to come again.
    const some = due.slice(at, at + maxAtOnce).filter(({ fact: { id } }) => facts.has(id))
    if (some.length === 0) continue
    const drafts = some.map(({ cid, fact }): RecordDraft => {
      return { bucket: 'files', key: cid, value: sameValue(fact.value), validForMs }
    })
    const fresh = book.authorAll(drafts)
    book.attestAll(
      some.map(({ fact }) => fact.id),
      'dismiss',
    )
    replaced(new Map(some.flatMap(({ fact }, n) => (fresh[n] === undefined ? [] : [[fact.id, fresh[n].record.id]]))))
  }
}
