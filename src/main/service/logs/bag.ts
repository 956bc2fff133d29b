import { Bag } from '@foxglove/rosbag'
import { bagChannel, bagMessages, compressionOf } from './bag-chunk.ts'
import { bagHeaderAt, bagMagic, bagOp, bagRecordAt } from './bag-records.ts'
import { walkBag } from './bag-walk.ts'
import type { Decompress } from './decompress.ts'
import { EnoughRead, LogProblem } from './log-problem.ts'
import { headOf, type RangeSource } from './range-source.ts'
import type { RecordedChannel, Recording, Stretch } from './recording.ts'

type Told = Pick<Recording, 'channels' | 'stretches' | 'whole' | 'problem'>

/** Opens a ROS bag by the index at its end, or by going over it. @throws LogProblem when it is no bag that can be read */
export async function openBag(source: RangeSource, decompress: Decompress): Promise<Recording> {
  const magic = Buffer.from(await headOf(source, bagMagic.length)).toString('latin1')
  if (magic !== bagMagic) throw new LogProblem('it is no ROS bag of version 2.0')
  const told = (await byIndex(source)) ?? (await byWalk(source, decompress))
  const first = told.stretches[0]
  return {
    ...told,
    format: 'rosbag',
    counts: null,
    startMs: told.stretches.reduce<number | null>((min, { fromMs }) => Math.min(min ?? fromMs, fromMs), null),
    endMs: told.stretches.reduce<number | null>((max, { toMs }) => Math.max(max ?? toMs, toMs), null),
    facts: [['Chunks', String(told.stretches.length)], ...(await compressionFact(source, first))],
    messages: (stretch) => bagMessages(source, stretch.at, decompress),
  }
}

/** Null when its index cannot be used. */
async function byIndex(source: RangeSource): Promise<Told | null> {
  const bag = new Bag({
    size: () => source.sizeBytes,
    // The library asks for more than there is when a bag is short.
    read: (offset, length) => source.read(offset, Math.max(0, Math.min(length, source.sizeBytes - offset))),
  })
  try {
    await bag.open()
  } catch (error) {
    if (error instanceof EnoughRead) throw error
    return null
  }
  // A recorder writes 0 there first, and the place of the index when it ends.
  if (bag.header === undefined || bag.header.indexPosition < bagMagic.length) return null
  const channels = new Map<number, RecordedChannel>()
  for (const { conn, topic, type, messageDefinition } of bag.connections.values()) {
    channels.set(conn, bagChannel(conn, topic, type ?? '', messageDefinition))
  }
  const { indexPosition } = bag.header
  const stretches = bag.chunkInfos.map((info): Stretch => {
    const end = info.nextChunk?.chunkPosition ?? indexPosition
    const [startMs, endMs] = [info.startTime, info.endTime].map(({ sec, nsec }) => sec * 1_000 + nsec / 1_000_000)
    const counts = new Map<number, number>()
    for (const { conn, count } of info.connections) counts.set(conn, (counts.get(conn) ?? 0) + count)
    return {
      at: info.chunkPosition,
      length: Math.max(0, end - info.chunkPosition),
      fromMs: startMs ?? 0,
      toMs: endMs ?? 0,
      counts,
    }
  })
  return { channels, stretches, whole: true, problem: null }
}

async function byWalk(source: RangeSource, decompress: Decompress): Promise<Told> {
  const header = await bagRecordAt(source, bagMagic.length)
  const { channels, stretches, problem } =
    header === null
      ? { channels: new Map<number, RecordedChannel>(), stretches: [], problem: 'it is cut off' }
      : await walkBag(source, header.end, decompress)
  const why = problem ?? 'its recorder did not finish it, so it has no index'
  return { channels, stretches, whole: false, problem: why }
}

/** As its first chunk says: a recorder uses one kind for all. */
async function compressionFact(
  source: RangeSource,
  first: Stretch | undefined,
): Promise<readonly (readonly [string, string])[]> {
  if (first === undefined) return []
  try {
    const chunk = await bagHeaderAt(source, first.at)
    return chunk?.op === bagOp.chunk ? [['Compression', compressionOf(chunk)]] : []
  } catch {
    return []
  }
}
