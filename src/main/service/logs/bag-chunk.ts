import { bagHeaderAt, bagOp, bagRecordsIn, bagTimeMs, fieldUint32, type PlacedRecord } from './bag-records.ts'
import type { Decompress } from './decompress.ts'
import { LogProblem } from './log-problem.ts'
import { maxPieceBytes, type RangeSource } from './range-source.ts'
import type { RecordedChannel, RecordedMessage } from './recording.ts'

/** The records of a chunk, unpacked; of one that is cut off as many as there are. @throws LogProblem, EnoughRead */
export async function chunkData(source: RangeSource, chunk: PlacedRecord, decompress: Decompress): Promise<Uint8Array> {
  const kind = compressionOf(chunk)
  const { dataAt, dataLength } = cutChunk(source, chunk) ?? chunk
  return decompress(kind, await source.read(dataAt, dataLength), fieldUint32(chunk, 'size'))
}

export function compressionOf({ fields }: PlacedRecord): string {
  return Buffer.from(fields.get('compression') ?? []).toString('latin1')
}

/**
 * What there is of a chunk that the file ends in; null: it is whole. A recorder writes the length of a chunk when it is
 * done with it, and 0 before. Packed ones are lost: they do not unpack without their end.
 */
export function cutChunk(source: RangeSource, chunk: PlacedRecord): PlacedRecord | null {
  if (chunk.dataLength > 0 && chunk.end <= source.sizeBytes) return null
  const dataLength = Math.min(source.sizeBytes - chunk.dataAt, maxPieceBytes)
  return { ...chunk, dataLength, end: source.sizeBytes }
}

/** The messages of the chunk that begins at a place of the file. @throws LogProblem, EnoughRead */
export async function bagMessages(
  source: RangeSource,
  at: number,
  decompress: Decompress,
): Promise<Iterable<RecordedMessage>> {
  const chunk = await bagHeaderAt(source, at)
  if (chunk?.op !== bagOp.chunk) throw new LogProblem('its index points to where no messages are')
  return messagesIn(await chunkData(source, chunk, decompress))
}

export function bagChannel(id: number, topic: string, type: string, definition: string): RecordedChannel {
  return { id, topic, type, form: { kind: 'ros1', definition } }
}

function* messagesIn(bytes: Uint8Array): Generator<RecordedMessage> {
  for (const record of bagRecordsIn(bytes)) {
    if (record.op !== bagOp.message) continue
    const timeMs = bagTimeMs(record.fields.get('time') ?? new Uint8Array(0))
    yield { channel: fieldUint32(record, 'conn'), timeMs, data: record.data }
  }
}
