import { SwarmError } from '../../../shared/errors.ts'
import { isRecordId, type RecordId } from '../../../shared/ids.ts'
import type { RecordView } from '../../../shared/views.ts'
import { bucketNames, buckets, isBucketName, type BucketName } from '../../model/bucket.ts'
import { recordState } from '../../model/state.ts'
import type { StoredRecord } from '../../store/record-store.ts'
import type { ApiPeer } from './api-peer.ts'
import type { Builder } from './builder.ts'
import { toDagJson } from './record-json.ts'

export function recordsRouter(os: Builder, peer: ApiPeer) {
  return {
    summary: os.records.summary.handler(() =>
      peer.book.counts().map(({ bucket, records, bytes }) => ({ bucket, kind: buckets[bucket].kind, records, bytes })),
    ),
    list: os.records.list.handler(({ input }) => {
      const only = input.bucket === undefined ? null : bucketOf(input.bucket)
      let cursor = input.after === undefined ? null : cursorOf(input.after)
      const wanted = only === null ? bucketNames : [only]
      const from = cursor === null ? 0 : wanted.indexOf(cursor.bucket)
      if (from < 0) throw badCursor(input.after ?? '')
      const records: RecordView[] = []
      for (const bucket of wanted.slice(from)) {
        const room = input.limit - records.length
        const ids = peer.book.idsPage(bucket, cursor?.after ?? null, room)
        records.push(...peer.book.getMany(ids).map((stored) => recordView(stored, peer)))
        const last = ids.at(-1)
        if (ids.length === room && last !== undefined) return { records, next: `${bucket}:${last}` }
        cursor = null
      }
      return { records, next: null }
    }),
  }
}

/** A stored record as a screen draws it. */
export function recordView(stored: StoredRecord, peer: Pick<ApiPeer, 'clock' | 'membership'>): RecordView {
  const { record, arrival, sizeBytes } = stored
  const { body } = record
  const verdict = recordState(record, record.attestations, buckets[body.bucket], peer.clock.now())
  return {
    id: record.id,
    bucket: body.bucket,
    key: body.key,
    value: toDagJson(body.value),
    author: body.author,
    authorName: peer.membership.get(body.author)?.name ?? null,
    seq: body.seq,
    validFromMs: body.validFrom,
    validUntilMs: body.validUntil,
    state: verdict.state,
    stateReason: verdict.reason,
    how: arrival.via === 'authored' ? 'self' : arrival.via,
    from: arrival.from,
    receivedAtMs: arrival.receivedAtMs,
    sizeBytes,
  }
}

function bucketOf(name: string): BucketName {
  if (isBucketName(name)) return name
  throw new SwarmError('INVALID_INPUT', `no bucket is called "${name}": they are ${bucketNames.join(', ')}`)
}

function cursorOf(text: string): { readonly bucket: BucketName; readonly after: RecordId } {
  const [bucket, after] = text.split(':')
  if (isBucketName(bucket) && after !== undefined && isRecordId(after)) return { bucket, after }
  throw badCursor(text)
}

function badCursor(text: string): SwarmError {
  return new SwarmError('INVALID_INPUT', `records.list: "${text}" is not the "next" of a page`)
}
