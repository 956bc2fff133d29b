import { McapIndexedReader, type McapTypes } from '@mcap/core'
import type { Decompress } from './decompress.ts'
import { EnoughRead, LogProblem } from './log-problem.ts'
import { mcapMessages } from './mcap-chunk.ts'
import { mcapChannel, mcapMagic, nsToMs } from './mcap-records.ts'
import { McapWalk, type WalkedMcap } from './mcap-walk.ts'
import { headOf, type RangeSource } from './range-source.ts'
import type { RecordedChannel, Recording, Stretch } from './recording.ts'

type Told = Omit<Recording, 'format' | 'messages'>

/** A message index record: opcode, length, channel and length of the array before 16 bytes a message. */
const indexHeadBytes = 1 + 8 + 2 + 4
const indexEntryBytes = 16
/** Metadata is read for the robot's name only. */
const maxMetadataBytes = 64 * 1_024

/**
 * Opens an MCAP file by the summary at its end, or by going over it. @throws LogProblem when it is none that can be read
 * @param walk how to go over it
 */
export async function openMcap(
  source: RangeSource,
  decompress: Decompress,
  walk: () => Promise<WalkedMcap> = () => new McapWalk(source, decompress).run(mcapMagic.length),
): Promise<Recording> {
  const magic = await headOf(source, mcapMagic.length)
  if (!Buffer.from(magic).equals(mcapMagic)) throw new LogProblem('it is no MCAP file')
  const told = (await bySummary(source)) ?? (await byWalk(walk))
  return { ...told, format: 'mcap', messages: (stretch) => mcapMessages(source, stretch, decompress) }
}

/** Null when it has none, or one that does not tell what is in the file. */
async function bySummary(source: RangeSource): Promise<Told | null> {
  let reader: McapIndexedReader
  try {
    reader = await McapIndexedReader.Initialize({
      readable: {
        size: async () => BigInt(source.sizeBytes),
        read: (offset, length) => source.read(Number(offset), Number(length)),
      },
    })
  } catch (error) {
    if (error instanceof EnoughRead) throw error
    return null
  }
  const { statistics, chunkIndexes, schemasById, header } = reader
  const channels = new Map<number, RecordedChannel>()
  for (const channel of reader.channelsById.values()) {
    channels.set(channel.id, mcapChannel(channel, schemasById.get(channel.schemaId)))
  }
  const stretches = chunkIndexes.map(stretchOf)
  const counts =
    statistics === undefined
      ? null
      : new Map([...statistics.channelMessageCounts].map(([id, count]) => [id, Number(count)]))
  const named = [...(counts?.keys() ?? []), ...stretches.flatMap((stretch) => [...(stretch.counts?.keys() ?? [])])]
  const messages = Number(statistics?.messageCount ?? 0n)
  // Without chunks in the index, or with channels that it leaves out, only the records themselves tell.
  if (named.some((id) => !channels.has(id))) return null
  if (stretches.length === 0 && (statistics === undefined || messages > 0)) return null
  const [times, robot] = [timesOf(stretches), await robotOf(reader)]
  return {
    channels,
    stretches,
    counts,
    startMs: statistics !== undefined && messages > 0 ? nsToMs(statistics.messageStartTime) : times.startMs,
    endMs: statistics !== undefined && messages > 0 ? nsToMs(statistics.messageEndTime) : times.endMs,
    whole: true,
    problem: null,
    facts: [
      ...(robot === null ? [] : [['Robot', robot] as const]),
      ...(header.profile === '' ? [] : [['Profile', header.profile] as const]),
      ...(header.library === '' ? [] : [['Library', header.library] as const]),
      ...factsOf(stretches, chunkIndexes[0]?.compression ?? null),
    ],
  }
}

async function byWalk(walk: () => Promise<WalkedMcap>): Promise<Told> {
  const { channels, stretches, compression, problem } = await walk()
  const facts = factsOf(stretches, compression)
  return { channels, stretches, counts: null, ...timesOf(stretches), whole: problem === null, problem, facts }
}

/**
 * What a chunk holds of each channel is told by its index records, which lie one behind the other: the place of each is
 * in the summary, so its length is known, and with it the count of its messages, without it being read.
 */
function stretchOf(chunk: McapTypes.TypedMcapRecords['ChunkIndex']): Stretch {
  const start = Number(chunk.chunkStartOffset)
  const records = [...chunk.messageIndexOffsets]
    .map(([channel, offset]) => ({ channel, offset: Number(offset) }))
    .sort((a, b) => a.offset - b.offset)
  const end = start + Number(chunk.chunkLength) + Number(chunk.messageIndexLength)
  const counts = new Map<number, number>()
  let told = records.length > 0
  for (const [index, { channel, offset }] of records.entries()) {
    const count = ((records[index + 1]?.offset ?? end) - offset - indexHeadBytes) / indexEntryBytes
    if (Number.isSafeInteger(count) && count >= 0) counts.set(channel, count)
    else told = false
  }
  return {
    at: start,
    length: Number(chunk.chunkLength),
    fromMs: nsToMs(chunk.messageStartTime),
    toMs: nsToMs(chunk.messageEndTime),
    counts: told ? counts : null,
  }
}

function timesOf(stretches: readonly Stretch[]): Pick<Recording, 'startMs' | 'endMs'> {
  let [startMs, endMs] = [Infinity, -Infinity]
  for (const { fromMs, toMs } of stretches) {
    startMs = Math.min(startMs, fromMs)
    endMs = Math.max(endMs, toMs)
  }
  return stretches.length === 0 ? { startMs: null, endMs: null } : { startMs, endMs }
}

function factsOf(stretches: readonly Stretch[], compression: string | null): (readonly [string, string])[] {
  return [
    ['Chunks', String(stretches.length)],
    ...(compression === null ? [] : [['Compression', compression || 'none'] as const]),
  ]
}

/** The name that recorders of a lab put beside the messages: metadata "robot", key "name". */
async function robotOf(reader: McapIndexedReader): Promise<string | null> {
  const index = reader.metadataIndexes.find(({ name }) => name === 'robot')
  if (index === undefined || index.length > maxMetadataBytes) return null
  try {
    for await (const { metadata } of reader.readMetadata({ name: 'robot' })) return metadata.get('name') ?? null
  } catch (error) {
    if (error instanceof EnoughRead) throw error
  }
  return null
}
