import { decodeCbor, isMapValue } from './cbor.ts'
import { peerIdOfKey, publicKeyBytes } from './peer-key.ts'
import type { RecordBody } from './record.ts'

/** What a table keeps of a body in columns, beside its bytes. */
export type BodyColumns = Pick<RecordBody, 'bucket' | 'key' | 'seq' | 'validFrom' | 'validUntil'>

/** Encoded names with their heads; canonical maps are ordered by the length of the name, then by its bytes. */
const headBytes = 1 + 2 + 1 + 4
const seqNameBytes = 4
const valueNameBytes = 6
const authorNameBytes = 7
const authorHeadBytes = 2
const bucketNameBytes = 7
const validFromNameBytes = 10
const validUntilNameBytes = 11

/**
 * The body that canonical bytes of our own hold, when all but its value and author are known already: only those are
 * decoded, which is half of the work. Undefined when the bytes are not those of such a body. Never throws.
 */
export function restoreBody(bytes: Uint8Array, columns: BodyColumns): RecordBody | undefined {
  const { bucket, key, seq, validFrom, validUntil } = columns
  const from = headBytes + textBytes(key) + seqNameBytes + countBytes(seq) + valueNameBytes
  const authorEnd =
    bytes.length -
    (bucketNameBytes + textBytes(bucket) + validFromNameBytes + countBytes(validFrom)) -
    (validUntilNameBytes + countBytes(validUntil))
  const authorFrom = authorEnd - publicKeyBytes
  const to = authorFrom - authorHeadBytes - authorNameBytes
  if (to <= from) return undefined
  const decoded = decodeCbor(bytes.subarray(from, to), { trusted: true })
  if (decoded.kind !== 'ok' || !isMapValue(decoded.value)) return undefined
  const author = peerIdOfKey(bytes.subarray(authorFrom, authorEnd))
  return { v: 1, bucket, key, value: decoded.value, author, seq, validFrom, validUntil }
}

function textBytes(text: string): number {
  const length = Buffer.byteLength(text)
  return countBytes(length) + length
}

/** A CBOR head: its argument in the shortest form. */
function countBytes(count: number): number {
  return count < 24 ? 1 : count < 0x100 ? 2 : count < 0x1_0000 ? 3 : count < 0x1_0000_0000 ? 5 : 9
}
