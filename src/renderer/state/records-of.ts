import type { PeerId } from '../../shared/ids.ts'
import type { RecordView } from '../../shared/record-views.ts'
import type { Bridge } from '../bridge/bridge.ts'

/** Pages of a thousand that are looked through; a lab's live records fit in far fewer. */
const maxPages = 20

export interface RecordsOf {
  readonly records: readonly RecordView[]
  /** False when there were more pages than are looked through. */
  readonly complete: boolean
}

/** The live records that one peer signed, newest first. */
export async function readRecordsOf(bridge: Bridge, author: PeerId): Promise<RecordsOf> {
  const records: RecordView[] = []
  let after: string | undefined
  for (let page = 0; page < maxPages; page += 1) {
    const answer = await bridge.api.records.list({ author, limit: 1_000, ...(after === undefined ? {} : { after }) })
    records.push(...answer.records)
    if (answer.next === null) return { records: newestFirst(records), complete: true }
    after = answer.next
  }
  return { records: newestFirst(records), complete: false }
}

function newestFirst(records: readonly RecordView[]): readonly RecordView[] {
  return records.toSorted((a, b) => b.validFromMs - a.validFromMs)
}
