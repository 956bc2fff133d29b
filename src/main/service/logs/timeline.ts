import type { LogPreview } from '../../../shared/log-views.ts'
import { plain } from './recording-info.ts'
import type { RecordedMessage, Recording, Stretch } from './recording.ts'

export type Timeline = Extract<LogPreview, { kind: 'messages' }>['timeline']

const steps = 120
/** As many as the info names. */
const maxTopics = 128

/**
 * Messages a topic over time, from what the index says of each stretch: its messages are taken as evenly spread between
 * its first and its last. Of stretches that were read the times themselves are taken. Null where no index tells.
 */
export function timelineOf(
  { stretches, channels, startMs, endMs }: Recording,
  read: ReadonlyMap<Stretch, readonly RecordedMessage[]>,
): Timeline {
  if (startMs === null || endMs === null || stretches.length === 0 || !(endMs >= startMs)) return null
  if (stretches.some((stretch) => stretch.counts === null && !read.has(stretch))) return null
  const stepMs = Math.max((endMs - startMs) / steps, 1)
  const topics = new Map<string, number[]>()
  const namesOf = new Map([...channels].map(([id, { topic }]) => [id, topic]))
  const add = (channel: number, at: number, count: number): void => {
    const name = namesOf.get(channel)
    if (name === undefined) return
    let counts = topics.get(name)
    if (counts === undefined) {
      if (topics.size >= maxTopics) return
      topics.set(name, (counts = Array.from({ length: steps }, () => 0)))
    }
    counts[at] = (counts[at] ?? 0) + count
  }
  const stepOf = (timeMs: number): number => Math.min(steps - 1, Math.max(0, Math.floor((timeMs - startMs) / stepMs)))
  for (const stretch of stretches) {
    const messages = read.get(stretch)
    if (messages !== undefined) for (const { channel, timeMs } of messages) add(channel, stepOf(timeMs), 1)
    else spread(stretch, stepOf(stretch.fromMs), stepOf(stretch.toMs), add)
  }
  return {
    fromMs: startMs,
    stepMs,
    topics: [...topics]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, counts]) => ({ name: plain(name, 256), counts })),
  }
}

/** Whole messages: what is left of one step goes to the next. */
function spread(
  { counts }: Stretch,
  first: number,
  last: number,
  add: (channel: number, at: number, count: number) => void,
): void {
  const width = Math.max(1, last - first + 1)
  for (const [channel, count] of counts ?? []) {
    for (let index = 0, given = 0; index < width; index++) {
      const upTo = Math.floor((count * (index + 1)) / width)
      if (upTo > given) add(channel, first + index, upTo - given)
      given = upTo
    }
  }
}
