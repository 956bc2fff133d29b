import { isPeerId, type PeerId, type RecordId } from '../../shared/ids.ts'
import type { HeardHow } from '../../shared/views.ts'
import { bucketNames, type BucketName } from '../model/bucket.ts'
import { keyOfPeerId, signatureBytes } from '../model/peer-key.ts'
import { decodeAttestationList, signedSizeBytes } from '../model/record-codec.ts'
import { digestBytes, recordDigest, recordIdOfDigest } from '../model/record-id.ts'
import type { SignedRecord } from '../model/record.ts'
import { restoreBody } from '../model/stored-body.ts'

/** How a record came here. */
export interface Arrival {
  /** `authored`: signed by this peer, just now. */
  readonly via: 'authored' | Exclude<HeardHow, 'self'>
  /** The neighbour that handed it over; null when authored here. */
  readonly from: PeerId | null
  /** `Channel.id` of the way it came by, `stream` when it was caught up with over libp2p; null when authored here. */
  readonly channel: string | null
  readonly receivedAtMs: number
  /** Peers it passed on its way, as far as is known; 0 when authored here, 1 straight from its author. */
  readonly hops: number
}

export interface StoredRecord {
  readonly record: SignedRecord
  readonly arrival: Arrival
  readonly sizeBytes: number
}

export function storedOf(record: SignedRecord, arrival: Arrival): StoredRecord {
  return { record, arrival, sizeBytes: signedSizeBytes(record) }
}

/** Stable numbers for the tables: appended to, never reordered. `bucketNames` keeps the same rule. */
const codes = new Map<BucketName, number>(bucketNames.map((name, index) => [name, index + 1]))
export const bucketCodes = [...codes.values()].join(', ')

export function bucketCode(bucket: BucketName): number {
  return codes.get(bucket) ?? 0
}

export function bucketOfCode(code: number): BucketName | undefined {
  return bucketNames[code - 1]
}

export function digestOf(id: RecordId): Uint8Array {
  return recordDigest(id) ?? new Uint8Array(0)
}

export function authorKey(author: PeerId): Uint8Array {
  return keyOfPeerId(author) ?? new Uint8Array(0)
}

/**
 * What `storedOfRow` reads, in its order. Id, signature and body come as one blob: an array buffer a column is what
 * reading a record costs most.
 */
export const recordColumns = `CAST(id || signature || bytes AS BLOB), bucket, key, seq, valid_from, valid_until,
  attestations, via, from_peer, received_at, hops, channel`

export type RecordRow = readonly [
  blob: Uint8Array,
  bucket: number,
  key: string,
  seq: number,
  validFrom: number,
  validUntil: number,
  attestations: Uint8Array | null,
  via: string,
  from: string | null,
  receivedAtMs: number,
  hops: number,
  channel: string | null,
]

/**
 * Many records as one row: what `recordColumns` reads, the blobs as one and the rest as one text. A third of the cost
 * a record; but a record that is kept keeps the memory of its whole page, so pages are small.
 */
export const pageColumns = `CAST(group_concat(id || signature || bytes, '') AS BLOB),
  json_group_array(json_array(length(bytes), bucket, key, seq, valid_from, valid_until,
    hex(attestations), via, from_peer, received_at, hops, channel))`

export type PageRow = readonly [blobs: Uint8Array | null, rest: string]

export function rowsOfPage([blobs, rest]: PageRow): RecordRow[] {
  if (blobs === null) return []
  let at = 0
  return (JSON.parse(rest) as readonly PagedRow[]).map(
    ([length, bucket, key, seq, validFrom, validUntil, hex, ...how]) => {
      const from = at
      at += digestBytes + signatureBytes + length
      const attestations = hex === '' ? null : Uint8Array.from(Buffer.from(hex, 'hex'))
      return [blobs.subarray(from, at), bucket, key, seq, validFrom, validUntil, attestations, ...how]
    },
  )
}

type PagedRow = readonly [
  length: number,
  bucket: number,
  key: string,
  seq: number,
  validFrom: number,
  validUntil: number,
  attestationsHex: string,
  via: string,
  from: string | null,
  receivedAtMs: number,
  hops: number,
  channel: string | null,
]

/** Undefined for a damaged row that SQLite's own check cannot see. */
export function storedOfRow(row: RecordRow): StoredRecord | undefined {
  const [blob, code, key, seq, validFrom, validUntil, list, via, from, receivedAtMs, hops, channel] = row
  const bucket = bucketOfCode(code)
  const attestations = list === null ? [] : decodeAttestationList(list)
  if (bucket === undefined || attestations === undefined) return undefined
  const bytes = blob.subarray(digestBytes + signatureBytes)
  const body = restoreBody(bytes, { bucket, key, seq, validFrom, validUntil })
  if (body === undefined) return undefined
  const id = recordIdOfDigest(blob.subarray(0, digestBytes))
  const signature = blob.subarray(digestBytes, digestBytes + signatureBytes)
  const arrival: Arrival = {
    via: isVia(via) ? via : 'relayed',
    from: from !== null && isPeerId(from) ? from : null,
    channel,
    receivedAtMs,
    hops,
  }
  return storedOf({ id, body, bytes, signature, attestations }, arrival)
}

function isVia(via: string): via is Arrival['via'] {
  return via === 'authored' || via === 'direct' || via === 'relayed' || via === 'caught-up'
}
