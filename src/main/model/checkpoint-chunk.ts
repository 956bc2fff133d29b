import { compareBytes } from './cbor.ts'
import { itemOf } from './checkpoint-record.ts'
import type { ChunkEntry, Decoded } from './checkpoint.ts'
import type { BucketName } from './bucket.ts'
import { decodeBatch, decodeSigned } from './record-codec.ts'
import type { SignedRecord } from './record.ts'
import type { SetSum } from './set-sum.ts'

/** Records read between two steps: some 3 ms. */
const stepRecords = 100

/**
 * Reads a chunk, and holds it against the entry that lists it: records of that bucket, as many as it says, in order, in
 * its range of time, in so many bytes. That the bytes are those of the entry's CID is checked before. Never throws;
 * checks no signature.
 * @param sum to which the records are added, for the fingerprint of the bucket
 */
export function readChunk(
  bucket: BucketName,
  entry: ChunkEntry,
  bytes: Uint8Array,
  sum?: SetSum,
): Decoded<readonly SignedRecord[]> {
  const steps = readChunkInSteps(bucket, entry, bytes, sum)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

/** As `readChunk`, in steps, so that whoever reads many can let others have their turn. */
export function* readChunkInSteps(
  bucket: BucketName,
  entry: ChunkEntry,
  bytes: Uint8Array,
  sum?: SetSum,
): Generator<undefined, Decoded<readonly SignedRecord[]>> {
  const name = `chunk ${entry.cid} of ${bucket}`
  const bad = (problem: string) => ({ kind: 'bad', problem: `${name}: ${problem}` }) as const
  if (bytes.length !== entry.bytes) return bad(`it has ${bytes.length} bytes, not ${entry.bytes}`)
  const batch = decodeBatch(bytes)
  if (batch.kind === 'rejected') return bad(`it is no batch of records (${batch.reason})`)
  if (batch.records.length !== entry.count) return bad(`it has ${batch.records.length} records, not ${entry.count}`)
  const records: SignedRecord[] = []
  let last: { readonly validFrom: number; readonly digest: Uint8Array } | undefined
  for (const [i, one] of batch.records.entries()) {
    if (i % stepRecords === 0) yield
    const decoded = decodeSigned(one)
    if (decoded.kind === 'rejected') return bad(`a record in it is none (${decoded.reason})`)
    const { record } = decoded
    if (record.body.bucket !== bucket) return bad(`a record in it is of ${record.body.bucket}`)
    const item = itemOf(record)
    if (last !== undefined) {
      const order = last.validFrom - item.validFrom || compareBytes(last.digest, item.digest)
      if (order >= 0) return bad('its records are not in order, or one is there twice')
    }
    last = item
    sum?.add(item.item)
    records.push(record)
  }
  if (records[0]?.body.validFrom !== entry.from || last?.validFrom !== entry.to) {
    return bad('its records are of another time than its entry says')
  }
  return { kind: 'ok', value: records }
}
