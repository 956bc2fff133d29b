import type { Frame } from './log-job.ts'
import type { Look } from './looking.ts'
import { EnoughRead } from './log-problem.ts'
import { firstNumbers } from './first-numbers.ts'
import { messageDecoder } from './message-decoder.ts'
import { hasPictures, pictureOf } from './picture.ts'
import { plain, recordingInfo } from './recording-info.ts'
import type { RecordedMessage, Recording, Stretch } from './recording.ts'
import { timelineOf } from './timeline.ts'

type Frames = Extract<Look, { kind: 'messages' }>['frames']

/** Packed bytes that are read for the first numbers, and one stretch at least if it is no larger than the other. */
const sampleBytes = 512 * 1_024
const maxStretchBytes = 16 * 1_024 * 1_024
/** Messages of small files that are kept while they are looked at. */
const maxMessages = 200_000
const maxFrames = 8
const maxPictureTopics = 4
/** Stretches that are unpacked in search of one picture. */
const maxTries = 3

/** What the index tells, and the first messages for numbers. */
export async function previewRecording(recording: Recording): Promise<Look> {
  const read = await sample(recording)
  const messages = [...read.values()].flat()
  return {
    kind: 'messages',
    info: recordingInfo(recording),
    timeline: timelineOf(recording, read),
    numbers: firstNumbers(recording.channels, messages),
    frames: framesOf(recording, read),
  }
}

/** The picture of a topic nearest to a time. Null: there is none. */
export async function frameAt(recording: Recording, topic: string, atMs: number): Promise<Frame | null> {
  const channels = [...recording.channels.values()].filter((channel) => channel.topic === topic && hasPictures(channel))
  const away = ({ fromMs, toMs }: Stretch): number => Math.max(fromMs - atMs, atMs - toMs, 0)
  const near = recording.stretches
    .filter(({ counts }) => counts === null || channels.some(({ id }) => (counts.get(id) ?? 0) > 0))
    .sort((a, b) => away(a) - away(b) || a.at - b.at)
  for (const stretch of near.slice(0, maxTries)) {
    for (const channel of channels) {
      let best: RecordedMessage | null = null
      for (const message of await recording.messages(stretch)) {
        if (message.channel !== channel.id) continue
        if (best === null || Math.abs(message.timeMs - atMs) < Math.abs(best.timeMs - atMs)) best = message
      }
      const picture = best === null ? null : pictureOf(messageDecoder(channel.form)?.(best.data))
      if (best !== null && picture !== null) return { ...picture, atMs: best.timeMs }
    }
  }
  return null
}

async function sample(recording: Recording): Promise<Map<Stretch, RecordedMessage[]>> {
  const read = new Map<Stretch, RecordedMessage[]>()
  let [bytes, count] = [0, 0]
  for (const stretch of recording.stretches) {
    bytes += stretch.length
    if (stretch.length > maxStretchBytes || (read.size > 0 && bytes > sampleBytes) || count > maxMessages) break
    try {
      const messages: RecordedMessage[] = []
      for (const message of await recording.messages(stretch)) {
        messages.push(message)
        count += 1
        // Then it is not read as a whole, and its times are not told.
        if (count > maxMessages) return read
      }
      read.set(stretch, messages)
    } catch (error) {
      if (error instanceof EnoughRead) break
      // The info says what is wrong with the file; other chunks may be good.
    }
  }
  return read
}

/** Up to 8 times, spread over the file, at which the topics of cameras have pictures. */
function framesOf(recording: Recording, read: ReadonlyMap<Stretch, readonly RecordedMessage[]>): Frames {
  const topics = new Map<string, number[]>()
  for (const channel of recording.channels.values()) {
    if (!hasPictures(channel) || channel.topic.length > 256) continue
    const ids = topics.get(channel.topic)
    if (ids !== undefined) ids.push(channel.id)
    else if (topics.size < maxPictureTopics) topics.set(channel.topic, [channel.id])
  }
  return [...topics].flatMap(([topic, ids]) => {
    const times = recording.stretches.flatMap((stretch): number[] => {
      const messages = read.get(stretch)
      if (messages !== undefined)
        return messages.filter(({ channel }) => ids.includes(channel)).map((one) => one.timeMs)
      return ids.some((id) => (stretch.counts?.get(id) ?? 0) > 0) ? [stretch.fromMs, stretch.toMs] : []
    })
    return spreadOut(times, Math.floor(maxFrames / topics.size)).map((atMs) => ({ topic: plain(topic, 256), atMs }))
  })
}

function spreadOut(times: readonly number[], count: number): number[] {
  if (times.length === 0) return []
  const sorted = times.toSorted((a, b) => a - b)
  const [first, last] = [sorted[0] ?? 0, sorted.at(-1) ?? 0]
  const found = new Set<number>()
  for (let index = 0; index < count; index++) {
    const wanted = first + ((last - first) * index) / Math.max(1, count - 1)
    found.add(sorted.reduce((best, time) => (Math.abs(time - wanted) < Math.abs(best - wanted) ? time : best), first))
  }
  return [...found]
}
