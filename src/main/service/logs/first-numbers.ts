import type { LogPreview } from '../../../shared/log-views.ts'
import { messageDecoder } from './message-decoder.ts'
import { numberFields } from './number-fields.ts'
import { plain } from './recording-info.ts'
import type { RecordedChannel, RecordedMessage } from './recording.ts'

export type Numbers = Extract<LogPreview, { kind: 'messages' }>['numbers']

const maxSeries = 8
const maxPoints = 500
/** Topics that are looked at; those with few messages are as good as those with many. */
const maxTopics = 64

interface Series {
  readonly topic: string
  readonly field: string
  readonly points: [number, number][]
  readonly varies: boolean
}

/**
 * Numbers of the messages that were read, at most 500 a field, of at most 8 fields: one of each topic, then a second, and
 * those that stay the same last.
 */
export function firstNumbers(
  channels: ReadonlyMap<number, RecordedChannel>,
  messages: readonly RecordedMessage[],
): Numbers {
  const byChannel = new Map<number, RecordedMessage[]>()
  for (const message of messages) {
    const known = byChannel.get(message.channel)
    if (known !== undefined) known.push(message)
    else if (byChannel.size < maxTopics) byChannel.set(message.channel, [message])
  }
  const topics = [...byChannel].flatMap(([id, some]) => {
    const channel = channels.get(id)
    const series = channel === undefined ? [] : seriesOf(channel, some)
    return series.length === 0 ? [] : [series]
  })
  topics.sort((a, b) => ((a[0]?.topic ?? '') < (b[0]?.topic ?? '') ? -1 : 1))
  const chosen: Series[] = []
  for (const varies of [true, false]) {
    const left = topics.map((series) => series.filter((one) => one.varies === varies))
    for (let round = 0; chosen.length < maxSeries && left.some((series) => series.length > round); round++) {
      for (const series of left) {
        const one = series[round]
        if (one !== undefined && chosen.length < maxSeries) chosen.push(one)
      }
    }
  }
  return chosen.map(({ topic, field, points }) => ({ topic: plain(topic, 256), field: plain(field, 200), points }))
}

function seriesOf(channel: RecordedChannel, messages: readonly RecordedMessage[]): Series[] {
  const decode = messageDecoder(channel.form)
  if (decode === null) return []
  const points = new Map<string, [number, number][]>()
  const step = Math.max(1, Math.ceil(messages.length / maxPoints))
  for (let index = 0; index < messages.length; index += step) {
    const message = messages[index]
    if (message === undefined) break
    for (const [field, value] of numberFields(decode(message.data))) {
      const series = points.get(field)
      if (series !== undefined) series.push([message.timeMs, value])
      // Fields that only some messages have could be any number of them.
      else if (points.size < 64) points.set(field, [[message.timeMs, value]])
    }
  }
  return [...points].map(([field, some]) => ({
    topic: channel.topic,
    field,
    points: some,
    varies: some.some(([, value]) => value !== some[0]?.[1]),
  }))
}
