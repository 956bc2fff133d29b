import { setImmediate } from 'node:timers/promises'
import { SwarmError } from '../../../shared/errors.ts'
import { isRecordId, type PeerId, type RecordId } from '../../../shared/ids.ts'
import type { RecordView } from '../../../shared/record-views.ts'
import { bucketNames, isBucketName, type BucketName } from '../../model/bucket.ts'
import type { RecordState } from '../../model/state.ts'
import type { StoredRecord } from '../../store/record-store.ts'
import { toDagJson } from '../../model/record-json.ts'
import { recordView, type ViewPeer } from './record-view.ts'

export interface ListQuery {
  readonly bucket?: string | undefined
  readonly author?: PeerId | undefined
  readonly state?: RecordState | undefined
  readonly search?: string | undefined
  readonly after?: string | undefined
  readonly limit: number
}

export interface RecordPage {
  readonly records: RecordView[]
  /** Where the next page begins; a page may be short, or empty, and not be the last. */
  readonly next: string | null
}

/** Records looked at in one call, however few of them fit: some 300 ms. */
const maxScanned = 10_000
/** Looked at before others get their turn: some 10 ms. */
const sliceRecords = 256

/** Unexpired records in the order of buckets and ids, which is the same on every page, as many as fit the query. */
export async function listRecords(query: ListQuery, peer: ViewPeer): Promise<RecordPage> {
  const only = query.bucket === undefined ? null : bucketOf(query.bucket)
  const cursor = query.after === undefined ? null : cursorOf(query.after)
  const wanted = only === null ? bucketNames : [only]
  const first = cursor === null ? 0 : wanted.indexOf(cursor.bucket)
  if (first < 0) throw badCursor(query.after ?? '')
  const fits = filterOf(query, peer)
  const records: RecordView[] = []
  let scanned = 0
  for (const bucket of wanted.slice(first)) {
    let after = cursor?.bucket === bucket ? cursor.after : null
    for (;;) {
      const ids = peer.book.idsPage(bucket, after, sliceRecords, query.author)
      for (const stored of peer.book.getMany(ids)) {
        after = stored.record.id
        if (!fits(stored)) continue
        records.push(recordView(stored, peer))
        if (records.length >= query.limit) return { records, next: `${bucket}:${after}` }
      }
      after = ids.at(-1) ?? after
      scanned += ids.length
      if (ids.length < sliceRecords) break
      if (scanned >= maxScanned) return { records, next: `${bucket}:${after}` }
      await setImmediate()
    }
  }
  return { records, next: null }
}

export function bucketOf(name: string): BucketName {
  if (isBucketName(name)) return name
  throw new SwarmError('INVALID_INPUT', `no bucket is called "${name}": they are ${bucketNames.join(', ')}`)
}

function filterOf({ state, search }: ListQuery, peer: ViewPeer): (stored: StoredRecord) => boolean {
  const words = search?.trim().toLowerCase() ?? ''
  const names = new Map<PeerId, boolean>()
  const isNamed = (author: PeerId): boolean => {
    const known = names.get(author)
    if (known !== undefined) return known
    const named = author.toLowerCase().includes(words) || peer.membership.nameOf(author).toLowerCase().includes(words)
    names.set(author, named)
    return named
  }
  return (stored) => {
    const { author, key, value } = stored.record.body
    if (state !== undefined && peer.book.state(stored).state !== state) return false
    if (words === '' || key.toLowerCase().includes(words) || isNamed(author)) return true
    if (stored.record.id === words) return true
    return JSON.stringify(toDagJson(value)).toLowerCase().includes(words)
  }
}

function cursorOf(text: string): { readonly bucket: BucketName; readonly after: RecordId } {
  const [bucket, after] = text.split(':')
  if (isBucketName(bucket) && after !== undefined && isRecordId(after)) return { bucket, after }
  throw badCursor(text)
}

function badCursor(text: string): SwarmError {
  return new SwarmError('INVALID_INPUT', `records.list: "${text}" is not the "next" of a page`)
}
