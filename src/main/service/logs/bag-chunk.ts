import { bagOp, bagRecordAt, bagRecordsIn, bagTimeMs, fieldUint32, type PlacedRecord } from './bag-records.ts'
import type { Decompress } from './decompress.ts'
import { LogProblem } from './log-problem.ts'
import type { RangeSource } from './range-source.ts'
import type { RecordedChannel, RecordedMessage } from './recording.ts'

/** The records of a chunk, unpacked. @throws LogProblem, EnoughRead */
export async function chunkData(source: RangeSource, chunk: PlacedRecord, decompress: Decompress): Promise<Uint8Array> {
  const kind = Buffer.from(chunk.fields.get('compression') ?? new Uint8Array(0)).toString('latin1')
  return decompress(kind, await source.read(chunk.dataAt, chunk.dataLength), fieldUint32(chunk, 'size'))
}

/** The messages of the chunk that begins at a place of the file. @throws LogProblem, EnoughRead */
export async function bagMessages(
  source: RangeSource,
  at: number,
  decompress: Decompress,
): Promise<Iterable<RecordedMessage>> {
  const chunk = await bagRecordAt(source, at)
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
