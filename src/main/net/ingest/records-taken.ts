import type { SignedRecord } from '../../model/record.ts'
import type { Taken } from '../messages/brain-message.ts'
import type { Verdict } from './ingest.ts'

/** What became of a batch, as its channel and the message stream are told. */
export function takenRecords(verdict: Verdict): Taken {
  const { added, known, refused, garbage, overRate, dropped, news, repeats } = verdict
  const counts = [
    `${added} new`,
    ...(known > 0 ? [`${known} known`] : []),
    ...(refused > 0 ? [`${refused} refused`] : []),
  ]
  const summary = dropped
    ? 'records, not looked at'
    : `${recordsWords([...news, ...repeats], refused)}: ${counts.join(', ')}`
  if (dropped) return { verdict: 'known', outcome: 'dropped', reason: 'overflow', summary }
  if (garbage > 0) return { verdict: 'garbage', outcome: 'refused', reason: 'garbage', summary, garbage }
  // As a whole it is not passed on: some bring more than they may in the hope that something of it is new.
  if (added > 0) return { verdict: overRate > 0 ? 'known' : 'news', outcome: 'taken', summary }
  return { verdict: 'known', outcome: refused > 0 && known === 0 ? 'refused' : 'known', summary }
}

/** "3 records in diagnostics". @param others that are not in the list */
export function recordsWords(records: readonly SignedRecord[], others = 0): string {
  const names = new Set(records.map(({ body }) => body.bucket))
  const count = records.length + others
  const where = names.size === 0 ? '' : names.size > 3 ? ` in ${names.size} buckets` : ` in ${[...names].join(', ')}`
  return `${count} ${count === 1 ? 'record' : 'records'}${where}`
}
