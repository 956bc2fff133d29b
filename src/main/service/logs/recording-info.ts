import type { LogInfo } from '../../../shared/log-views.ts'
import { countsOf, type Recording } from './recording.ts'

const maxTopics = 128
/** The info goes into a signed record of at most 56 KiB, beside names and hashes. */
const maxTopicBytes = 24 * 1_024
const maxFacts = 12

/** What a recording is, in the words of the interface. */
export function recordingInfo(recording: Recording): LogInfo {
  const counts = countsOf(recording)
  const byTopic = new Map<string, { type: string; count: number; counted: boolean }>()
  for (const { id, topic, type } of recording.channels.values()) {
    const known = byTopic.get(topic)
    const count = counts.get(id)
    if (known === undefined) byTopic.set(topic, { type, count: count ?? 0, counted: count !== undefined })
    else {
      known.count += count ?? 0
      known.counted ||= count !== undefined
    }
  }
  const names = [...byTopic.keys()].sort()
  const topics: LogInfo['topics'] = []
  let bytes = 0
  for (const name of names) {
    const { type, count, counted } = byTopic.get(name) ?? { type: '', count: 0, counted: false }
    // A connection without messages is one that an index counts as none.
    const topic = {
      name: plain(name, 256),
      type: plain(type, 256),
      count: counted || counts.size > 0 ? whole(count) : null,
    }
    bytes += Buffer.byteLength(topic.name) + Buffer.byteLength(topic.type) + 40
    if (topics.length >= maxTopics || bytes > maxTopicBytes) break
    topics.push(topic)
  }
  const known = counts.size > 0 || recording.stretches.length === 0
  return {
    format: recording.format,
    startMs: recording.startMs,
    // An end before the begin is a lie or a clock that was set back: then only the begin is told.
    endMs: (recording.endMs ?? 0) < (recording.startMs ?? 0) ? null : recording.endMs,
    messages: known ? whole([...counts.values()].reduce((sum, count) => sum + count, 0)) : null,
    topics,
    moreTopics: names.length - topics.length,
    whole: recording.whole,
    problem: recording.problem === null ? null : sentence(recording.problem),
    facts: factsFor([...recording.facts, ...namespaceOf(names)]),
  }
}

/** What can be said of a file that no format's code reads, or that none could. */
export function bareInfo(format: LogInfo['format'], about: Partial<LogInfo> = {}): LogInfo {
  return {
    format,
    startMs: null,
    endMs: null,
    messages: null,
    topics: [],
    moreTopics: 0,
    whole: true,
    problem: null,
    facts: [],
    ...about,
  }
}

export function factsFor(facts: readonly (readonly [string, string])[]): LogInfo['facts'] {
  return facts
    .filter(([, value]) => value !== '')
    .slice(0, maxFacts)
    .map(([name, value]) => [plain(name, 40), plain(value, 200)])
}

/** A file's own words for a screen: no control characters, no half surrogates, not too long. */
export function plain(text: string, maxLength: number): string {
  // Cut first: a name may be megabytes long.
  const whole = text
    .slice(0, maxLength + 1)
    .toWellFormed()
    .replace(/\p{Cc}/gu, ' ')
  return whole.length <= maxLength ? whole : `${whole.slice(0, maxLength - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
}

/** A count that a file states may be any number of 64 bits. */
function whole(count: number): number {
  return Math.min(Math.max(0, Math.trunc(count)), Number.MAX_SAFE_INTEGER)
}

/** "it is cut off" as a person reads it. */
export function sentence(problem: string): string {
  const words = plain(problem, 298)
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}${/[.!?…]$/.test(words) ? '' : '.'}`
}

/** As in ROS, where a robot's topics lie below its name. */
function namespaceOf(names: readonly string[]): (readonly [string, string])[] {
  const first = /^\/[^/]+(?=\/)/.exec(names.find((name) => name !== '/rosout' && !name.startsWith('/tf')) ?? '')?.[0]
  if (first === undefined || names.length < 2) return []
  const below = names.filter((name) => name.startsWith(`${first}/`)).length
  const global = names.filter((name) => /^\/(rosout|rosout_agg|tf|tf_static|clock|diagnostics)$/.test(name)).length
  return below + global === names.length ? [['Namespace', first]] : []
}
